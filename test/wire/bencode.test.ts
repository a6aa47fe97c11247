/** Bencoding: the examples of BEP 3, and what is none. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { decodeBencode, latin1, type Bencoded } from '../../src/wire/bencode.js';
import { utf8, thrownCode } from '../support/decoding.js';

/** Byte strings as text, so that tables can be read. */
const readable = (value: Bencoded): unknown => {
  if (value instanceof Uint8Array) return latin1(value);
  if (value instanceof Map)
    return { ...Object.fromEntries([...value].map(([key, one]) => [key, readable(one as Bencoded)])) };
  return Array.isArray(value) ? value.map((one) => readable(one as Bencoded)) : value;
};

describe('the examples of BEP 3', () => {
  test.each<[string, unknown]>([
    ['4:spam', 'spam'],
    ['i3e', 3],
    ['i-3e', -3],
    ['i0e', 0],
    ['l4:spam4:eggse', ['spam', 'eggs']],
    ['d3:cow3:moo4:spam4:eggse', { cow: 'moo', spam: 'eggs' }],
    ['d4:spaml1:a1:bee', { spam: ['a', 'b'] }],
  ])('%s', (text, value) => {
    expect(readable(decodeBencode(utf8(text)))).toEqual(value);
  });
});

test.each<[string, unknown]>([
  ['0:', ''],
  ['le', []],
  ['de', {}],
  ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
  ['d1:ai1e1:ai2ee', { a: 2 }],
])('%s is a value', (text, value) => {
  expect(readable(decodeBencode(utf8(text)))).toEqual(value);
});

test.each([
  '',
  'x',
  'i',
  'ie',
  'i-e',
  'i3',
  'i3.5e',
  'i 3e',
  'i9007199254740992e',
  `i${'9'.repeat(400)}e`,
  '4:spa',
  '4spam',
  '-1:a',
  '99999999999999999999:a',
  ':',
  'l',
  'l4:spam',
  'd',
  'd3:cow',
  'd3:cow3:moo',
  'di1e3:mooe',
  'dle3:mooe',
  'i3ei4e',
  '4:spamx',
  'e',
])('"%s" is none', (text) => {
  expect(thrownCode(() => decodeBencode(utf8(text)))).toBe('ERR_WIRE_BENCODE');
});

test('bencodeDepth', () => {
  const nested = (depth: number): Uint8Array => utf8('l'.repeat(depth) + 'e'.repeat(depth));
  expect(thrownCode(() => decodeBencode(nested(LIMITS.bencodeDepth + 1)))).toBe('nothing was thrown');
  expect(thrownCode(() => decodeBencode(nested(LIMITS.bencodeDepth + 2)))).toBe('ERR_WIRE_BENCODE');
  expect(thrownCode(() => decodeBencode(nested(100_000)))).toBe('ERR_WIRE_BENCODE');
});
