/** Handshake messages and records of TLS: sending them as the options say, and expecting messages. */
import { joinBytes, tlsVector } from '../../../wire/tls-bytes.js';
import { TLS_MESSAGE_HEADER_BYTES, tlsMessageName } from '../../../wire/tls-handshake.js';
import { TLS_CONTENT } from '../../../wire/tls-names.js';
import type { Match } from '../match.js';
import type { ExpectOptions, FrameOptions } from '../script/commands.js';
import type { TlsMessageOptions } from '../script/tls-commands.js';
import { expectMessage } from './expecting.js';
import type { Waiting } from './failure.js';
import { mapTaken, sendFramed } from './sealed.js';
import { take, Unreadable, type Taken } from './source.js';
import type { Stage } from './stage.js';
import { decodeHandshakeMessage } from './tls-records.js';

/** Sends a handshake message in a record of its own; it counts for the transcript as it is sent. */
export function sendMessage(
  stage: Stage,
  type: number,
  content: Uint8Array,
  options: TlsMessageOptions,
  value?: unknown,
): void {
  const body = options.content === undefined ? content : stage.bytesOf(options.content);
  const message = joinBytes(Uint8Array.of(type), tlsVector(3, body));
  stage.tls.transcript.add(message);
  sendRecord(stage, TLS_CONTENT.handshake, tlsMessageName(type), message, options, value);
}

/** Sends a record, sealed where there are keys. */
export function sendRecord(
  stage: Stage,
  type: number,
  message: string,
  content: Uint8Array,
  options: FrameOptions,
  value?: unknown,
): void {
  const isSealed = stage.tls.sending !== undefined;
  const prefix = { recordType: isSealed ? TLS_CONTENT.applicationData : type };
  sendFramed(stage, 'tls', message, prefix, isSealed ? stage.tls.seal(type, content) : content, options, value);
}

/** The peer's next handshake message, which has to be of this type; it counts for the transcript once it is judged. */
export function expectHandshake<Value>(
  stage: Stage,
  type: number,
  match: Match<Value>,
  options: ExpectOptions,
  decode: (body: Uint8Array) => Value,
  accepted: (value: Value) => void = () => undefined,
  message = tlsMessageName(type),
): Waiting | undefined {
  const { tls } = stage;
  const read = (): Taken<Value> | undefined =>
    mapTaken(takeMessage(stage, type, message), (whole) => decode(whole.subarray(TLS_MESSAGE_HEADER_BYTES)));
  const expectation = { layer: 'tls', message, match, options, source: tls.messages, read };
  return expectMessage(stage, expectation, (value, bytes) => {
    tls.transcript.add(bytes);
    accepted(value);
  });
}

function takeMessage(stage: Stage, type: number, due: string): Taken<Uint8Array> | undefined {
  const taken = take(stage.tls.messages, decodeHandshakeMessage);
  if (taken === undefined) return undefined;
  const { value, bytes } = taken;
  if (value.type === type) return { value: value.whole, bytes };
  throw new Unreadable(bytes, new Error(`${tlsMessageName(value.type)} where ${due} is due`));
}
