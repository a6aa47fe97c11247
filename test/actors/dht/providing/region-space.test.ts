/** Regions, what lookups cover of them, and keys that hash into them. */
import { describe, expect, test } from '@jest/globals';
import { sha256 } from '@noble/hashes/sha2.js';
import { Coverage, largestRegionIn, xor } from '../../../../src/actors/dht/providing/coverage.js';
import { cellOf, CELLS, cellsOf, regionOf } from '../../../../src/actors/dht/providing/key-cells.js';
import { ProbeKeys } from '../../../../src/actors/dht/providing/probe-keys.js';
import { hexPrefixes } from '../../../../src/actors/dht/providing/provided-keys.js';
import {
  endOf,
  EVERYWHERE,
  headOf,
  holds,
  lengthWithin,
  regionAround,
  regionText,
  widened,
} from '../../../../src/actors/dht/providing/region-space.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { SeededRandom } from '../../../../src/sim/seeded-random.js';

const TOP = 0xffffffff;

describe('a region', () => {
  test.each([
    [0x12345678, 0, '', 0, TOP],
    [0xffffffff, 1, '1', 0x80000000, TOP],
    [0x12345678, 4, '0001', 0x10000000, 0x1fffffff],
    [0xb4000000, 6, '101101', 0xb4000000, 0xb7ffffff],
    [0x00000001, 32, '00000000000000000000000000000001', 1, 1],
    [0xffffffff, 32, '11111111111111111111111111111111', TOP, TOP],
  ])('around %i of %i bits is %s', (head, length, text, start, end) => {
    const region = regionAround(head, length);
    expect([regionText(region), region.start, endOf(region)]).toEqual([text, start, end]);
    expect([holds(region, start), holds(region, end)]).toEqual([true, true]);
    expect([start > 0 && holds(region, start - 1), end < TOP && holds(region, end + 1)]).toEqual([false, false]);
  });

  test('is widened bit by bit to everything', () => {
    expect(regionText(widened(regionAround(0xb4000000, 6)))).toBe('10110');
    expect(widened(EVERYWHERE)).toEqual(EVERYWHERE);
  });

  test('of a cell is the cell', () => {
    expect([cellOf(0), cellOf(TOP), cellOf(0x001fffff), cellOf(0x00200000)]).toEqual([0, CELLS - 1, 1, 2]);
    expect(cellsOf(regionOf(7))).toEqual([7, 8]);
    expect(cellsOf(EVERYWHERE)).toEqual([0, CELLS]);
    expect(cellsOf(regionAround(TOP, 1))).toEqual([CELLS / 2, CELLS]);
    expect(cellsOf(regionAround(0x00200001, 20))).toEqual([2, 3]);
  });

  test.each([
    [0, 0, ['']],
    [0x80000000, 1, ['8', '9', 'a', 'b', 'c', 'd', 'e', 'f']],
    [0xb4000000, 6, ['b4', 'b5', 'b6', 'b7']],
    [0x01200000, 12, ['012']],
    [0xffffffff, 31, ['fffffffe', 'ffffffff']],
  ])('of %i and %i bits is stored under these', (head, length, prefixes) => {
    expect(hexPrefixes(regionAround(head, length))).toEqual(prefixes);
  });

  test.each([
    [0, 32],
    [1, 31],
    [0xffff, 16],
    [0x10000, 15],
    [TOP, 0],
  ])('as wide as the distance %i has %i bits', (distance, length) => expect(lengthWithin(distance)).toBe(length));

  test('begins with the first bits of a point', () => {
    expect(headOf(Uint8Array.of(0xff, 0x01, 0x02, 0x03, 0x04))).toBe(0xff010203);
  });
});

describe('coverage', () => {
  test('by balls is what brute force says, for 200 balls in a space of 64 points', () => {
    const random = new SeededRandom('balls');
    // Points whose first six bits count: a ball of whole such points.
    for (let round = 0; round < 200; round++) {
      const [t = 0, d = 0, t2 = 0, d2 = 0] = random.bytes('ball', 4).map((byte) => byte & 63);
      const coverage = new Coverage();
      coverage.addBall(t * 2 ** 26, d * 2 ** 26 + (2 ** 26 - 1));
      coverage.addBall(t2 * 2 ** 26, d2 * 2 ** 26 + (2 ** 26 - 1));
      const gaps = coverage.gapsIn(EVERYWHERE);
      const open = Array.from({ length: 64 }, (_, point) => point).filter(
        (point) => (point ^ t) > d && (point ^ t2) > d2,
      );
      const told = Array.from({ length: 64 }, (_, point) => point).filter((point) =>
        gaps.some(({ from, to }) => from <= point * 2 ** 26 && to >= point * 2 ** 26),
      );
      expect({ round, t, d, t2, d2, told }).toEqual({ round, t, d, t2, d2, told: open });
    }
  });

  test('has gaps to the point, and none when everything is known', () => {
    const coverage = new Coverage();
    expect(coverage.gapsIn(EVERYWHERE)).toEqual([{ from: 0, to: TOP }]);
    coverage.add({ from: 10, to: 20 });
    coverage.add({ from: 22, to: 30 });
    expect(coverage.gapsIn(EVERYWHERE)).toEqual([
      { from: 0, to: 9 },
      { from: 21, to: 21 },
      { from: 31, to: TOP },
    ]);
    coverage.add({ from: 21, to: 21 });
    expect(coverage.gapsIn({ start: 0, length: 27 })).toEqual([
      { from: 0, to: 9 },
      { from: 31, to: 31 },
    ]);
    coverage.addBall(5, TOP);
    expect(coverage.gapsIn(EVERYWHERE)).toEqual([]);
  });

  test.each([
    [
      { from: 0, to: TOP },
      { start: 0, length: 0 },
    ],
    [
      { from: 1, to: TOP },
      { start: 0x80000000, length: 1 },
    ],
    [
      { from: 5, to: 12 },
      { start: 8, length: 30 },
    ],
    [
      { from: 7, to: 7 },
      { start: 7, length: 32 },
    ],
  ])('the largest region in %j is %j', (span, region) => expect(largestRegionIn(span)).toEqual(region));

  test('distance is XOR, and never negative', () => expect(xor(0, TOP)).toBe(TOP));
});

describe('probe keys', () => {
  const probes = new ProbeKeys(nodeCiphers);

  test.each([0, 1, 5, 9, 11])(
    'of regions of %i bits lie in them, in the eighth at the end that was asked for',
    (length) => {
      const random = new SeededRandom(`probes ${length}`);
      for (let round = 0; round < 20; round++) {
        const region = regionAround(headOf(random.bytes('head', 4)), length);
        for (const atEnd of [false, true]) {
          const { key, head } = probes.within(region, atEnd);
          expect(headOf(sha256(key))).toBe(head);
          const eighth = 2 ** (32 - length - 3);
          expect(atEnd ? endOf(region) - head : head - region.start).toBeLessThan(eighth);
          expect(holds(region, head)).toBe(true);
          expect([key.length, key[0], key[1]]).toEqual([34, 0x12, 0x20]);
        }
      }
    },
  );

  test('beyond 14 bits lie in the place around', () => {
    const region = regionAround(0xabcdef01, 24);
    expect(holds(regionAround(0xabcdef01, 14), probes.within(region, true).head)).toBe(true);
  });
});
