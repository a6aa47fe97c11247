import { describe, expect, test } from '@jest/globals';
import { YamuxStreamIds } from '../../../../src/actors/connection/yamux/stream-ids.js';
import { seededDraw } from '../../../support/muxer-pair.js';

describe('stream ids of a peer', () => {
  test('each is free once, in any order; the other parity and 0 never', () => {
    const ids = new YamuxStreamIds(1, 10);
    const uses: [number, string][] = [
      [1, 'free'],
      [1, 'used'],
      [7, 'free'],
      [3, 'free'],
      [3, 'used'],
      [5, 'free'],
      [5, 'used'],
      [7, 'used'],
      [9, 'free'],
      [2, 'wrongParity'],
      [0, 'wrongParity'],
      [4_294_967_295, 'free'],
      [4_294_967_295, 'used'],
      [101, 'free'],
    ];
    expect(uses.map(([id]) => [id, ids.use(id)])).toEqual(uses);
    const even = new YamuxStreamIds(2, 10);
    expect([2, 1, 0, 4].map((id) => even.use(id))).toEqual(['free', 'wrongParity', 'wrongParity', 'free']);
  });

  test('remembers as many gaps as it may; the lowest one is given up', () => {
    const ids = new YamuxStreamIds(1, 2);
    for (const id of [1, 5, 9]) expect(ids.use(id)).toBe('free');
    expect(ids.gapCount).toBe(2);
    expect(ids.use(13)).toBe('free');
    expect(ids.gapCount).toBe(2);
    expect([3, 7, 11].map((id) => ids.use(id))).toEqual(['used', 'free', 'free']);
    expect(ids.gapCount).toBe(0);
  });

  test('a split gap does not pass the bound either', () => {
    const ids = new YamuxStreamIds(1, 1);
    ids.use(101);
    expect(ids.use(51)).toBe('free');
    expect(ids.gapCount).toBe(1);
    expect([ids.use(3), ids.use(53)]).toEqual(['used', 'free']);
  });

  test('agrees with a set, in windows of disorder as go makes them', () => {
    const draw = seededDraw(7);
    const ids = new YamuxStreamIds(2, 64);
    const order = Array.from({ length: 5000 }, (_, index) => ({ id: 2 + 2 * index, at: index + draw(60) }));
    order.sort((left, right) => left.at - right.at);
    for (const { id } of order) expect(ids.use(id)).toBe('free');
    for (const { id } of order) expect(ids.use(id)).toBe('used');
    expect(ids.gapCount).toBe(0);
  });
});
