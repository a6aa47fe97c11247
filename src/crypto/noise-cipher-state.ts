/**
 * CipherState of the Noise protocol (specification revision 34, 5.1 and 12.3): a ChaChaPoly key and the nonce that counts
 * its messages. It seals and opens every frame of a channel, so it counts in plain numbers.
 */
import { EngineError } from '../errors.js';
import type { Aead, Ciphers } from '../ports.js';

const UINT32_MAX = 0xffff_ffff;

/**
 * Nonce as ChaChaPoly takes it (12.3): 32 zero bits, then n as 64 bits little-endian. Written for each call and valid while
 * it lasts, so that one is enough for all.
 */
const NONCE = new Uint8Array(12);

/** A nonce in two halves, so that counting needs no BigInt. */
export interface NonceStart {
  readonly high: number;
  readonly low: number;
}

/** A key and its nonce; one direction of a channel, or the handshake between two keys. */
export class CipherState {
  readonly #aead: Aead;
  #low: number;
  #high: number;

  /** `start` is the first n, for tests at the end of the range; it is zero otherwise. */
  constructor(ciphers: Ciphers, key: Uint8Array, start: NonceStart = { high: 0, low: 0 }) {
    this.#aead = ciphers.chacha20Poly1305(key);
    this.#low = start.low;
    this.#high = start.high;
  }

  /** EncryptWithAd: the ciphertext's pieces, tag last. Throws `ERR_NOISE_NONCE_EXHAUSTED` when n is 2^64 - 1. */
  encryptWithAd(associatedData: Uint8Array, plaintext: readonly Uint8Array[]): readonly Uint8Array[] {
    this.#assertLeft('local');
    const sealed = this.#aead.seal(this.#nonce(), plaintext, associatedData);
    this.#increment();
    return sealed;
  }

  /**
   * DecryptWithAd: the plaintext, or `undefined` when it does not verify (n stays as it is then).
   * Throws `ERR_NOISE_NONCE_EXHAUSTED` when n is 2^64 - 1.
   */
  decryptWithAd(associatedData: Uint8Array, ciphertext: Uint8Array): Uint8Array | undefined {
    this.#assertLeft('remote');
    const plaintext = this.#aead.open(this.#nonce(), ciphertext, associatedData);
    if (plaintext !== undefined) this.#increment();
    return plaintext;
  }

  /** The last value of n is reserved (5.1): at 2^64 - 1 nothing may be sealed or opened any more. */
  #assertLeft(blame: 'local' | 'remote'): void {
    if (this.#low === UINT32_MAX && this.#high === UINT32_MAX) {
      throw new EngineError('ERR_NOISE_NONCE_EXHAUSTED', blame, 'noise: 2^64 - 1 messages were sent under one key');
    }
  }

  #increment(): void {
    if (this.#low === UINT32_MAX) {
      this.#low = 0;
      this.#high++;
    } else {
      this.#low++;
    }
  }

  #nonce(): Uint8Array {
    writeUint32LittleEndian(this.#low, NONCE, 4);
    writeUint32LittleEndian(this.#high, NONCE, 8);
    return NONCE;
  }
}

function writeUint32LittleEndian(value: number, target: Uint8Array, at: number): void {
  target[at] = value;
  target[at + 1] = value >>> 8;
  target[at + 2] = value >>> 16;
  target[at + 3] = value >>> 24;
}
