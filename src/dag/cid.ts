/**
 * CIDs (multiformats/cid): parsing with our errors, the short keys we file blocks under, and the prefixes that bitswap
 * 1.1 and later send in place of a CID (version, codec, hash function, digest length; specs.ipfs.tech bitswap-protocol).
 */
import { varint } from 'multiformats';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { EngineError } from '../errors.js';
import { digestOf, isDigestSize } from './block.js';
import type { BlockHasher } from './block.js';

/** Codec of a block that is bytes and nothing more. */
export const RAW = 0x55;
/** Codec of MerkleDAG nodes: named links and data. */
export const DAG_PB = 0x70;

const SHA2_256 = 0x12;
const IDENTITY = 0x00;
/** Identity multihashes may be as long as a block: too many for the arguments of one call. */
const LONGEST_KEY = 128;

/** What no bytes at all hash to, for each of the functions that are in use: sha2-256, sha2-512, blake2b-256, blake3. */
const DIGESTS_OF_NOTHING: ReadonlyMap<number, Uint8Array> = new Map(
  [SHA2_256, 0x13, 0xb220, 0x1e].map((code) => [code, digestOf(code, new Uint8Array(0))]),
);

/** The CID in `text` (any multibase, or a bare CIDv0). Throws `ERR_INVALID_ARGUMENT` when it is none. */
export function parseCid(text: string): CID {
  try {
    return CID.parse(text);
  } catch (cause) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `"${text}" is not a CID`, { cause });
  }
}

/**
 * A key for maps that is the same for every CID of the same block: stores and exchanges go by multihash, and a block has
 * one multihash whether it is asked for as CIDv0, CIDv1 or raw.
 */
export function multihashKey(cid: CID): string {
  const { bytes } = cid.multihash;
  if (bytes.length > LONGEST_KEY) return bytes.join();
  // Two bytes a character: this is called several times for each block, and is the fastest of the ways tried.
  const units = new Array<number>((bytes.length + 1) >> 1);
  for (let at = 0; at < units.length; at++) units[at] = (bytes[2 * at] ?? 0) | ((bytes[2 * at + 1] ?? 0) << 8);
  return String.fromCharCode(...units);
}

/** The bytes of a block that its CID carries itself (identity hash), or `undefined` for a CID that only names them. */
export function inlineBytes(cid: CID): Uint8Array | undefined {
  return cid.multihash.code === IDENTITY ? cid.multihash.digest : undefined;
}

/**
 * The bytes of a block that nobody has to be asked for: those its CID carries, and the block of no bytes. A file without
 * content is such a block, and boxo (Kubo, to 0.37 at least) takes it for one that it does not have and never sends it.
 */
export function knownBytes(cid: CID): Uint8Array | undefined {
  const inline = inlineBytes(cid);
  if (inline !== undefined) return inline;
  const { code, digest } = cid.multihash;
  const ofNothing = DIGESTS_OF_NOTHING.get(code);
  return ofNothing !== undefined && sameBytes(ofNothing, digest) ? new Uint8Array(0) : undefined;
}

/** The bitswap prefix of a CID: four varints, without the digest. */
export function prefixOf(cid: CID): Uint8Array {
  const fields = [cid.version, cid.code, cid.multihash.code, cid.multihash.size];
  const prefix = new Uint8Array(fields.reduce((size, field) => size + varint.encodingLength(field), 0));
  let at = 0;
  for (const field of fields) {
    varint.encodeTo(field, prefix, at);
    at += varint.encodingLength(field);
  }
  return prefix;
}

/**
 * The CID of `bytes` under a bitswap prefix: whatever the peer meant to send, this is what it sent, and the caller looks
 * it up among its wants.
 *
 * Throws `ERR_BITSWAP_BAD_MESSAGE` for a prefix that does not decode, and `ERR_BLOCK_UNKNOWN_HASH` for a hash function
 * that is not supported.
 */
export function cidFromPrefix(prefix: Uint8Array, bytes: Uint8Array, hasher?: BlockHasher): CID {
  const { version, codec, multihashCode, digestSize } = decodePrefix(prefix);
  const digest = digestOf(multihashCode, bytes, hasher);
  if (!isDigestSize(digestSize, digest.length, multihashCode)) {
    throw badPrefix(`a digest of ${digestSize} bytes is not one of hash function 0x${multihashCode.toString(16)}`);
  }
  return CID.create(version, codec, create(multihashCode, digest.subarray(0, digestSize)));
}

interface Prefix {
  readonly version: 0 | 1;
  readonly codec: number;
  readonly multihashCode: number;
  readonly digestSize: number;
}

function decodePrefix(prefix: Uint8Array): Prefix {
  let fields: readonly number[];
  try {
    fields = decodeVarints(prefix);
  } catch (cause) {
    throw badPrefix('it is not four varints', cause);
  }
  const [version, codec, multihashCode, digestSize] = fields;
  if (fields.length !== 4 || codec === undefined || multihashCode === undefined || digestSize === undefined) {
    throw badPrefix('it is not four varints');
  }
  if (version === 1) return { version, codec, multihashCode, digestSize };
  const isVersion0 = version === 0 && codec === DAG_PB && multihashCode === SHA2_256 && digestSize === 32;
  if (!isVersion0) throw badPrefix('it is neither CIDv1 nor CIDv0 (dag-pb, sha2-256)');
  return { version, codec, multihashCode, digestSize };
}

function decodeVarints(bytes: Uint8Array): readonly number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const [value, size] = varint.decode(bytes, at);
    values.push(value);
    at += size;
  }
  return values;
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function badPrefix(reason: string, cause?: unknown): EngineError {
  return new EngineError('ERR_BITSWAP_BAD_MESSAGE', 'remote', `the CID prefix of a block: ${reason}`, { cause });
}
