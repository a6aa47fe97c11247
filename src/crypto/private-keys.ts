/** The older forms of stored private keys, brought to the one that signers work with. */
import { EngineError } from '../errors.js';

/** An Ed25519 private key taken apart. */
export interface Ed25519PrivateKey {
  /** The 32 bytes of RFC 8032, section 5.1.5. */
  readonly seed: Uint8Array;
  /** The public key that was stored beside it; the signer compares it with the seed's own. */
  readonly storedPublicKey: Uint8Array | undefined;
}

/**
 * Takes a stored Ed25519 key apart: the seed alone (32 bytes), the seed and the public key (64), or the public key twice
 * after it (96, written by old nodes). Throws `ERR_KEY_INVALID` for other lengths and for two public keys that differ.
 */
export function splitEd25519PrivateKey(data: Uint8Array): Ed25519PrivateKey {
  if (data.length !== 32 && data.length !== 64 && data.length !== 96) {
    throw invalidPrivateKey(`Ed25519 private key of ${data.length} bytes`);
  }
  if (data.length === 96 && !sameBytes(data.subarray(32, 64), data.subarray(64))) {
    throw invalidPrivateKey('the two public keys of the Ed25519 private key differ');
  }
  return { seed: data.slice(0, 32), storedPublicKey: data.length === 32 ? undefined : data.slice(32, 64) };
}

/**
 * Throws `ERR_KEY_INVALID` when another public key was stored beside the seed than the seed's own: signing with it would
 * give the private key away.
 */
export function requireSamePublicKey(stored: Uint8Array | undefined, derived: Uint8Array): void {
  if (stored !== undefined && !sameBytes(stored, derived)) {
    throw invalidPrivateKey('the public key stored with the private key is not its own');
  }
}

/** A stored private key that cannot be used. */
export function invalidPrivateKey(why: string, cause?: unknown): EngineError {
  return new EngineError('ERR_KEY_INVALID', 'local', why, { cause });
}

/** Comparison of public bytes; its time tells how many agree. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
