/**
 * Bitswap messages 1.0.0, 1.1.0 and 1.2.0 (specs.ipfs.tech/bitswap-protocol): a varint length, then the protobuf
 * `{wantlist: {entries: {cid, priority, cancel, wantType, sendDontHave}, full}, blocks, payload: {prefix, data},
 * blockPresences: {cid, type}, pendingBytes}`. One reader serves all versions; the writer leaves out what a version
 * lacks. What is read are views of the message: copy what you keep.
 */
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { cidMultihash } from './bitswap-cid.js';
import type { Decoded } from './decoded.js';
import { bytesTag, finishMessage, messageWriter, readFields, varintTag } from './protobuf.js';
import { decodeVarint, encodeVarint, varintSize } from './varint.js';

/** The versions that differ on the wire; `/ipfs/bitswap` without a version is 1.0.0. */
export type BitswapVersion = '1.0.0' | '1.1.0' | '1.2.0';

/** `have`: only say whether you have it (1.2.0). */
export type WantType = 'block' | 'have';

/** One line of a wantlist. */
export interface WantlistEntry {
  /** Binary CID; a bare sha2-256 multihash is a CIDv0. */
  readonly cid: Uint8Array;
  /** Higher is served first. */
  readonly priority: number;
  /** Revokes an earlier entry; the other fields do not matter then. */
  readonly cancel: boolean;
  readonly wantType: WantType;
  /** Asks for `dont-have` where the block is missing (1.2.0). */
  readonly sendDontHave: boolean;
}

/** Wants of the sender: all of them when `full`, else a change. */
export interface Wantlist {
  readonly entries: readonly WantlistEntry[];
  readonly full: boolean;
}

/** A block as it travels. */
export interface WireBlock {
  /** CID without the digest: version, codec, hash code, digest length. Absent on 1.0.0, where all blocks are CIDv0. */
  readonly prefix: Uint8Array | undefined;
  readonly data: Uint8Array;
}

/** Whether the sender has a block (1.2.0). */
export interface BlockPresence {
  readonly cid: Uint8Array;
  readonly has: boolean;
}

/** One bitswap message. */
export interface BitswapMessage {
  readonly wantlist: Wantlist | undefined;
  readonly blocks: readonly WireBlock[];
  readonly presences: readonly BlockPresence[];
  /** Bytes that the sender still has queued for us (1.2.0). */
  readonly pendingBytes: number;
}

/** Bounds of a message that is read, in bytes. */
export interface BitswapBounds {
  readonly bitswapMessageBytes: number;
  readonly bitswapBlockBytes: number;
}

/** A data piece of this size or more is passed on as it is instead of copied into the message. */
const OWN_PIECE_BYTES = 16 * 1024;

/** Most bytes that an entry or a presence takes beside its CID; for budgets of messages. */
export const ENTRY_OVERHEAD_BYTES = 20;
/** Most bytes that a block takes beside its data. */
export const BLOCK_OVERHEAD_BYTES = 64;

/**
 * Length of the message that begins at `offset`, and of its prefix; `undefined` when the prefix is not all here.
 * Throws `ERR_BITSWAP_TOO_LARGE` above the limit and `ERR_BITSWAP_BAD_MESSAGE` for a bad varint.
 */
export function decodeBitswapLength(
  bytes: Uint8Array,
  offset = 0,
  bounds: BitswapBounds = LIMITS,
): Decoded<number> | undefined {
  let length: Decoded<number> | undefined;
  try {
    length = decodeVarint(bytes, offset);
  } catch (thrown) {
    throw badMessage('length prefix', thrown);
  }
  if (length !== undefined && length.value > bounds.bitswapMessageBytes) {
    const limit = bounds.bitswapMessageBytes;
    throw new EngineError(
      'ERR_BITSWAP_TOO_LARGE',
      'remote',
      `bitswap: message of ${length.value} bytes, the limit is ${limit}`,
    );
  }
  return length;
}

/**
 * Decodes one length-prefixed message at `offset`; `undefined` means the bytes are not all here yet.
 * Throws as {@link decodeBitswapLength} and {@link decodeBitswapMessage} do.
 */
