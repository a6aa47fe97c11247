/** Performs the steps of one stream. */
import { LIMITS } from '../../../limits.js';
import { decodeIdentify, encodeIdentify } from '../../../wire/identify.js';
import { decodeVarintPrefixed } from '../../../wire/length-prefixed.js';
import { decodeVarint } from '../../../wire/varint.js';
import { inFields, type Match } from '../match.js';
import { decodeFields, encodeFields, withoutSchema } from '../protobuf-fields.js';
import type { ExpectOptions, StreamSendOptions } from '../script/commands.js';
import { framed, spoiled } from './cutting.js';
import { expectedLines, expectMessage, judge, reading, type Performers } from './expecting.js';
import { Mismatch, misused, type Waiting } from './failure.js';
import { place } from './place.js';
import { mapTaken } from './sealed.js';
import { MARK, marksOf, type SessionState } from './session-state.js';
import { take, takeBytes, type Taken } from './source.js';
import type { Stage } from './stage.js';

const { ACK, FIN, RST } = MARK;

/** How a stream ends before what is due has come. */
const RESET = [RST, 'the peer reset the stream'] as const;
const HALF_CLOSED = [FIN, 'the peer half-closed the stream'] as const;

export const performStream: Performers<'stream'> = {
  'stream.ack': (stage, [length], stream) => sendControl(stage, stream, ACK, length),
  'stream.grant': (stage, [length], stream) => sendControl(stage, stream, 0, length),
  'stream.fin': (stage, _none, stream) => sendControl(stage, stream, FIN, 0),
  'stream.reset': (stage, [code], stream) => sendControl(stage, stream, RST, code),
  'stream.expectAck': (stage, [options], stream) => {
    windowed(stage);
    return expectMark(stage, stream, 'ACK', ACK, undefined, options);
  },
  'stream.expectReset': (stage, [code, options], stream) => expectMark(stage, stream, 'RST', RST, code, options),
  'stream.expectFin': (stage, [options], stream) => {
    const name = named(stream);
    const fin = reading(['FIN'], () => stage.muxer.marked(name, FIN));
    // The data that came before it has to be asked for first.
    const unread = leftOn(stage, name);
    if (fin !== undefined && unread.length > 0)
      throw new Mismatch(['FIN'], [`${unread.length} bytes of data before it`], unread);
    return expectMark(stage, stream, 'FIN', FIN, undefined, options);
  },
  'stream.expectGrant': (stage, [match, options], stream) => {
    const expected = expectedLines('credit', match);
    const arrival = reading(expected, () =>
      windowed(stage)
        .waitingOn(named(stream))
        .find(({ isCredit }) => isCredit),
    );
    // A peer that will write no more may still read, and give credit.
    if (arrival === undefined) return missing(stage, stream, expected, [RESET]);
    judge(expected, match, arrival.value, arrival.bytes);
    arrival.taken = true;
    if (options.as !== undefined) stage.saved.set(options.as, { value: arrival.value, bytes: arrival.bytes });
    return undefined;
  },

  'stream.sendBytes': (stage, [bytes, options], stream) => {
    const content = options.body === undefined ? stage.bytesOf(bytes) : stage.bytesOf(options.body);
    return send(stage, stream, 'bytes', { bytes: spoiled(content, options), prefixBytes: 0 }, options);
  },
  'stream.expectBytes': (stage, [wanted, options], stream) => {
    const match = typeof wanted === 'object' && 'saved' in wanted ? stage.bytesOf(wanted) : wanted;
    const size = match instanceof Uint8Array ? match.length : match;
    const read =
      typeof size === 'number'
        ? () => takeBytes(stage.sourceOf(stream), size)
        : () =>
            take(stage.sourceOf(stream), (bytes) =>
              bytes.length === 0 ? undefined : { value: bytes, size: bytes.length },
            );
    return expectOn(stage, stream, 'bytes', typeof match === 'number' ? undefined : match, options, read, match);
  },
  'stream.sendMessage': (stage, [message, options], stream) =>
    sendMessage(stage, stream, 'message', stage.bytesOf(message), options),
  'stream.expectMessage': (stage, [match, options], stream) =>
    expectOn(stage, stream, 'message', match, options, () => readMessage(stage, stream)),
  'stream.sendFields': (stage, [fields, options], stream) =>
    sendMessage(stage, stream, `protobuf ${describeFields(fields)}`, encodeFields(fields), options),
  'stream.expectFields': (stage, [fields, options], stream) => {
    const match = typeof fields === 'function' ? fields : withoutSchema(fields);
    const read = () => mapTaken(readMessage(stage, stream), decodeFields);
    return expectOn(stage, stream, 'protobuf', match, options, read);
  },
  'stream.sendIdentify': (stage, [identify, options], stream) => {
    const whole = encodeIdentify({
      publicKey: stage.options.identity.publicKeyProtobuf,
      listenAddresses: [],
      protocols: [],
      protocolVersion: 'ipfs/0.1.0',
      agentVersion: 'scripted-peer',
      ...identify,
    });
    const content = whole.subarray(decodeVarint(whole)?.size ?? 0);
    return sendMessage(stage, stream, 'identify', content, options);
  },
  'stream.expectIdentify': (stage, [match, options], stream) => {
    const read = () => mapTaken(readMessage(stage, stream), (message) => decodeIdentify([message]));
    return expectOn(stage, stream, 'identify', match, options, read);
  },
};

