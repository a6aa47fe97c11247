/** Ways to cut what a peer sent: whatever TCP made of it, a reader has to come to the same result. */
import { EngineError } from '../errors.js';
import type { Rechunk } from '../replay/index.js';
import { SeededRandom } from '../sim/seeded-random.js';

/** One way to cut chunks. */
export interface Chunking {
  /** What it does, e.g. `3 bytes each`; also what it prints as. */
  readonly name: string;
  /** The same chunk at the same place is always cut in the same way. */
  readonly cut: Rechunk;
  toString(): string;
}

/** Sizes that divide no header evenly, then those of headers, tags and segments. */
const SIZES = [2, 3, 5, 7, 12, 16, 64, 1000, 1460];

/**
 * `count` different ways: whole, byte by byte, first or last byte alone, halves, fixed sizes, then random ones that
 * follow from `seed`. For `test.each(chunkings(20))('$name', ({ cut }) => ...)`, and for `rechunk` of a replay.
 * @throws EngineError `ERR_INVALID_ARGUMENT` for a count that is no whole number above 0.
 */
export function chunkings(count: number, seed: number | string = 1): readonly Chunking[] {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `chunkings are counted from 1, not ${count}`);
  }
  const fixed = [
    chunking('whole', (chunk) => [chunk]),
    chunking('1 byte each', (chunk) => pieces(chunk, 1)),
    chunking('first byte alone', (chunk) => cutAt(chunk, 1)),
    chunking('last byte alone', (chunk) => cutAt(chunk, chunk.length - 1)),
    chunking('halves', (chunk) => cutAt(chunk, chunk.length >> 1)),
    ...SIZES.map((size) => chunking(`${size} bytes each`, (chunk) => pieces(chunk, size))),
  ];
  const random = Array.from({ length: Math.max(0, count - fixed.length) }, (_, index) =>
    randomChunking(seed, index + 1),
  );
  return [...fixed, ...random].slice(0, count);
}

function chunking(name: string, cut: Rechunk): Chunking {
  return { name, cut, toString: () => name };
}

function randomChunking(seed: number | string, number: number): Chunking {
  return chunking(`random ${number} of seed ${seed}`, (chunk, index) => {
    const random = new SeededRandom(`${seed}/${number}/${index}`);
    const cut: Uint8Array[] = [];
    for (let at = 0; at < chunk.length;) {
      const [draw = 0, scale = 0] = random.bytes('cut', 2);
      // Mostly small pieces, and now and then what is left in one.
      const size = scale < 16 ? chunk.length - at : 1 + (draw % (1 << (scale & 7)));
      cut.push(chunk.subarray(at, at + size));
      at += size;
    }
    return cut;
  });
}

function pieces(chunk: Uint8Array, size: number): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(chunk.length / size) }, (_, index) =>
    chunk.subarray(index * size, (index + 1) * size),
  );
}

function cutAt(chunk: Uint8Array, at: number): readonly Uint8Array[] {
  return [chunk.subarray(0, at), chunk.subarray(at)].filter(({ length }) => length > 0);
}