export function decodeBitswapFrame(
  bytes: Uint8Array,
  offset = 0,
  bounds: BitswapBounds = LIMITS,
): Decoded<BitswapMessage> | undefined {
  const length = decodeBitswapLength(bytes, offset, bounds);
  if (length === undefined) return undefined;
  const size = length.size + length.value;
  if (bytes.length - offset < size) return undefined;
  return { value: decodeBitswapMessage(bytes.subarray(offset + length.size, offset + size), bounds), size };
}

/**
 * Decodes the body of one message. Entries and presences of a type that no version knows are left out.
 * Throws `ERR_BITSWAP_BAD_MESSAGE` for what is not a message, `ERR_BLOCK_TOO_LARGE` for a block over the limit.
 */
export function decodeBitswapMessage(bytes: Uint8Array, bounds: BitswapBounds = LIMITS): BitswapMessage {
  let wantlist: { entries: WantlistEntry[]; full: boolean } | undefined;
  const blocks: WireBlock[] = [];
  const presences: BlockPresence[] = [];
  let pendingBytes = 0;
  try {
    readFields(bytes, 'bitswap message', (field, value) => {
      switch (field) {
        case 1:
          wantlist ??= { entries: [], full: false };
          readWantlist(value.bytes(), wantlist);
          break;
        case 2:
          blocks.push({ prefix: undefined, data: bounded(value.bytes(), bounds) });
          break;
        case 3:
          blocks.push(readBlock(value.bytes(), bounds));
          break;
        case 4:
          readPresence(value.bytes(), presences);
          break;
        case 5:
          pendingBytes = value.int32();
          break;
      }
    });
  } catch (thrown) {
    throw thrown instanceof EngineError && thrown.code.startsWith('ERR_B') ? thrown : badMessage('body', thrown);
  }
  return { wantlist, blocks, presences, pendingBytes };
}

/**
 * Encodes a message for `version`, length in front, as pieces in order: large blocks are not copied. 1.0.0 carries
 * multihashes and bare blocks, 1.1.0 no presences and no `have` wants (those entries are asked for as blocks).
 */
export function encodeBitswapMessage(message: BitswapMessage, version: BitswapVersion): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let writer = messageWriter();
  if (message.wantlist !== undefined) {
    writer.uint32(bytesTag(1)).fork();
    for (const entry of message.wantlist.entries) writeEntry(writer.uint32(bytesTag(1)).fork(), entry, version);
    if (message.wantlist.full) writer.uint32(varintTag(2)).bool(true);
    writer.ldelim();
  }
  for (const block of message.blocks) {
    writeBlockHead(writer, block, version);
    if (block.data.length < OWN_PIECE_BYTES) {
      writer.bytes(block.data);
    } else {
      // The length that `bytes` would write, then the data as a piece of its own.
      writer.uint32(block.data.length);
      pieces.push(finishMessage(writer), block.data);
      writer = messageWriter();
    }
  }
  if (version === '1.2.0') {
    for (const { cid, has } of message.presences) {
      writer.uint32(bytesTag(4)).fork().uint32(bytesTag(1)).bytes(cid);
      if (!has) writer.uint32(varintTag(2)).uint32(1);
      writer.ldelim();
    }
    if (message.pendingBytes !== 0) writer.uint32(varintTag(5)).int32(message.pendingBytes);
  }
  pieces.push(finishMessage(writer));
  return withLength(pieces);
}

function readWantlist(bytes: Uint8Array, into: { entries: WantlistEntry[]; full: boolean }): void {
  readFields(bytes, 'bitswap wantlist', (field, value) => {
    if (field === 1) readEntry(value.bytes(), into.entries);
    else if (field === 2) into.full = value.bool();
  });
}

