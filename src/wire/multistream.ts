/**
 * multistream-select messages (libp2p/specs connections/README.md, multiformats/multistream-select): an unsigned varint
 * length, UTF-8 text, a newline. The length counts the newline and is at most 1024 bytes, as go and js hold it.
 */
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { Decoded } from './decoded.js';
import { decodeVarintPrefixed, encodeVarintPrefixed } from './length-prefixed.js';
import { decodeVarint } from './varint.js';

/** The header that both sides send first. */
export const MULTISTREAM_ID = '/multistream/1.0.0';
/** The listener's "not available". */
export const MULTISTREAM_NA = 'na';
/** The dialer's question for a list of protocols. */
export const MULTISTREAM_LS = 'ls';

const NEWLINE = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * One message holding `text`, ready for the wire.
 * Throws `ERR_INVALID_ARGUMENT` for text that no peer would read: empty, with a newline, or over the limit.
 */
export function encodeMultistreamMessage(text: string, maxBytes: number = LIMITS.multistreamMessageBytes): Uint8Array {
  const line = encoder.encode(`${text}\n`);
  if (text === '' || text.includes('\n') || line.length > maxBytes) {
    const why = `a multistream message holds 1 to ${maxBytes - 1} bytes and no newline, got ${JSON.stringify(text.slice(0, 80))}`;
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', why);
  }
  return encodeVarintPrefixed(line);
}

/**
 * Decodes one message at `offset` to its text without the newline; `undefined` means the bytes are not all here yet.
 * Throws `ERR_WIRE_TOO_LARGE` as soon as the length is known to be above `maxBytes`, `ERR_WIRE_VARINT`, and
 * `ERR_MULTISTREAM_BAD_MESSAGE` for a message that does not end in its only newline, is empty, or is not UTF-8.
 */
export function decodeMultistreamMessage(
  bytes: Uint8Array,
  offset = 0,
  maxBytes: number = LIMITS.multistreamMessageBytes,
): Decoded<string> | undefined {
  const message = decodeVarintPrefixed(bytes, maxBytes, offset);
  return message === undefined ? undefined : { value: textOfLine(message.value), size: message.size };
}

/**
 * The answer to `ls`: one message that holds each protocol as a message of its own, and a newline. Protocols that do
 * not fit below `maxBytes` are left out, because no peer reads a longer message.
 */
export function encodeMultistreamList(
  protocols: readonly string[],
  maxBytes: number = LIMITS.multistreamMessageBytes,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let length = 1;
  for (const protocol of protocols) {
    const piece = encodeMultistreamMessage(protocol, maxBytes);
    if (length + piece.length > maxBytes) break;
    length += piece.length;
    pieces.push(piece);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  body[at] = NEWLINE;
  return encodeVarintPrefixed(body);
}

/**
 * Decodes the answer to `ls` in the form of go, js and rust. Throws as {@link decodeMultistreamMessage}.
 */
export function decodeMultistreamList(
  bytes: Uint8Array,
  offset = 0,
  maxBytes: number = LIMITS.multistreamMessageBytes,
): Decoded<readonly string[]> | undefined {
  const message = decodeVarintPrefixed(bytes, maxBytes, offset);
  if (message === undefined) return undefined;
  const body = lineOf(message.value);
  const protocols: string[] = [];
  for (let at = 0; at < body.length;) {
    const entry = decodeMultistreamMessage(body, at, maxBytes);
    if (entry === undefined) throw bad('an entry of the list is cut short');
    protocols.push(entry.value);
    at += entry.size;
  }
  return { value: protocols, size: message.size };
}

/**
 * Decodes the answer to `ls` as nodes before js-libp2p 0.27 give it, after they echoed `ls`: a line of two varints, the
 * number of protocols and the size of their length prefixes, then each protocol as a message.
 * Throws as {@link decodeMultistreamMessage}.
 */
export function decodeLegacyMultistreamList(
  bytes: Uint8Array,
  offset = 0,
  maxBytes: number = LIMITS.multistreamMessageBytes,
  maxProtocols: number = LIMITS.multistreamProposals,
): Decoded<readonly string[]> | undefined {
  const head = decodeLegacyMultistreamHead(bytes, offset, maxBytes, maxProtocols);
  if (head === undefined) return undefined;
  const protocols: string[] = [];
  let at = head.size;
  for (let index = 0; index < head.value; index++) {
    const entry = decodeMultistreamMessage(bytes, offset + at, maxBytes);
    if (entry === undefined) return undefined;
    protocols.push(entry.value);
    at += entry.size;
  }
  return { value: protocols, size: at };
}

/** The head of such a list alone: how many protocols follow. Throws as {@link decodeLegacyMultistreamList}. */
export function decodeLegacyMultistreamHead(
  bytes: Uint8Array,
  offset = 0,
  maxBytes: number = LIMITS.multistreamMessageBytes,
  maxProtocols: number = LIMITS.multistreamProposals,
): Decoded<number> | undefined {
  const head = decodeVarintPrefixed(bytes, maxBytes, offset);
  if (head === undefined) return undefined;
  const count = decodeVarint(lineOf(head.value));
  if (count === undefined) throw bad('the head of the list holds no number');
  if (count.value > maxProtocols) throw bad(`a list of ${count.value} protocols, the limit is ${maxProtocols}`);
  return { value: count.value, size: head.size };
}

/** The line without its newline, as a view. */
function lineOf(message: Uint8Array): Uint8Array {
  if (message[message.length - 1] !== NEWLINE) throw bad('the message does not end in a newline');
  return message.subarray(0, -1);
}

function textOfLine(message: Uint8Array): string {
  const line = lineOf(message);
  if (line.length === 0) throw bad('the message is empty');
  if (line.includes(NEWLINE)) throw bad('the message holds two lines');
  try {
    return utf8.decode(line);
  } catch (cause) {
    throw bad('the message is not UTF-8 text', cause);
  }
}

function bad(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_MULTISTREAM_BAD_MESSAGE', 'remote', `multistream: ${why}`, { cause });
}
