/** Checks that both twins of the Ciphers port make of their callers, so that neither accepts what the other refuses. */
import { EngineError } from '../errors.js';
import { AGREEMENT_SEED_BYTES, type AgreementCurve } from '../ports.js';

/** Bytes of the tag at the end of every ciphertext of ChaCha20-Poly1305 and of AES-GCM. */
export const AEAD_TAG_BYTES = 16;

/** Throws `ERR_INVALID_ARGUMENT` unless `bytes` has one of the lengths. */
export function requireBytes(name: string, bytes: Uint8Array, ...lengths: readonly number[]): void {
  if (lengths.includes(bytes.length)) return;
  const wanted = lengths.join(' or ');
  throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${name} must be ${wanted} bytes, got ${bytes.length}`);
}

/** Key and counter block of AES in counter mode. */
export function requireAesCtr(key: Uint8Array, iv: Uint8Array): void {
  requireBytes('AES key', key, 16, 32);
  requireBytes('AES counter block', iv, 16);
}

/** Key of AES-GCM. */
export function requireAesGcmKey(key: Uint8Array): void {
  requireBytes('AES-GCM key', key, 16, 32);
}

/** Seed of a key pair. */
export function requireSeed(curve: AgreementCurve, seed: Uint8Array): void {
  requireBytes(`${curve} seed`, seed, AGREEMENT_SEED_BYTES[curve]);
}
