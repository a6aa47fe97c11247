/**
 * Keys whose SHA-256 lies where we want to look. A lookup is for a key, which is hashed by whoever is asked: to look at a
 * place of the key space, a key has to be found that hashes there. They are found by trying, as they are needed, and kept:
 * a place of n bits takes 2^n hashes, and all of them together some 160,000.
 */
import type { Ciphers } from '../../../ports.js';
import { headOf, type Region } from './region-space.js';

/** go-libp2p-kbucket knows its keys to 15 bits. */
const PROBE_BITS = 14;
const PLACES = 2 ** PROBE_BITS;
const PLACE_SIZE = 2 ** (32 - PROBE_BITS);
/** How near to an end of a region: an eighth of it. */
const CORNER_BITS = 3;
/** What a place that is not found yet holds: none of the numbers below. */
const UNKNOWN = 0xffffffff;
/** Numbers tried before a place is given up: it stays unknown once in 10^13. */
const MOST_TRIED = 30 * PLACES;
/** A sha2-256 multihash, so that it passes for a peer id with those who look. */
const MULTIHASH = Uint8Array.of(0x12, 0x20);
const KEY_BYTES = 34;

/** A key, with the head of its point. */
export interface ProbeKey {
  readonly key: Uint8Array;
  readonly head: number;
}

/** Keys by where they hash to. Holds 64 KiB once the first is asked for. */
export class ProbeKeys {
  readonly #ciphers: Ciphers;
  #numbers: Uint32Array | undefined;
  #tried = 0;

  constructor(ciphers: Ciphers) {
    this.#ciphers = ciphers;
  }

  /**
   * A key in a region, near to its end (`atEnd`) or to its start; of a region that is longer than 14 bits, one of the place
   * around it, or, once in 10^13, of some place.
   */
  within(region: Region, atEnd: boolean): ProbeKey {
    const length = Math.min(PROBE_BITS, region.length + CORNER_BITS);
    const count = PLACES / 2 ** length;
    const start = Math.floor(region.start / PLACE_SIZE);
    const places = Math.max(1, PLACES / 2 ** Math.min(region.length, PROBE_BITS));
    const first = atEnd ? start + places - count : start;
    const numbers = (this.#numbers ??= new Uint32Array(PLACES).fill(UNKNOWN));
    for (;;) {
      for (let place = first; place < first + count; place++) {
        const number = numbers[place];
        if (number !== undefined && number !== UNKNOWN) return this.#keyOf(number);
      }
      if (this.#tried >= MOST_TRIED) return this.#keyOf(0);
      this.#tryUntil(numbers, first, count);
    }
  }

  /** Tries until one of the places is found, or all numbers are tried. */
  #tryUntil(numbers: Uint32Array, first: number, count: number): void {
    while (this.#tried < MOST_TRIED) {
      const number = this.#tried++;
      const place = Math.floor(this.#keyOf(number).head / PLACE_SIZE);
      if (numbers[place] === UNKNOWN) numbers[place] = number;
      if (place >= first && place < first + count) return;
    }
  }

  #keyOf(number: number): ProbeKey {
    const key = new Uint8Array(KEY_BYTES);
    key.set(MULTIHASH);
    new DataView(key.buffer).setUint32(KEY_BYTES - 4, number);
    return { key, head: headOf(this.#ciphers.hash('sha256', [key])) };
  }
}
