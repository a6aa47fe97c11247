import { expect, test } from '@jest/globals';
import { RecordSequence } from '../../../src/actors/peers/record-sequence.js';
import type { EngineError } from '../../../src/errors.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { utf8 } from '../../support/decoding.js';

const KEY = '/own/peer-record-sequence';
const fail = (error: EngineError): never => {
  throw error;
};

test('it follows the wall clock, and counts on where the clock stands', () => {
  const clock = new VirtualClock(1000);
  const sequence = new RecordSequence(clock, undefined, fail);
  expect([sequence.next(), sequence.next()]).toEqual([1000n, 1001n]);
  clock.advance(10);
  expect(sequence.next()).toBe(1010n);
});

test('it never goes back, though the clock does between two lives', async () => {
  const data = new MemoryDataStore();
  const first = new RecordSequence(new VirtualClock(5000), data, fail);
  await first.load();
  expect([first.next(), first.next()]).toEqual([5000n, 5001n]);
  await first.written;
  const second = new RecordSequence(new VirtualClock(10), data, fail);
  await second.load();
  expect(second.next()).toBe(5002n);
});

test.each(['', 'twelve', '-1', '1e9', '9'.repeat(30)])('a stored number "%s" counts as none', async (text) => {
  const data = new MemoryDataStore();
  await data.put(KEY, utf8(text));
  const sequence = new RecordSequence(new VirtualClock(10), data, fail);
  await sequence.load();
  expect(sequence.next()).toBe(10n);
});

test('a store that fails is told, and numbers go on', async () => {
  const data = new MemoryDataStore();
  data.failWith(new Error('disk full'));
  const codes: string[] = [];
  const sequence = new RecordSequence(new VirtualClock(10), data, ({ code }) => codes.push(code));
  await sequence.load();
  expect([sequence.next(), sequence.next()]).toEqual([10n, 11n]);
  await sequence.written;
  expect(codes).toEqual(['ERR_STORE_FAILED', 'ERR_STORE_FAILED', 'ERR_STORE_FAILED']);
});
