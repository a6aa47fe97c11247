/** Length-prefixed messages: every chunking, at the limit and one past it. */
import { describe, expect, test } from '@jest/globals';
import {
  decodeUint32Prefixed,
  decodeVarintPrefixed,
  encodeUint32Prefixed,
  encodeVarintPrefixed,
} from '../../src/wire/length-prefixed.js';
import { concat, expectDecodes, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

const MAX_BYTES = 300;

const framings = [
  {
    name: 'varint',
    decode: (bytes: Uint8Array, offset?: number) => decodeVarintPrefixed(bytes, MAX_BYTES, offset),
    encode: encodeVarintPrefixed,
    prefixes: { empty: '00', hello: '05', longest: 'ac02', tooLong: 'ad02', largest: 'ffffffffffffff0f' },
  },
  {
    name: 'uint32',
    decode: (bytes: Uint8Array, offset?: number) => decodeUint32Prefixed(bytes, MAX_BYTES, offset),
    encode: encodeUint32Prefixed,
    prefixes: { empty: '00000000', hello: '00000005', longest: '0000012c', tooLong: '0000012d', largest: 'ffffffff' },
  },
];

describe.each(framings)('$name-prefixed', ({ decode, encode, prefixes }) => {
  const longest = new Uint8Array(MAX_BYTES).fill(0xa5);

  test.each([
    { name: 'empty', message: utf8(''), prefix: prefixes.empty },
    { name: 'short', message: utf8('hello'), prefix: prefixes.hello },
    { name: 'as long as the limit', message: longest, prefix: prefixes.longest },
  ])('$name, in every chunking', ({ message, prefix }) => {
    expect(toHex(encode(message))).toBe(prefix + toHex(message));
    expectDecodes((bytes, offset) => decode(bytes, offset), concat(hex(prefix), message), message);
  });

  test('one past the limit is refused as soon as its length is here', () => {
    expect(thrownCode(() => decode(hex(prefixes.tooLong)))).toBe('ERR_WIRE_TOO_LARGE');
    expect(thrownCode(() => decode(concat(hex('00'), hex(prefixes.tooLong)), 1))).toBe('ERR_WIRE_TOO_LARGE');
    expect(thrownCode(() => decode(hex(prefixes.largest)))).toBe('ERR_WIRE_TOO_LARGE');
  });

  test('a message is a view, not a copy', () => {
    const bytes = concat(hex(prefixes.hello), utf8('hello'));
    const value = decode(bytes)?.value;
    expect(value?.buffer).toBe(bytes.buffer);
  });

  test('of two in a row the first is taken', () => {
    const bytes = concat(encode(utf8('hello')), encode(utf8('')), encode(utf8('again')));
    const first = decode(bytes);
    const second = decode(bytes, first?.size);
    const third = decode(bytes, (first?.size ?? 0) + (second?.size ?? 0));
    expect([first?.value, second?.value, third?.value]).toEqual([utf8('hello'), utf8(''), utf8('again')]);
  });
});

test('a length that is not a varint is named so', () => {
  expect(thrownCode(() => decodeVarintPrefixed(hex('8000'), MAX_BYTES))).toBe('ERR_WIRE_VARINT');
  expect(thrownCode(() => decodeVarintPrefixed(hex('ff'.repeat(9)), MAX_BYTES))).toBe('ERR_WIRE_VARINT');
});
