/** Performs the steps of multistream-select, on a stream or on the connection. */
import { decodeVarint } from '../../../wire/varint.js';
import {
  decodeMultistreamList,
  decodeMultistreamMessage,
  encodeMultistreamList,
  MULTISTREAM_ID,
  MULTISTREAM_LS,
  MULTISTREAM_NA,
} from '../../../wire/multistream.js';
import type { Match } from '../match.js';
import type { ExpectOptions, FrameOptions } from '../script/commands.js';
import { framed } from './cutting.js';
import { expectMessage, type Performers } from './expecting.js';
import { misused, type Waiting } from './failure.js';
import { place } from './place.js';
import { take } from './source.js';
import type { Stage } from './stage.js';

const encoder = new TextEncoder();

export const performMultistream: Performers<'multistream'> = {
  'multistream.sendHeader': (stage, [options], stream) => sendLine(stage, stream, MULTISTREAM_ID, options),
  'multistream.sendNa': (stage, [options], stream) => sendLine(stage, stream, MULTISTREAM_NA, options),
  'multistream.sendLs': (stage, [options], stream) => sendLine(stage, stream, MULTISTREAM_LS, options),
  'multistream.sendLine': (stage, [line, options], stream) => sendLine(stage, stream, line, options),
  'multistream.propose': (stage, [protocol, options], stream) => {
    stage.negotiationOf(stream).proposed = protocol;
    return sendLine(stage, stream, protocol, options);
  },
  'multistream.echo': (stage, [protocol, options], stream) => {
    const line = protocol ?? stage.negotiationOf(stream).heard;
    if (line === undefined) throw misused('there is no proposal to echo yet');
    return sendLine(stage, stream, line, options);
  },
  'multistream.sendList': (stage, [protocols, options], stream) => {
    const whole = encodeMultistreamList(protocols);
    const body = whole.subarray(decodeVarint(whole)?.size ?? 0);
    return sendBody(stage, stream, `list of ${protocols.length}`, body, options);
  },
  'multistream.expectHeader': (stage, [options], stream) =>
    expectLine(stage, stream, 'header', MULTISTREAM_ID, options),
  'multistream.expectNa': (stage, [options], stream) => expectLine(stage, stream, 'na', MULTISTREAM_NA, options),
  'multistream.expectLs': (stage, [options], stream) => expectLine(stage, stream, 'ls', MULTISTREAM_LS, options),
  'multistream.expectLine': (stage, [line, options], stream) => expectLine(stage, stream, 'line', line, options),
  'multistream.expectEcho': (stage, [protocol, options], stream) => {
    const line = protocol ?? stage.negotiationOf(stream).proposed;
    if (line === undefined) throw misused('nothing was proposed yet');
    return expectLine(stage, stream, 'echo', line, options);
  },
  'multistream.expectProposal': (stage, [protocol, options], stream) => {
    const heard = (line: string): void => void (stage.negotiationOf(stream).heard = line);
    if (options.decliningOthers !== true || typeof protocol !== 'string') {
      return expectLine(stage, stream, 'proposal', protocol, options, heard);
    }
    for (;;) {
      let declined = false;
      const waiting = expectLine(stage, stream, 'proposal', undefined, options, (line) => {
        heard(line);
        declined = line !== protocol;
      });
      if (waiting !== undefined) return { ...waiting, expected: [`proposal '${protocol}'`] };
      if (!declined) return undefined;
      sendLine(stage, stream, MULTISTREAM_NA, {});
      stage.flush();
    }
  },
  'multistream.expectList': (stage, [protocols, options], stream) => {
    const { source, about } = place(stage, stream);
    const read = () => take(source, (bytes) => decodeMultistreamList(bytes));
    return expectMessage(stage, {
      layer: 'multistream',
      ...about,
      message: 'list',
      match: protocols,
      options,
      source,
      read,
    });
  },
};

function sendLine(stage: Stage, stream: string | undefined, line: string, options: FrameOptions): Waiting | undefined {
  return sendBody(stage, stream, line, encoder.encode(`${line}\n`), options);
}

function sendBody(
  stage: Stage,
  stream: string | undefined,
  message: string,
  content: Uint8Array,
  options: FrameOptions,
): Waiting | undefined {
  const body = options.body === undefined ? content : stage.bytesOf(options.body);
  const outgoing = framed('varint', body, options);
  const { about, send } = place(stage, stream);
  stage.note({ direction: 'sent', layer: 'multistream', ...about, message, bytes: outgoing.bytes });
  send(outgoing, options.cut);
  return undefined;
}

function expectLine(
  stage: Stage,
  stream: string | undefined,
  message: string,
  match: Match<string> | undefined,
  options: ExpectOptions,
  accepted?: (line: string) => void,
): Waiting | undefined {
  const { source, about } = place(stage, stream);
  const read = () => take(source, (bytes) => decodeMultistreamMessage(bytes));
  return expectMessage(stage, { layer: 'multistream', ...about, message, match, options, source, read }, accepted);
}
