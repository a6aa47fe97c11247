/** Performs the steps of TLS: messages, and what comes between the data of a session. */
import { encodeTlsKeyUpdate, encodeTlsMessage } from '../../../wire/tls-handshake.js';
import { TLS_ALERT, TLS_CONTENT, TLS_MESSAGE, tlsAlertName } from '../../../wire/tls-names.js';
import { tlsContentName } from '../../../wire/tls-record.js';
import type { Match } from '../match.js';
import type { ExpectOptions } from '../script/commands.js';
import { expectMessage, type Performers } from './expecting.js';
import { misused, type Waiting } from './failure.js';
import { performTlsHellos } from './perform-tls-hellos.js';
import { performTlsProofs } from './perform-tls-proofs.js';
import { sendSealed } from './sealed.js';
import type { Taken } from './source.js';
import type { Stage } from './stage.js';
import { sendMessage, sendRecord } from './tls-messages.js';

/** Level of an alert: close_notify and user_canceled warn, the others end the connection. */
const WARNING = 1;
const FATAL = 2;

export const performTls: Performers<'tls'> = {
  ...performTlsHellos,
  ...performTlsProofs,
  'tls.sendMessage': (stage, [type, content, options]) => {
    const code = typeof type === 'number' ? type : TLS_MESSAGE[type];
    sendMessage(stage, code, stage.bytesOf(content), options);
    return undefined;
  },
  'tls.sendRecord': (stage, [type, content, options]) => {
    sendRecord(stage, type, tlsContentName(type), stage.bytesOf(content), options);
    return undefined;
  },
  'tls.sendAlert': (stage, [alert, options]) => {
    const code = typeof alert === 'number' ? alert : TLS_ALERT[alert];
    const isWarning = code === TLS_ALERT.close_notify || code === TLS_ALERT.user_canceled;
    const content = Uint8Array.of(isWarning ? WARNING : FATAL, code);
    sendRecord(stage, TLS_CONTENT.alert, `alert ${tlsAlertName(code)}`, content, options);
    return undefined;
  },
  'tls.expectAlert': (stage, [match, options]) => expectAside(stage, 'alert', stage.tls.alerts, match, options),
  'tls.sendKeyUpdate': (stage, [asksForOne, options]) => {
    const message = encodeTlsMessage('keyUpdate', encodeTlsKeyUpdate(asksForOne));
    sendRecord(stage, TLS_CONTENT.handshake, 'KeyUpdate', message, options, { asksForOne });
    stage.tls.sending?.update();
    return undefined;
  },
  'tls.expectKeyUpdate': (stage, [match, options]) => {
    if (stage.source === stage.wire) throw misused('there is no KeyUpdate before the handshake is done');
    return expectAside(stage, 'KeyUpdate', stage.tls.keyUpdates, match, options);
  },
  'tls.sendSealed': (stage, [plaintext, options]) => {
    sendSealed(stage, stage.tls.channel, 'sealed record', stage.bytesOf(plaintext), options);
    return undefined;
  },
  'tls.expectSealed': (stage, [match, options]) => {
    const read = (): Taken<Uint8Array> | undefined => {
      for (;;) {
        const taken = stage.openFrame(stage.tls.channel);
        if (taken === undefined || stage.tls.lastWasData) return taken;
      }
    };
    return expectMessage(stage, {
      layer: 'tls',
      message: 'sealed record',
      match,
      options,
      source: stage.wire,
      read,
    });
  },
};

/** The next of what comes between other things, and was noted when it came. */
function expectAside<Value>(
  stage: Stage,
  message: string,
  queue: Taken<Value>[],
  match: Match<Value> | undefined,
  options: ExpectOptions,
): Waiting | undefined {
  const read = (): Taken<Value> | undefined => {
    while (queue.length === 0 && stage.tls.pull());
    return queue.shift();
  };
  return expectMessage(stage, { layer: 'tls', message, match, options, source: stage.wire, read, noted: true });
}
