/** What a hostile peer does in an open TLS channel. */
import type { Role } from '../../../src/actors/connection/security.js';
import type { ErrorCode } from '../../../src/errors.js';
import { encodeTlsMessage } from '../../../src/wire/tls-handshake.js';
import { TLS_ALERT, TLS_CONTENT, type TlsAlertName } from '../../../src/wire/tls-names.js';
import { TLS_CHANGE_CIPHER_SPEC } from '../../../src/wire/tls-record.js';
import { tlsNumber, tlsVector } from '../../../src/wire/tls-bytes.js';
import { concat, hex } from '../byte-texts.js';
import type { TlsForger } from '../tls-forger.js';

import { flipped, header, MESSAGE_LIMIT_BYTES, NONE, repeated } from './act.js';

const { handshake, alert, applicationData } = TLS_CONTENT;

/** One act in an open channel. */
export interface TlsChannelAct {
  readonly name: string;
  readonly bytes: (forger: TlsForger) => Uint8Array;
  readonly ends?: boolean;
  readonly code: ErrorCode;
  readonly alert: TlsAlertName | 'none';
  /** The role of the node, where the other one takes it otherwise. */
  readonly role?: Role;
}

const keyUpdate = (forger: TlsForger, request = 0): Uint8Array => {
  const record = forger.record(handshake, encodeTlsMessage('keyUpdate', Uint8Array.of(request)));
  forger.sending?.update();
  return record;
};
const ticket = (forger: TlsForger): Uint8Array =>
  forger.record(
    handshake,
    encodeTlsMessage(
      'newSessionTicket',
      concat(new Uint8Array(8), tlsVector(1), tlsVector(2, hex('01')), tlsVector(2)),
    ),
  );

/** Acts behind the handshake. */
export const TLS_CHANNEL_ACTS: readonly TlsChannelAct[] = [
  {
    name: 'a flipped bit of the tag',
    bytes: (f) => flipped(f.data(hex('01')), -1),
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'bad_record_mac',
  },
  {
    name: 'a replayed record',
    bytes: (f) => {
      const record = f.data(NONE);
      return concat(record, record);
    },
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'bad_record_mac',
  },
  {
    name: 'a record left out',
    bytes: (f) => {
      f.data(hex('01'));
      return f.data(hex('02'));
    },
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'bad_record_mac',
  },
  {
    name: 'a record over the limit',
    bytes: () => header(applicationData, 0x0303, 2 ** 14 + 257),
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'record_overflow',
  },
  {
    name: 'an alert in the clear',
    bytes: () => concat(header(alert, 0x0303, 2), hex('0228')),
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'unexpected_message',
  },
  {
    name: 'change_cipher_spec',
    bytes: () => TLS_CHANGE_CIPHER_SPEC,
    code: 'ERR_TLS_BAD_RECORD',
    alert: 'unexpected_message',
  },
  { name: 'an alert', bytes: (f) => f.alert(TLS_ALERT.internal_error), code: 'ERR_TLS_ALERT', alert: 'none' },
  {
    name: 'empty records without end',
    bytes: (f) => repeated(() => f.data(NONE), 33),
    code: 'ERR_TLS_FLOOD',
    alert: 'unexpected_message',
  },
  {
    name: 'key updates without end',
    bytes: (f) => repeated(() => keyUpdate(f, 1), 33),
    code: 'ERR_TLS_FLOOD',
    alert: 'unexpected_message',
  },
  {
    name: 'tickets without end',
    bytes: (f) => repeated(() => ticket(f), 17),
    code: 'ERR_TLS_FLOOD',
    alert: 'unexpected_message',
    role: 'dialer',
  },
  {
    name: 'a ticket from a client',
    bytes: ticket,
    code: 'ERR_TLS_UNEXPECTED',
    alert: 'unexpected_message',
    role: 'listener',
  },
  {
    name: 'a KeyUpdate that is neither',
    bytes: (f) => f.messages(hex('1800000102')),
    code: 'ERR_TLS_BAD_MESSAGE',
    alert: 'illegal_parameter',
  },
  {
    name: 'a message behind KeyUpdate under its key',
    bytes: (f) => f.messages(hex('1800000100'), hex('18000001')),
    code: 'ERR_TLS_BAD_MESSAGE',
    alert: 'unexpected_message',
  },
  {
    name: 'a hello',
    bytes: (f) => f.messages(hex('01000000')),
    code: 'ERR_TLS_UNEXPECTED',
    alert: 'unexpected_message',
  },
  {
    name: 'data in the middle of a message',
    bytes: (f) => concat(f.messages(hex('180000')), f.data(hex('00'))),
    code: 'ERR_TLS_UNEXPECTED',
    alert: 'unexpected_message',
  },
  {
    name: 'a message over the limit',
    bytes: (f) => f.messages(concat(hex('04'), tlsNumber(MESSAGE_LIMIT_BYTES + 1, 3))),
    code: 'ERR_TLS_BAD_MESSAGE',
    alert: 'illegal_parameter',
  },
  {
    name: 'the end in the middle of a record',
    bytes: (f) => f.data(hex('01')).subarray(0, 9),
    ends: true,
    code: 'ERR_TRANSPORT_ENDED',
    alert: 'none',
  },
];
