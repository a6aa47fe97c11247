/**
 * SPDY/3.1 frames (draft-mbelshe-httpbis-spdy-00 2.2 and 2.6; 3.1 adds the session's window): an 8-byte header, then the
 * body. All fields are big endian. The body of a data frame is never part of what is decoded here: it streams.
 *
 *   control  1 | version 15 | type 16 | flags 8 | length 24
 *   data     0 | stream id 31         | flags 8 | length 24
 */
import { EngineError, type ErrorCode } from '../errors.js';
import { toHex } from './hex.js';

/** The multistream id of SPDY/3.1. */
export const SPDY_PROTOCOL = '/spdy/3.1.0';

/** What control frames say for SPDY/3 and SPDY/3.1. */
export const SPDY_VERSION = 3;

export const SPDY_HEADER_BYTES = 8;

/** Types of control frames; a data frame has none of them. */
export const SPDY_TYPE = {
  data: 0,
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** Flags of data, synStream, synReply and headers. */
export const SPDY_FLAG = { FIN: 1, UNIDIRECTIONAL: 2 } as const;

/** Why a stream is reset. */
export const SPDY_STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
  streamInUse: 8,
  streamAlreadyClosed: 9,
  invalidCredentials: 10,
  frameTooLarge: 11,
} as const;

/** Why a session ends. */
export const SPDY_GO_AWAY = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** The settings that mean something to a muxer. */
export const SPDY_SETTING = { maxConcurrentStreams: 4, initialWindowSize: 7 } as const;

/** The largest stream id, window and ping of ours: 31 bits. */
export const SPDY_MAX_UINT31 = 0x7fff_ffff;

/** Every window of a session begins with this much, until settings or an update say more. */
export const SPDY_DEFAULT_WINDOW_BYTES = 64 * 1024;

/** SYN_STREAM carries this much before its header block, SYN_REPLY and HEADERS this much. */
const SYN_STREAM_BYTES = 10;
const STREAM_ID_BYTES = 4;
/** Both fields of RST_STREAM, GOAWAY and WINDOW_UPDATE, and one entry of SETTINGS. */
const PAIR_BYTES = 8;
/** Priority of our streams, 0 the highest: what libp2p-spdy sends. */
const PRIORITY = 3;

/** One frame's header; a reader may use the same object again for the next one. */
export interface SpdyHeader {
  /** One of {@link SPDY_TYPE}, or a type that nobody knows, whose frame is skipped. */
  type: number;
  flags: number;
  /** Of a data frame; 0 in control frames, which name it in their body. */
  streamId: number;
  /** Bytes of the body. */
  length: number;
}

/** What the body of a control frame says. Header blocks are still compressed: a view of the body. */
export type SpdyControl =
  | { readonly type: 'synStream'; readonly streamId: number; readonly associatedId: number; readonly block: Uint8Array }
  | { readonly type: 'synReply' | 'headers'; readonly streamId: number; readonly block: Uint8Array }
  | { readonly type: 'rstStream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'settings'; readonly entries: ReadonlyMap<number, number> }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway'; readonly lastStreamId: number; readonly status: number }
  | { readonly type: 'windowUpdate'; readonly streamId: number; readonly delta: number };

/**
 * Reads the header at `offset`, where 8 bytes must be, into `header`. Throws `ERR_SPDY_BAD_VERSION`, and
 * `ERR_SPDY_FRAME_TOO_LARGE` for a control frame of a known type with more than `maxControlBytes`.
 */
export function readSpdyHeader(bytes: Uint8Array, offset: number, maxControlBytes: number, header: SpdyHeader): void {
  const first = byteAt(bytes, offset);
  const isControl = first >= 0x80;
  const low = uint16At(bytes, offset + 2);
  header.type = isControl ? low : SPDY_TYPE.data;
  header.streamId = isControl ? 0 : uint16At(bytes, offset) * 0x1_0000 + low;
  header.flags = byteAt(bytes, offset + 4);
  header.length = (byteAt(bytes, offset + 5) << 16) | uint16At(bytes, offset + 6);
  if (!isControl) return;
  const version = ((first & 0x7f) << 8) | byteAt(bytes, offset + 1);
  if (version !== SPDY_VERSION) throw refused('ERR_SPDY_BAD_VERSION', `version ${version}`, bytes, offset);
  // A control frame cannot be of type 0; it is as unknown as any other number.
  if (low === 0) header.type = UNKNOWN_TYPE;
  if (isKnown(header.type) && header.length > maxControlBytes) {
    const what = `a ${spdyTypeName(header.type)} of ${header.length} bytes, the limit is ${maxControlBytes}`;
    throw refused('ERR_SPDY_FRAME_TOO_LARGE', what, bytes, offset);
  }
}

