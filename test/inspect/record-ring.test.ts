import { expect, test } from '@jest/globals';
import { RecordRing, weightOf } from '../../src/inspect/record-ring.js';
import { someRecord } from '../support/watching.js';

const numbers = (ring: RecordRing): number[] => {
  const kept: number[] = [];
  for (let seq = 0; seq < ring.next; seq++) if (ring.at(seq) !== undefined) kept.push(seq);
  return kept;
};

test('keeps as many as it may, and lets the oldest go one past it', () => {
  const ring = new RecordRing({ records: 3, bytes: 1_000_000 });
  for (let seq = 0; seq < 3; seq++) ring.add(someRecord(seq));
  expect({ first: ring.first, next: ring.next, kept: numbers(ring) }).toEqual({ first: 0, next: 3, kept: [0, 1, 2] });
  ring.add(someRecord(3));
  expect({ first: ring.first, next: ring.next, kept: numbers(ring) }).toEqual({ first: 1, next: 4, kept: [1, 2, 3] });
  expect(ring.at(3)?.seq).toBe(3);
});

test('keeps no more characters than it may, but the last record always', () => {
  const heavy = (seq: number): ReturnType<typeof someRecord> => someRecord(seq, { data: { text: 'x'.repeat(1000) } });
  const one = weightOf(heavy(0));
  const ring = new RecordRing({ records: 100, bytes: 2 * one });
  ring.add(heavy(0));
  ring.add(heavy(1));
  expect(ring.bytes).toBe(2 * one);
  ring.add(heavy(2));
  expect(numbers(ring)).toEqual([1, 2]);
  ring.add(someRecord(3, { data: { text: 'x'.repeat(10 * one) } }));
  expect(numbers(ring)).toEqual([3]);
  ring.clear();
  expect({ bytes: ring.bytes, next: ring.next, kept: numbers(ring) }).toEqual({ bytes: 0, next: 0, kept: [] });
});

test.each([
  [{}, 0],
  [{ a: 'four' }, 20],
  [{ a: { b: ['xx', 1] } }, 66],
  [{ a: null, b: undefined, c: 1 }, 48],
])('%j weighs %i more than an empty record', (data, more) => {
  expect(weightOf(someRecord(0, { data })) - weightOf(someRecord(0))).toBe(more);
});
