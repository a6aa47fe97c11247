import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChunkQueue } from '../../../src/actors/stream/chunk-queue.js';
import { concat } from '../../support/decoding.js';
import { pattern } from '../../support/streams.js';

const takeAll = (queue: ChunkQueue, size = queue.length): Uint8Array[] => {
  const pieces: Uint8Array[] = [];
  queue.take(size, pieces);
  return pieces;
};

describe('chunk queue', () => {
  test('gives back what was put in, in order, whole or in parts', () => {
    const queue = new ChunkQueue();
    queue.push(pattern(10, 1));
    queue.push(new Uint8Array(0));
    queue.push(pattern(5, 2));
    expect({ length: queue.length, count: queue.count }).toEqual({ length: 15, count: 2 });
    expect(takeAll(queue, 4)).toEqual([pattern(10, 1).subarray(0, 4)]);
    expect(takeAll(queue, 8)).toEqual([pattern(10, 1).subarray(4), pattern(5, 2).subarray(0, 2)]);
    expect(queue.shift()).toEqual(pattern(5, 2).subarray(2));
    expect(queue.shift()).toBeUndefined();
    expect({ length: queue.length, count: queue.count }).toEqual({ length: 0, count: 0 });
  });

  test('what is only passed on is not copied', () => {
    const queue = new ChunkQueue();
    const chunk = pattern(10, 1);
    queue.push(chunk);
    expect(queue.shift()).toBe(chunk);
  });

  test('what is kept holds about its own size: tiny pieces are joined, small views are copied', () => {
    const queue = new ChunkQueue();
    const large = pattern(64 * 1024, 1);
    for (let at = 0; at < 10_000; at++) queue.keep(large.subarray(at, at + 1));
    queue.keep(large.subarray(0, 20_000));
    expect(queue.count).toBeLessThanOrEqual(Math.ceil(10_000 / 4096) + 1);
    const held = new Set(takeAll(queue).map(({ buffer }) => buffer));
    const heldBytes = [...held].reduce((sum, buffer) => sum + buffer.byteLength, 0);
    expect(heldBytes).toBeLessThanOrEqual(3 * 4096 + 20_000);
  });

  test('any mix of push, keep, take and shift keeps the bytes', () => {
    const operation = fc.record({
      name: fc.constantFrom('push', 'keep', 'take', 'shift', 'clear'),
      size: fc.oneof({ weight: 4, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(5000) }),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const queue = new ChunkQueue();
        let model = new Uint8Array(0);
        for (const [index, { name, size }] of operations.entries()) {
          const bytes = pattern(size, index);
          if (name === 'push' || name === 'keep') {
            queue[name](bytes);
            model = new Uint8Array(concat(model, bytes));
          } else if (name === 'clear') {
            queue.clear();
            model = model.slice(model.length);
          } else {
            const taken = name === 'take' ? concat(...takeAll(queue, size)) : (queue.shift() ?? new Uint8Array(0));
            if (name === 'take') expect(taken.length).toBe(Math.min(size, model.length));
            expect(taken).toEqual(model.slice(0, taken.length));
            model = model.slice(taken.length);
          }
          expect(queue.length).toBe(model.length);
        }
        expect(concat(...takeAll(queue))).toEqual(model);
      }),
      { numRuns: 200 },
    );
  });
});