function readEntry(bytes: Uint8Array, into: WantlistEntry[]): void {
  let cid: Uint8Array | undefined;
  let priority = 0;
  let cancel = false;
  let wantType = 0;
  let sendDontHave = false;
  readFields(bytes, 'bitswap want', (field, value) => {
    if (field === 1) cid = value.bytes();
    else if (field === 2) priority = value.int32();
    else if (field === 3) cancel = value.bool();
    else if (field === 4) wantType = value.int32();
    else if (field === 5) sendDontHave = value.bool();
  });
  if (cid === undefined || cid.length === 0) throw badMessage('a want without a CID');
  if (wantType !== 0 && wantType !== 1) return;
  into.push({ cid, priority, cancel, wantType: wantType === 0 ? 'block' : 'have', sendDontHave });
}

function readBlock(bytes: Uint8Array, bounds: BitswapBounds): WireBlock {
  let prefix: Uint8Array | undefined;
  let data: Uint8Array = new Uint8Array(0);
  readFields(bytes, 'bitswap block', (field, value) => {
    if (field === 1) prefix = value.bytes();
    else if (field === 2) data = bounded(value.bytes(), bounds);
  });
  if (prefix === undefined || prefix.length === 0) throw badMessage('a block without a prefix');
  return { prefix, data };
}

function readPresence(bytes: Uint8Array, into: BlockPresence[]): void {
  let cid: Uint8Array | undefined;
  let type = 0;
  readFields(bytes, 'bitswap presence', (field, value) => {
    if (field === 1) cid = value.bytes();
    else if (field === 2) type = value.int32();
  });
  if (cid === undefined || cid.length === 0) throw badMessage('a presence without a CID');
  if (type === 0 || type === 1) into.push({ cid, has: type === 0 });
}

function bounded(data: Uint8Array, bounds: BitswapBounds): Uint8Array {
  if (data.length <= bounds.bitswapBlockBytes) return data;
  const limit = bounds.bitswapBlockBytes;
  throw new EngineError(
    'ERR_BLOCK_TOO_LARGE',
    'remote',
    `bitswap: block of ${data.length} bytes, the limit is ${limit}`,
  );
}

type Writer = ReturnType<typeof messageWriter>;

function writeEntry(writer: Writer, entry: WantlistEntry, version: BitswapVersion): void {
  writer.uint32(bytesTag(1)).bytes(version === '1.0.0' ? cidMultihash(entry.cid) : entry.cid);
  if (entry.priority !== 0) writer.uint32(varintTag(2)).int32(entry.priority);
  if (entry.cancel) writer.uint32(varintTag(3)).bool(true);
  if (version === '1.2.0') {
    if (entry.wantType === 'have') writer.uint32(varintTag(4)).uint32(1);
    if (entry.sendDontHave) writer.uint32(varintTag(5)).bool(true);
  }
  writer.ldelim();
}

/** All of a block's field up to the length of its data. */
function writeBlockHead(writer: Writer, block: WireBlock, version: BitswapVersion): void {
  if (version === '1.0.0') {
    writer.uint32(bytesTag(2));
    return;
  }
  const { prefix = CID_V0_PREFIX, data } = block;
  const size = 2 + varintSize(prefix.length) + prefix.length + varintSize(data.length) + data.length;
  writer.uint32(bytesTag(3)).uint32(size).uint32(bytesTag(1)).bytes(prefix).uint32(bytesTag(2));
}

/** CIDv0, dag-pb, sha2-256 of 32 bytes: what a block of 1.0.0 is. */
const CID_V0_PREFIX = Uint8Array.of(0, 0x70, 0x12, 32);

function withLength(pieces: Uint8Array[]): Uint8Array[] {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const prefix = encodeVarint(length);
  const first = pieces[0] ?? prefix;
  // One allocation for the prefix and what follows it, so that a message without large blocks is one piece.
  const head = new Uint8Array(prefix.length + first.length);
  head.set(prefix, 0);
  head.set(first, prefix.length);
  pieces[0] = head;
  return pieces.filter((piece) => piece.length > 0);
}

function badMessage(what: string, cause?: unknown): EngineError {
  const options = cause === undefined ? {} : { cause };
  return new EngineError('ERR_BITSWAP_BAD_MESSAGE', 'remote', `bitswap: ${what} does not decode`, options);
}
