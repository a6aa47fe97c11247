import { describe, expect, test } from '@jest/globals';
import { fromHex, toHex } from '../../src/wire/hex.js';

/** The vectors of RFC 4648, section 10, in lower case, and the ends of a byte. */
const vectors: readonly (readonly [text: string, bytes: readonly number[]])[] = [
  ['', []],
  ['66', [0x66]],
  ['666f', [0x66, 0x6f]],
  ['666f6f', [0x66, 0x6f, 0x6f]],
  ['666f6f626172', [0x66, 0x6f, 0x6f, 0x62, 0x61, 0x72]],
  ['00010f10ff', [0x00, 0x01, 0x0f, 0x10, 0xff]],
];

describe.each(vectors)('"%s"', (text, bytes) => {
  test('is written so', () => expect(toHex(Uint8Array.from(bytes))).toBe(text));
  test('is read so', () => expect(fromHex(text)).toEqual(Uint8Array.from(bytes)));
});

test.each(['0', '000', 'FF', '0G', 'g0', ' 00', '00 ', '00\n', '0x00', '+1', '-1', '１１'])(
  '"%s" is refused',
  (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  },
);

test('every byte there and back', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(fromHex(toHex(bytes))).toEqual(bytes);
});
