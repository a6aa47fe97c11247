/**
 * Cookies of our rendezvous point: how far an answer went, sealed, so that one of another point, another namespace or another
 * life is known for what it is. To others they are opaque; but rust reads a number of 8 bytes and a short text into them, and
 * keeps no cookie that is not so made.
 */
import type { Ciphers, Mac } from '../../ports.js';
import { toHex } from '../../wire/hex.js';

const NUMBER_BYTES = 8;
const SEAL_BYTES = 16;
const KEY_BYTES = 32;

const encoder = new TextEncoder();

/** Makes and reads cookies. */
export class Cookies {
  /** What a key is drawn of. */
  static readonly keyBytes = KEY_BYTES;
  readonly #ciphers: Ciphers;
  #key: Uint8Array;
  #mac: Mac;

  constructor(ciphers: Ciphers, key: Uint8Array) {
    this.#ciphers = ciphers;
    this.#key = key;
    this.#mac = ciphers.hmac('sha256', key);
  }

  /** What they are sealed with. */
  get key(): Uint8Array {
    return this.#key;
  }

  /** Goes on with the key of an earlier life: what was sealed with it is ours again. */
  useKey(key: Uint8Array): void {
    this.#key = key;
    this.#mac = this.#ciphers.hmac('sha256', key);
  }

  /** A cookie for what comes after `last` in a namespace, or in all. */
  make(namespace: string | undefined, last: number): Uint8Array {
    const number = new Uint8Array(NUMBER_BYTES);
    new DataView(number.buffer).setBigUint64(0, BigInt(last));
    const seal = encoder.encode(this.#seal(namespace, number));
    const cookie = new Uint8Array(number.length + seal.length);
    cookie.set(number);
    cookie.set(seal, number.length);
    return cookie;
  }

  /** The number in a cookie of ours for this namespace; `undefined` for any other. */
  read(namespace: string | undefined, cookie: Uint8Array): number | undefined {
    if (cookie.length !== NUMBER_BYTES + SEAL_BYTES * 2) return undefined;
    const number = cookie.slice(0, NUMBER_BYTES);
    const seal = encoder.encode(this.#seal(namespace, number));
    // Nothing secret hangs on how long this takes: a cookie forged at great cost shows what anybody may ask for.
    if (seal.some((byte, index) => byte !== cookie[NUMBER_BYTES + index])) return undefined;
    return Number(new DataView(number.buffer).getBigUint64(0));
  }

  #seal(namespace: string | undefined, number: Uint8Array): string {
    const where = namespace === undefined ? [Uint8Array.of(0)] : [Uint8Array.of(1), encoder.encode(namespace)];
    return toHex(this.#mac.digest([number, ...where]).subarray(0, SEAL_BYTES));
  }
}