/** Type that a control frame of type 0 is read as. */
const UNKNOWN_TYPE = 0x1_0000;

/** Whether a control frame of this type means anything; others must be skipped. */
export function isKnown(type: number): boolean {
  return TYPE_NAMES[type] !== undefined;
}

/**
 * Decodes the body of a control frame whose type {@link isKnown}. Throws `ERR_SPDY_BAD_FRAME` for a length that its type
 * does not have, and for a stream id or a grant of 0 where there can be none.
 */
export function decodeSpdyControl(header: Readonly<SpdyHeader>, body: Uint8Array): SpdyControl {
  const { type } = header;
  switch (type) {
    case SPDY_TYPE.synStream: {
      if (body.length < SYN_STREAM_BYTES) throw badLength(header, body);
      const streamId = streamIdAt(header, body);
      return { type: 'synStream', streamId, associatedId: uint31At(body, 4), block: body.subarray(SYN_STREAM_BYTES) };
    }
    case SPDY_TYPE.synReply:
    case SPDY_TYPE.headers: {
      if (body.length < STREAM_ID_BYTES) throw badLength(header, body);
      const streamId = streamIdAt(header, body);
      const block = body.subarray(STREAM_ID_BYTES);
      return { type: type === SPDY_TYPE.headers ? 'headers' : 'synReply', streamId, block };
    }
    case SPDY_TYPE.settings:
      return { type: 'settings', entries: decodeSettings(header, body) };
    case SPDY_TYPE.ping:
      if (body.length !== STREAM_ID_BYTES) throw badLength(header, body);
      return { type: 'ping', id: uint32At(body, 0) };
    default:
  }
  if (body.length !== PAIR_BYTES) throw badLength(header, body);
  if (type === SPDY_TYPE.goAway) return { type: 'goAway', lastStreamId: uint31At(body, 0), status: uint32At(body, 4) };
  if (type === SPDY_TYPE.rstStream) {
    return { type: 'rstStream', streamId: streamIdAt(header, body), status: uint32At(body, 4) };
  }
  const delta = uint31At(body, 4);
  if (delta === 0) throw badFrame(header, body, 'grants nothing');
  return { type: 'windowUpdate', streamId: uint31At(body, 0), delta };
}

/** Entries by id: flags are left out, and of two with one id the first holds. */
function decodeSettings(header: Readonly<SpdyHeader>, body: Uint8Array): ReadonlyMap<number, number> {
  if (body.length < STREAM_ID_BYTES) throw badLength(header, body);
  const count = uint32At(body, 0);
  if (body.length !== STREAM_ID_BYTES + count * PAIR_BYTES) throw badLength(header, body);
  const entries = new Map<number, number>();
  for (let at = STREAM_ID_BYTES; at < body.length; at += PAIR_BYTES) {
    const id = uint32At(body, at) & 0xff_ffff;
    if (!entries.has(id)) entries.set(id, uint32At(body, at + 4));
  }
  return entries;
}

/** The header of a data frame. */
export function encodeSpdyData(streamId: number, flags: number, length: number): Uint8Array {
  const bytes = new Uint8Array(SPDY_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, streamId);
  view.setUint32(4, flags * 0x100_0000 + length);
  return bytes;
}

/** A SYN_STREAM, its header block compressed. */
export function encodeSpdySynStream(streamId: number, flags: number, block: Uint8Array): Uint8Array {
  const frame = control(SPDY_TYPE.synStream, flags, SYN_STREAM_BYTES + block.length);
  frame.view.setUint32(8, streamId);
  frame.view.setUint8(16, PRIORITY << 5);
  frame.bytes.set(block, SPDY_HEADER_BYTES + SYN_STREAM_BYTES);
  return frame.bytes;
}

