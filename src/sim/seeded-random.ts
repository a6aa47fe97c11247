/**
 * Seeded randomness: a separate stream of bytes for each label, so that one more draw under one label shifts no other.
 * Each stream is SHA-256 of (seed, label, counter). For tests, replays and simulations: never for real keys.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import type { RandomSource } from '../ports.js';

const BLOCK_BYTES = 32;

/** The same seed gives the same bytes for the same draws of a label. */
export class SeededRandom implements RandomSource {
  readonly #seed: string;
  readonly #streams = new Map<string, { counter: number; rest: Uint8Array }>();

  constructor(seed: number | string) {
    this.#seed = String(seed);
  }

  bytes(label: string, size: number): Uint8Array {
    let stream = this.#streams.get(label);
    if (stream === undefined) {
      stream = { counter: 0, rest: new Uint8Array(0) };
      this.#streams.set(label, stream);
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      if (stream.rest.length === 0) {
        stream.rest = sha256(
          new TextEncoder().encode(`${this.#seed.length}:${this.#seed}/${label}/${stream.counter++}`),
        );
      }
      const part = stream.rest.subarray(0, Math.min(BLOCK_BYTES, size - at));
      bytes.set(part, at);
      stream.rest = stream.rest.subarray(part.length);
      at += part.length;
    }
    return bytes;
  }
}
