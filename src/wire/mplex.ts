/**
 * mplex messages (libp2p/specs mplex/README.md "Message format"): two varints, and as many bytes as the second says. The
 * bytes are never part of what is decoded here: they stream.
 *
 *   stream id << 3 | flag : varint      length : varint      data
 *
 * Each side counts the ids of the streams that it opens by itself, so an id names two streams; the flag says which, for
 * it tells whether its sender opened the stream (initiator) or not (receiver).
 */
import { EngineError } from '../errors.js';
import type { Decoded } from './decoded.js';
import { toHex } from './hex.js';
import { decodeVarint, varintSize, writeVarint } from './varint.js';

/** The multistream id of mplex. */
export const MPLEX_PROTOCOL = '/mplex/6.7.0';

/** Flags: the three low bits of the header. Even ones are the initiator's, odd ones the receiver's. */
export const MPLEX_FLAG = {
  newStream: 0,
  messageReceiver: 1,
  messageInitiator: 2,
  closeReceiver: 3,
  closeInitiator: 4,
  resetReceiver: 5,
  resetInitiator: 6,
} as const;

/** The longest header: two varints of nine bytes. */
export const MPLEX_HEADER_MAX_BYTES = 18;

/** The largest id that every peer reads right: js-libp2p shifts in 32 bits with a sign. */
export const MPLEX_MAX_STREAM_ID = 2 ** 28 - 1;

/** One message's header. */
export interface MplexHeader {
  /** One of {@link MPLEX_FLAG}. */
  readonly flag: number;
  /** As its initiator counts. */
  readonly streamId: number;
  /** Bytes of data. */
  readonly length: number;
}

/** Bounds on what a header may announce. */
export interface MplexHeaderLimits {
  readonly messageBytes: number;
  readonly nameBytes: number;
}

/**
 * Decodes the header at `offset`; `undefined` means that it is not all here yet. Throws `ERR_MPLEX_BAD_HEADER` for a flag
 * that there is not and for what is no varint, `ERR_MPLEX_MESSAGE_TOO_LARGE` and `ERR_MPLEX_NAME_TOO_LONG` for a length
 * over the limits: before any of those bytes has come.
 */
export function decodeMplexHeader(
  bytes: Uint8Array,
  limits: MplexHeaderLimits,
  offset = 0,
): Decoded<MplexHeader> | undefined {
  const first = bytes[offset];
  if (first === undefined) return undefined;
  const flag = first & 7;
  if (flag > MPLEX_FLAG.resetInitiator) throw bad(bytes, offset, `flag ${flag}`);
  const tag = varintAt(bytes, offset, offset);
  if (tag === undefined) return undefined;
  const length = varintAt(bytes, offset + tag.size, offset);
  if (length === undefined) return undefined;
  const value = { flag, streamId: Math.floor(tag.value / 8), length: length.value };
  if (value.length > limits.messageBytes) {
    throw overLimit('ERR_MPLEX_MESSAGE_TOO_LARGE', 'message', value, limits.messageBytes, bytes, offset);
  }
  if (flag === MPLEX_FLAG.newStream && value.length > limits.nameBytes) {
    throw overLimit('ERR_MPLEX_NAME_TOO_LONG', 'stream name', value, limits.nameBytes, bytes, offset);
  }
  return { value, size: tag.size + length.size };
}

/** The bytes of a header. */
export function encodeMplexHeader(flag: number, streamId: number, length: number): Uint8Array {
  const tag = streamId * 8 + flag;
  const bytes = new Uint8Array(varintSize(tag) + varintSize(length));
  writeVarint(length, bytes, writeVarint(tag, bytes, 0));
  return bytes;
}

/** Whether who sends this flag opened the stream. */
export function isInitiatorFlag(flag: number): boolean {
  return flag % 2 === 0;
}

const FLAG_NAMES = Object.keys(MPLEX_FLAG);

/** The name of a flag, in the spec's words. */
export function mplexFlagName(flag: number): string {
  return FLAG_NAMES[flag] ?? `flag ${flag}`;
}

/** A header in words, e.g. `messageInitiator stream 5 length 7`. */
export function describeMplexHeader({ flag, streamId, length }: MplexHeader): string {
  return `${mplexFlagName(flag)} stream ${streamId} length ${length}`;
}

/**
 * A number for the stream that no other of its session has, the same on both sides: odd for those of the connection's
 * dialer, even for those of its listener, from 1 and 2 on, as yamux counts.
 */
export function mplexStreamNumber(streamId: number, openedByDialer: boolean): number {
  return streamId * 2 + (openedByDialer ? 1 : 2);
}

/** The id on the wire of a stream with this number. */
export function mplexStreamId(streamNumber: number): number {
  return Math.floor((streamNumber - 1) / 2);
}

/** A stream's name as it can be shown: printable ASCII stays, any other byte is `\xNN`. */
export function printableStreamName(name: Uint8Array): string {
  let text = '';
  for (const byte of name) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

function varintAt(bytes: Uint8Array, at: number, headerAt: number): Decoded<number> | undefined {
  try {
    return decodeVarint(bytes, at);
  } catch (thrown) {
    throw bad(bytes, headerAt, (thrown as EngineError).message, thrown);
  }
}

function bad(bytes: Uint8Array, offset: number, what: string, cause?: unknown): EngineError {
  return new EngineError('ERR_MPLEX_BAD_HEADER', 'remote', `mplex: no header: ${what}`, {
    cause,
    details: { lastBytesHex: hexOf(bytes, offset), lastBytesDecoded: `not an mplex header: ${what}` },
  });
}

function overLimit(
  code: 'ERR_MPLEX_MESSAGE_TOO_LARGE' | 'ERR_MPLEX_NAME_TOO_LONG',
  what: string,
  header: MplexHeader,
  limit: number,
  bytes: Uint8Array,
  offset: number,
): EngineError {
  return new EngineError(code, 'remote', `mplex: ${what} of ${header.length} bytes, the limit is ${limit}`, {
    details: { lastBytesHex: hexOf(bytes, offset), lastBytesDecoded: describeMplexHeader(header) },
  });
}

function hexOf(bytes: Uint8Array, offset: number): string {
  return toHex(bytes.subarray(offset, offset + MPLEX_HEADER_MAX_BYTES));
}