function sendControl(stage: Stage, stream: string | undefined, mark: number, value: number): Waiting | undefined {
  stage.muxer.control(named(stream), mark, value);
  return undefined;
}

function sendMessage(
  stage: Stage,
  stream: string | undefined,
  message: string,
  content: Uint8Array,
  options: StreamSendOptions,
): Waiting | undefined {
  const body = options.body === undefined ? content : stage.bytesOf(options.body);
  return send(stage, stream, message, framed('varint', body, options), options);
}

function send(
  stage: Stage,
  stream: string | undefined,
  message: string,
  outgoing: { readonly bytes: Uint8Array; readonly prefixBytes: number },
  { cut, flags }: StreamSendOptions,
): Waiting | undefined {
  const { about, send: sendOn } = place(stage, named(stream));
  stage.note({ direction: 'sent', layer: 'stream', ...about, message, bytes: outgoing.bytes });
  sendOn(outgoing, cut, marksOf(flags));
  return undefined;
}

function readMessage(stage: Stage, stream: string | undefined): Taken<Uint8Array> | undefined {
  return take(stage.sourceOf(stream), (bytes) => decodeVarintPrefixed(bytes, LIMITS.yamuxReceiveFrameBytes));
}

function expectOn<Value>(
  stage: Stage,
  stream: string | undefined,
  message: string,
  match: Match<Value> | undefined,
  options: ExpectOptions,
  read: () => Taken<Value> | undefined,
  /** What is due, in words, where it is more than `match`. */
  due: unknown = match,
): Waiting | undefined {
  const source = stage.sourceOf(named(stream));
  const expectation = { layer: 'stream', stream, message, match, options, source, read };
  const waiting = expectMessage(stage, expectation);
  if (waiting === undefined) return undefined;
  const expected = typeof due === 'number' ? [`${due} bytes`] : waiting.expected;
  return missing(stage, stream, expected);
}

/** The mark, on whichever frame it comes. */
function expectMark(
  stage: Stage,
  stream: string | undefined,
  what: string,
  mark: number,
  match: Match<number> | undefined,
  options: ExpectOptions,
): Waiting | undefined {
  const expected = expectedLines(what, match);
  const arrival = reading(expected, () => stage.muxer.marked(named(stream), mark));
  if (arrival === undefined) {
    return mark === RST ? { expected, unread: () => leftOn(stage, named(stream)) } : missing(stage, stream, expected);
  }
  const { value, bytes } = arrival;
  judge(expected, match, value, bytes);
  arrival.takenMarks |= mark;
  // A frame that is nothing but its mark has been asked for; one that brings data or credit besides has not.
  if (arrival.data === undefined && !arrival.isCredit) arrival.taken = true;
  if (options.as !== undefined) stage.saved.set(options.as, { value, bytes });
  return undefined;
}

/** Still waiting; but a stream that the peer has ended will bring nothing more. */
function missing(
  stage: Stage,
  stream: string | undefined,
  expected: readonly string[],
  ends: readonly (readonly [mark: number, what: string])[] = [RESET, HALF_CLOSED],
): Waiting {
  const name = named(stream);
  for (const [mark, what] of ends) {
    const arrival = stage.muxer.marked(name, mark);
    if (arrival !== undefined) throw new Mismatch(expected, [what, ...inFields(arrival.frame)], leftOn(stage, name));
  }
  return { expected, unread: () => leftOn(stage, name) };
}

/** Bytes of the stream that no step has asked for. */
function leftOn(stage: Stage, name: string): Uint8Array {
  return stage.muxer.unreadOn(stage.muxer.idOf(name));
}

/** The muxer, if it has what such a step is about. */
function windowed(stage: Stage): SessionState {
  const { muxer } = stage;
  if (!muxer.hasWindows) throw misused(`${muxer.layer} has neither acknowledgements nor credit`);
  return muxer;
}

function named(stream: string | undefined): string {
  if (stream === undefined) throw misused('this step is about a stream: stream(name) first');
  return stream;
}

function describeFields(fields: Parameters<typeof encodeFields>[0]): string {
  return `{ ${withoutSchema(fields)
    .map(([field, value]) => `${field}: ${typeof value === 'number' ? value : `${value.length} bytes`}`)
    .join(', ')} }`;
}
