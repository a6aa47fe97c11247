/**
 * yamux frames (libp2p/specs yamux/README.md "Framing", hashicorp/yamux spec.md): a 12-byte header, all fields big
 * endian, and for data frames the body. The body is never part of what is decoded here: it streams.
 *
 *   version 8 | type 8 | flags 16 | stream id 32 | length 32
 */
import { EngineError } from '../errors.js';
import type { Decoded } from './decoded.js';

/** The multistream id of yamux. */
export const YAMUX_PROTOCOL = '/yamux/1.0.0';

export const YAMUX_HEADER_BYTES = 12;

/** Frame types. */
export const YAMUX_TYPE = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;

/** Flags, to be joined with `|`. */
export const YAMUX_FLAG = { SYN: 1, ACK: 2, FIN: 4, RST: 8 } as const;

/** What the length of a go-away says. */
export const YAMUX_GO_AWAY = { normal: 0, protocolError: 1, internalError: 2 } as const;

/** The largest value of the 32-bit fields: window, stream id, opaque ping value. */
export const YAMUX_MAX_UINT32 = 0xffff_ffff;

/** One frame's header; a reader may use the same object again for the next one. */
export interface YamuxHeader {
  /** One of {@link YAMUX_TYPE}. */
  type: number;
  /** Flags by bit; bits that the spec does not name are kept and mean nothing. */
  flags: number;
  /** 0 for the session. */
  streamId: number;
  /** Data: bytes of the body. Window update: the delta. Ping: opaque. Go-away: the code. RST: an error code. */
  length: number;
}

/**
 * Reads the header at `offset`, where 12 bytes must be, into `header`. Throws `ERR_YAMUX_BAD_HEADER` for another
 * version or an unknown type, and `ERR_YAMUX_FRAME_TOO_LARGE` for a data frame with more than `maxDataBytes`.
 */
export function readYamuxHeader(bytes: Uint8Array, offset: number, maxDataBytes: number, header: YamuxHeader): void {
  const version = byteAt(bytes, offset);
  const type = byteAt(bytes, offset + 1);
  if (version !== 0) throw bad(bytes, offset, `version ${version}`);
  if (type > YAMUX_TYPE.goAway) throw bad(bytes, offset, `type ${type}`);
  header.type = type;
  header.flags = (byteAt(bytes, offset + 2) << 8) | byteAt(bytes, offset + 3);
  header.streamId = uint32At(bytes, offset + 4);
  header.length = uint32At(bytes, offset + 8);
  if (type === YAMUX_TYPE.data && header.length > maxDataBytes) {
    throw new EngineError(
      'ERR_YAMUX_FRAME_TOO_LARGE',
      'remote',
      `yamux: data frame of ${header.length} bytes, the limit is ${maxDataBytes}`,
      { details: { lastBytesHex: hexOf(bytes, offset), lastBytesDecoded: describeYamuxHeader(header) } },
    );
  }
}

/** Decodes the header at `offset`; `undefined` means that fewer than 12 bytes came. Throws as {@link readYamuxHeader}. */
export function decodeYamuxHeader(
  bytes: Uint8Array,
  maxDataBytes: number,
  offset = 0,
): Decoded<YamuxHeader> | undefined {
  if (bytes.length - offset < YAMUX_HEADER_BYTES) return undefined;
  const value: YamuxHeader = { type: 0, flags: 0, streamId: 0, length: 0 };
  readYamuxHeader(bytes, offset, maxDataBytes, value);
  return { value, size: YAMUX_HEADER_BYTES };
}

/** The 12 bytes of a header. Fields are 32-bit numbers without sign. */
export function encodeYamuxHeader(type: number, flags: number, streamId: number, length: number): Uint8Array {
  const bytes = new Uint8Array(YAMUX_HEADER_BYTES);
  bytes[1] = type;
  bytes[2] = flags >>> 8;
  bytes[3] = flags;
  writeUint32(bytes, 4, streamId);
  writeUint32(bytes, 8, length);
  return bytes;
}

const TYPE_NAMES = ['data', 'windowUpdate', 'ping', 'goAway'] as const;

/** The name of a frame type, in the spec's words. */
export function yamuxTypeName(type: number): string {
  return TYPE_NAMES[type] ?? `type ${type}`;
}

/** Every combination of the four flags, in words. */
const FLAG_NAMES = Array.from({ length: 16 }, (_, bits) =>
  Object.entries(YAMUX_FLAG)
    .filter(([, bit]) => (bits & bit) !== 0)
    .map(([name]) => name)
    .join('|'),
);

/** The named flags of a frame, joined by `|`; empty when none is set. */
export function yamuxFlagNames(flags: number): string {
  return FLAG_NAMES[flags & 15] ?? '';
}

/** A header in words, e.g. `windowUpdate SYN stream 5 length 0`. */
export function describeYamuxHeader(header: YamuxHeader): string {
  const flags = yamuxFlagNames(header.flags);
  return `${yamuxTypeName(header.type)}${flags === '' ? '' : ` ${flags}`} stream ${header.streamId} length ${header.length}`;
}

function bad(bytes: Uint8Array, offset: number, what: string): EngineError {
  return new EngineError('ERR_YAMUX_BAD_HEADER', 'remote', `yamux: unknown ${what}`, {
    details: { lastBytesHex: hexOf(bytes, offset), lastBytesDecoded: `not a yamux header: ${what}` },
  });
}

function hexOf(bytes: Uint8Array, offset: number): string {
  let text = '';
  for (const byte of bytes.subarray(offset, offset + YAMUX_HEADER_BYTES)) text += byte.toString(16).padStart(2, '0');
  return text;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function uint32At(bytes: Uint8Array, at: number): number {
  const low = (byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3);
  return byteAt(bytes, at) * 0x100_0000 + low;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
