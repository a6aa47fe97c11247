/**
 * CIDs as bitswap carries them, looked at without building objects: the multihash inside a binary CID, and what a block's
 * prefix says of its hash (multiformats/cid: CIDv0 is a bare sha2-256 multihash; CIDv1 is version, codec, multihash).
 */
import { EngineError } from '../errors.js';
import type { Decoded } from './decoded.js';
import { decodeVarint } from './varint.js';

/** What a block's prefix says: how to get from its bytes to its multihash. */
export interface BlockPrefix {
  readonly hashCode: number;
  /** Bytes of digest that go into the CID; a longer hash is cut to it. */
  readonly digestBytes: number;
  /** The multihash's own bytes in front of the digest. */
  readonly multihashHead: Uint8Array;
}

const SHA2_256 = 0x12;
const SHA2_256_BYTES = 32;
const CID_V0_BYTES = 2 + SHA2_256_BYTES;

/** Hash code and digest length of a CIDv0, as a block without a prefix has it. */
export const CID_V0_BLOCK: BlockPrefix = {
  hashCode: SHA2_256,
  digestBytes: SHA2_256_BYTES,
  multihashHead: Uint8Array.of(SHA2_256, SHA2_256_BYTES),
};

/** Whether these bytes are a CIDv0. */
export function isCidV0(cid: Uint8Array): boolean {
  return cid.length === CID_V0_BYTES && cid[0] === SHA2_256 && cid[1] === SHA2_256_BYTES;
}

/**
 * The multihash inside a binary CID, as a view.
 * Throws `ERR_BITSWAP_BAD_MESSAGE` when it is not a CIDv0 or CIDv1, or its digest's length is not the one it names.
 */
export function cidMultihash(cid: Uint8Array): Uint8Array {
  if (isCidV0(cid)) return cid;
  const version = varint(cid, 0);
  if (version.value !== 1) throw badCid(`version ${version.value}`);
  const codec = varint(cid, version.size);
  const start = version.size + codec.size;
  const code = varint(cid, start);
  const length = varint(cid, start + code.size);
  if (start + code.size + length.size + length.value !== cid.length)
    throw badCid('digest of another length than it says');
  return cid.subarray(start);
}

/** Reads a block's prefix. Throws `ERR_BITSWAP_BAD_MESSAGE` when it is not version, codec, hash code and digest length. */
export function decodeBlockPrefix(prefix: Uint8Array): BlockPrefix {
  const version = varint(prefix, 0);
  if (version.value > 1) throw badCid(`version ${version.value}`);
  const codec = varint(prefix, version.size);
  const start = version.size + codec.size;
  const code = varint(prefix, start);
  const length = varint(prefix, start + code.size);
  if (start + code.size + length.size !== prefix.length) throw badCid('prefix of another length');
  return { hashCode: code.value, digestBytes: length.value, multihashHead: prefix.slice(start) };
}

function varint(bytes: Uint8Array, offset: number): Decoded<number> {
  let decoded: Decoded<number> | undefined;
  try {
    decoded = decodeVarint(bytes, offset);
  } catch (cause) {
    throw badCid('a number that is no varint', cause);
  }
  if (decoded === undefined) throw badCid('cut short');
  return decoded;
}

function badCid(why: string, cause?: unknown): EngineError {
  return new EngineError(
    'ERR_BITSWAP_BAD_MESSAGE',
    'remote',
    `bitswap: CID: ${why}`,
    cause === undefined ? {} : { cause },
  );
}