/** A SYN_REPLY, its header block compressed. */
export function encodeSpdySynReply(streamId: number, block: Uint8Array): Uint8Array {
  const frame = control(SPDY_TYPE.synReply, 0, STREAM_ID_BYTES + block.length);
  frame.view.setUint32(8, streamId);
  frame.bytes.set(block, SPDY_HEADER_BYTES + STREAM_ID_BYTES);
  return frame.bytes;
}

/** SETTINGS with these entries, none of them to be remembered. */
export function encodeSpdySettings(entries: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const frame = control(SPDY_TYPE.settings, 0, STREAM_ID_BYTES + entries.length * PAIR_BYTES);
  frame.view.setUint32(8, entries.length);
  for (const [index, [id, value]] of entries.entries()) {
    frame.view.setUint32(12 + index * PAIR_BYTES, id);
    frame.view.setUint32(16 + index * PAIR_BYTES, value);
  }
  return frame.bytes;
}

/** A PING; whose it is follows from the parity of its id. */
export function encodeSpdyPing(id: number): Uint8Array {
  const frame = control(SPDY_TYPE.ping, 0, STREAM_ID_BYTES);
  frame.view.setUint32(8, id);
  return frame.bytes;
}

/** A frame of two numbers: RST_STREAM (stream, status), GOAWAY (last stream, status), WINDOW_UPDATE (stream, delta). */
export function encodeSpdyPair(type: number, first: number, second: number): Uint8Array {
  const frame = control(type, 0, PAIR_BYTES);
  frame.view.setUint32(8, first);
  frame.view.setUint32(12, second);
  return frame.bytes;
}

const TYPE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(SPDY_TYPE).map(([name, type]) => [type, name]),
);

/** The name of a frame type, in the spec's words. */
export function spdyTypeName(type: number): string {
  return TYPE_NAMES[type] ?? `type ${type}`;
}

/** A header in words, e.g. `data FIN stream 5 length 0`. */
export function describeSpdyHeader({ type, flags, streamId, length }: Readonly<SpdyHeader>): string {
  const fin = (flags & SPDY_FLAG.FIN) !== 0 ? ' FIN' : '';
  return `${spdyTypeName(type)}${fin}${type === SPDY_TYPE.data ? ` stream ${streamId}` : ''} length ${length}`;
}

function control(type: number, flags: number, length: number): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = new Uint8Array(SPDY_HEADER_BYTES + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x8000_0000 + SPDY_VERSION * 0x1_0000 + type);
  view.setUint32(4, flags * 0x100_0000 + length);
  return { bytes, view };
}

function streamIdAt(header: Readonly<SpdyHeader>, body: Uint8Array): number {
  const streamId = uint31At(body, 0);
  if (streamId === 0) throw badFrame(header, body, 'names stream 0');
  return streamId;
}

function badLength(header: Readonly<SpdyHeader>, body: Uint8Array): EngineError {
  return badFrame(header, body, `has ${body.length} bytes`);
}

function badFrame(header: Readonly<SpdyHeader>, body: Uint8Array, what: string): EngineError {
  return new EngineError('ERR_SPDY_BAD_FRAME', 'remote', `spdy: a ${spdyTypeName(header.type)} that ${what}`, {
    details: { lastBytesHex: toHex(body.subarray(0, 16)), lastBytesDecoded: describeSpdyHeader(header) },
  });
}

function refused(code: ErrorCode, what: string, bytes: Uint8Array, offset: number): EngineError {
  const lastBytesHex = toHex(bytes.subarray(offset, offset + SPDY_HEADER_BYTES));
  return new EngineError(code, 'remote', `spdy: ${what}`, {
    details: { lastBytesHex, lastBytesDecoded: `refused: ${what}` },
  });
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

function uint32At(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) * 0x1_0000 + uint16At(bytes, at + 2);
}

/** The highest bit is reserved, and nobody's. */
function uint31At(bytes: Uint8Array, at: number): number {
  return uint32At(bytes, at) & SPDY_MAX_UINT31;
}
