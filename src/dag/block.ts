/**
 * Blocks: bytes that are what their CID says. Everything that comes from outside goes through `verifyBlock` before
 * anything else looks at it (multiformats/multihash; sizes as go-bitswap and helia bound them).
 */
import { blake2b } from '@noble/hashes/blake2.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { EngineError } from '../errors.js';
import type { Blame } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { Ciphers } from '../ports.js';

/**
 * A hash function by its multihash code: the full digest of `bytes`, or `undefined` for a code it does not know.
 * It may decline codes that the portable one knows; those fall back to it.
 */
export type BlockHasher = (code: number, bytes: Uint8Array) => Uint8Array | undefined;

/** What {@link verifyBlock} goes by. */
export interface VerifyOptions {
  /** A faster hasher, asked first; see {@link hasherOf}. */
  readonly hasher?: BlockHasher | undefined;
  /** Largest block accepted; by default `bitswapBlockBytes`. */
  readonly maxBytes?: number | undefined;
  /** Who is to blame for a bad block: by default the peer that sent it. */
  readonly blame?: Blame | undefined;
}

const SHA2_256 = 0x12;
const SHA2_512 = 0x13;
const IDENTITY = 0x00;
/** Shorter digests are easy to collide with; boxo refuses them at the same length. */
const SHORTEST_DIGEST_BYTES = 20;

const portable: ReadonlyMap<number, (bytes: Uint8Array) => Uint8Array> = new Map([
  [SHA2_256, sha256],
  [SHA2_512, sha512],
  [0xb220, (bytes: Uint8Array) => blake2b(bytes, { dkLen: 32 })],
  [0x1e, (bytes: Uint8Array) => blake3(bytes)],
  [IDENTITY, (bytes: Uint8Array) => bytes],
]);

/** The portable hasher: sha2-256, sha2-512, blake2b-256, blake3 and identity. */
export const portableHasher: BlockHasher = (code, bytes) => portable.get(code)?.(bytes);

/** A hasher that does SHA-2 with the node's ciphers. */
export function hasherOf(ciphers: Pick<Ciphers, 'hash'>): BlockHasher {
  return (code, bytes) => {
    if (code === SHA2_256) return ciphers.hash('sha256', [bytes]);
    if (code === SHA2_512) return ciphers.hash('sha512', [bytes]);
    return undefined;
  };
}

/** The digest of `bytes` by multihash code. Throws `ERR_BLOCK_UNKNOWN_HASH` when nobody knows the code. */
export function digestOf(code: number, bytes: Uint8Array, hasher?: BlockHasher, blame: Blame = 'remote'): Uint8Array {
  const digest = hasher?.(code, bytes) ?? portableHasher(code, bytes);
  if (digest !== undefined) return digest;
  throw new EngineError('ERR_BLOCK_UNKNOWN_HASH', blame, `hash function 0x${code.toString(16)} is not supported`);
}

/** The CIDv1 of `bytes` with sha2-256. `codec` is a multicodec, e.g. 0x55 raw, 0x70 dag-pb. */
export function cidOf(codec: number, bytes: Uint8Array, hasher?: BlockHasher): CID {
  return CID.createV1(codec, create(SHA2_256, digestOf(SHA2_256, bytes, hasher, 'local')));
}

/**
 * Whether a multihash may carry `sizeBytes` of a digest of `fullBytes`: all of it, or, where the function is a real one,
 * a cut that is long enough to prove something.
 */
export function isDigestSize(sizeBytes: number, fullBytes: number, code: number): boolean {
  return sizeBytes === fullBytes || (code !== IDENTITY && sizeBytes < fullBytes && sizeBytes >= SHORTEST_DIGEST_BYTES);
}

/**
 * Checks that `bytes` are the block that `cid` names, and returns when they are.
 *
 * Throws `ERR_BLOCK_TOO_LARGE` above the size limit, `ERR_BLOCK_UNKNOWN_HASH` for an unsupported hash function, and
 * `ERR_BLOCK_MISMATCH` when the digest differs, or is one cut so short (below 20 bytes) that it proves nothing.
 */
export function verifyBlock(cid: CID, bytes: Uint8Array, options: VerifyOptions = {}): void {
  const { hasher, maxBytes = LIMITS.bitswapBlockBytes, blame = 'remote' } = options;
  if (bytes.length > maxBytes) {
    const message = `block ${cid.toString()} has ${bytes.length} bytes, ${maxBytes} are allowed`;
    throw new EngineError('ERR_BLOCK_TOO_LARGE', blame, message);
  }
  const { code, digest: expected } = cid.multihash;
  const digest = digestOf(code, bytes, hasher, blame);
  if (!names(expected, digest, code)) {
    const message = `the bytes given for ${cid.toString()} (${bytes.length} bytes) do not have its hash`;
    throw new EngineError('ERR_BLOCK_MISMATCH', blame, message);
  }
}

function names(expected: Uint8Array, digest: Uint8Array, code: number): boolean {
  if (!isDigestSize(expected.length, digest.length, code)) return false;
  for (let index = 0; index < expected.length; index++) if (expected[index] !== digest[index]) return false;
  return true;
}
