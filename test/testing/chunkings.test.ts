/** Chunkings: as many as asked for, all different, deterministic, and the same bytes in the same order. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chunkings } from '../../src/testing/chunkings.js';

const chunk = Uint8Array.from({ length: 50 }, (_, index) => index);
const sizes = (pieces: readonly Uint8Array[]): number[] => pieces.map(({ length }) => length);

test('the fixed ones do what their names say', () => {
  const cuts = Object.fromEntries(chunkings(14).map(({ name, cut }) => [name, sizes(cut(chunk, 0)).join()]));
  expect(cuts).toEqual({
    whole: '50',
    '1 byte each': Array(50).fill(1).join(),
    'first byte alone': '1,49',
    'last byte alone': '49,1',
    halves: '25,25',
    '2 bytes each': Array(25).fill(2).join(),
    '3 bytes each': `${Array(16).fill(3).join()},2`,
    '5 bytes each': Array(10).fill(5).join(),
    '7 bytes each': `${Array(7).fill(7).join()},1`,
    '12 bytes each': '12,12,12,12,2',
    '16 bytes each': '16,16,16,2',
    '64 bytes each': '50',
    '1000 bytes each': '50',
    '1460 bytes each': '50',
  });
});

test('any number, each with its own name, which is what it prints as', () => {
  for (const count of [1, 5, 14, 15, 20, 100]) {
    const ways = chunkings(count, 'seed');
    expect(ways.length).toBe(count);
    expect(new Set(ways.map(({ name }) => name)).size).toBe(count);
    expect(ways.map(String)).toEqual(ways.map(({ name }) => name));
  }
  expect(chunkings(15, 9).at(-1)?.name).toBe('random 1 of seed 9');
});

test.each([0, -1, 1.5, NaN, Infinity])('%d of them are refused', (count) => {
  expect(() => chunkings(count)).toThrow(/counted from 1/);
});

test('no byte is lost, moved or empty, and the same call cuts the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.nat(50), fc.integer(), (bytes, index, seed) => {
      for (const { cut } of chunkings(24, seed)) {
        const pieces = cut(bytes, index);
        expect(Buffer.compare(Buffer.concat(pieces), bytes)).toBe(0);
        if (bytes.length > 0) expect(Math.min(...sizes(pieces))).toBeGreaterThan(0);
        expect(sizes(cut(bytes, index))).toEqual(sizes(pieces));
      }
      const again = chunkings(24, seed).map(({ cut }) => sizes(cut(bytes, index)).join());
      expect(chunkings(24, seed).map(({ cut }) => sizes(cut(bytes, index)).join())).toEqual(again);
    }),
    { numRuns: 30 },
  );
});

test('random ones differ by seed, by number and by place', () => {
  const long = new Uint8Array(500);
  const cutOf = (seed: number, number: number, index: number): string =>
    sizes(
      chunkings(14 + number, seed)
        .at(-1)!
        .cut(long, index),
    ).join();
  expect(new Set([cutOf(1, 1, 0), cutOf(2, 1, 0), cutOf(1, 2, 0), cutOf(1, 1, 1)]).size).toBe(4);
});
