/** A map and a set that are replaced now and then: whatever is done to them, they answer as JavaScript's own do. */
import { describe, expect, test } from '@jest/globals';
import { RenewedMap, RenewedSet } from '../../src/actors/renewed.js';
import { seededDraw } from '../support/muxer-pair.js';

/** Both, told the same. */
function walk(seed: number, keys: number, steps: number) {
  const draw = seededDraw(seed);
  const ours = new RenewedMap<number, number>();
  const theirs = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const key = draw(keys);
    switch (draw(8)) {
      case 0:
        expect([ours.get(key), ours.has(key)]).toEqual([theirs.get(key), theirs.has(key)]);
        break;
      case 1:
      case 2:
      case 3:
        expect(ours.delete(key)).toBe(theirs.delete(key));
        break;
      default:
        ours.set(key, step);
        theirs.set(key, step);
    }
    expect(ours.size).toBe(theirs.size);
  }
  return { ours, theirs };
}

describe('a renewed map', () => {
  // Few keys are renewed often; with many there is too much to copy.
  test.each([1, 4, 100, 5_000].flatMap((keys) => [1, 2, 3].map((seed) => ({ keys, seed }))))(
    'of $keys keys, seed $seed: entries and their order are those of a map',
    ({ keys, seed }) => {
      const { ours, theirs } = walk(seed, keys, 4_000);
      expect([...ours]).toEqual([...theirs]);
      expect([...ours.keys()]).toEqual([...theirs.keys()]);
      expect([...ours.values()]).toEqual([...theirs.values()]);
      const told: [number, number][] = [];
      ours.forEach((value, key) => told.push([key, value]));
      expect(told).toEqual([...theirs]);
      ours.clear();
      expect([ours.size, [...ours.entries()]]).toEqual([0, []]);
    },
  );

  test('a loop that deletes what it passes comes to an end, and passes everything once', () => {
    const map = new RenewedMap<number, string>();
    for (let key = 0; key < 1_000; key++) map.set(key, 'value');
    const passed: number[] = [];
    for (const [key] of map) {
      passed.push(key);
      map.delete(key);
    }
    expect(passed).toEqual(Array.from({ length: 1_000 }, (_, key) => key));
    expect(map.size).toBe(0);
  });
});

test('a renewed set holds what was added and not deleted, in order', () => {
  const set = new RenewedSet<number>();
  for (let value = 0; value < 1_000; value++) {
    set.add(value);
    if (value >= 3) expect(set.delete(value - 3)).toBe(true);
  }
  expect([...set]).toEqual([997, 998, 999]);
  expect([set.size, set.has(998), set.has(1), set.delete(1)]).toEqual([3, true, false, false]);
});
