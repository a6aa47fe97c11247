/** What many peers tell in the same words is kept once, within bounds. */
import { expect, test } from '@jest/globals';
import { SharedTexts } from '../../src/actors/shared-texts.js';

const LIMITS = { sharedTexts: 3, sharedTextChars: 20 };

/** The same list each time in new memory, as a decoder makes it. */
const told = (...texts: readonly string[]): readonly string[] => [...texts];

test('lists of the same texts are one list, which nobody can change', () => {
  const shared = new SharedTexts();
  const first = shared.list(told('/ipfs/id/1.0.0', '/x/'));
  expect(first).toEqual(['/ipfs/id/1.0.0', '/x/']);
  expect(shared.list(told('/ipfs/id/1.0.0', '/x/'))).toBe(first);
  expect(Object.isFrozen(first)).toBe(true);
});

test.each([
  ['another order', ['/x/', '/ipfs/id/1.0.0']],
  ['one more', ['/ipfs/id/1.0.0', '/x/', '']],
  ['one less', ['/ipfs/id/1.0.0']],
  ['what only looks the same when joined', ['/ipfs/id/1.0.0","/x/']],
  ['nothing', []],
])('%s is another list', (_, texts) => {
  const shared = new SharedTexts();
  shared.list(told('/ipfs/id/1.0.0', '/x/'));
  expect(shared.list(texts)).toEqual(texts);
});

test('texts stay what they are', () => {
  const shared = new SharedTexts(LIMITS);
  for (const text of ['', 'kubo/0.43.1', 'kubo/0.43.1', '\ud800', 'x'.repeat(100)])
    expect(shared.text(text)).toBe(text);
});

test('a list is shared up to its bound of characters, and kept by each peer for itself beyond it', () => {
  const shared = new SharedTexts(LIMITS);
  // As JSON: four characters beside the text.
  const atBound = shared.list(told('a'.repeat(16)));
  expect(shared.list(told('a'.repeat(16)))).toBe(atBound);
  const beyond = shared.list(told('a'.repeat(17)));
  expect(beyond).toEqual(['a'.repeat(17)]);
  expect(shared.list(told('a'.repeat(17)))).not.toBe(beyond);
});

test('as many lists are shared as the bound says; one more takes the place of the first', () => {
  const shared = new SharedTexts(LIMITS);
  const lists = ['a', 'b', 'c'].map((text) => shared.list(told(text)));
  expect(['a', 'b', 'c'].map((text) => shared.list(told(text)))).toEqual(lists);
  expect(shared.list(told('a'))).toBe(lists[0]);
  shared.list(told('d'));
  expect(shared.list(told('b'))).toBe(lists[1]);
  expect(shared.list(told('c'))).toBe(lists[2]);
  expect(shared.list(told('a'))).not.toBe(lists[0]);
});
