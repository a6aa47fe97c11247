/**
 * Dice: cheap draws, one stream for each label of a seed, so that a draw more in one place changes none in another. For
 * what a world decides (delays, cuts, which byte is changed); keys come from {@link SeededRandom}.
 */
import { sha256 } from '@noble/hashes/sha2.js';

/** One stream of draws (xoshiro128**, by Blackman and Vigna), its state from SHA-256 of seed and label. */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: string, label: string) {
    const state = new DataView(sha256(new TextEncoder().encode(`${seed.length}:${seed}/${label}`)).buffer);
    this.#a = state.getUint32(0);
    this.#b = state.getUint32(4);
    this.#c = state.getUint32(8);
    // A state of zeros would stay so.
    this.#d = state.getUint32(12) | 1;
  }

  /** A number from 0 up to 1, which it is not. */
  fraction(): number {
    return this.#next() / 0x1_0000_0000;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  /** Whether something of this probability happens. */
  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  #next(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }
}
