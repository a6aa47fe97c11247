/** Varints against the table of the unsigned-varint spec, and against every way to write one wrongly. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeVarint, encodeVarint, varintSize, writeVarint } from '../../src/wire/varint.js';
import { concat, expectDecodes, hex, thrownCode, toHex } from '../support/decoding.js';

/** The first six are those of https://github.com/multiformats/unsigned-varint, README.md. */
const vectors = [
  { value: 1, bytes: '01' },
  { value: 127, bytes: '7f' },
  { value: 128, bytes: '8001' },
  { value: 255, bytes: 'ff01' },
  { value: 300, bytes: 'ac02' },
  { value: 16384, bytes: '808001' },
  { value: 0, bytes: '00' },
  { value: 2 ** 31, bytes: '8080808008' },
  { value: 2 ** 32 - 1, bytes: 'ffffffff0f' },
  { value: 2 ** 35, bytes: '808080808001' },
  { value: 2 ** 49 - 1, bytes: 'ffffffffffff7f' },
  { value: 2 ** 49, bytes: '8080808080808001' },
  { value: Number.MAX_SAFE_INTEGER, bytes: 'ffffffffffffff0f' },
];

describe('varints', () => {
  test.each(vectors)('$value is $bytes, in every chunking', ({ value, bytes }) => {
    expect(toHex(encodeVarint(value))).toBe(bytes);
    expect(varintSize(value)).toBe(bytes.length / 2);
    expectDecodes(decodeVarint, hex(bytes), value);
  });

  const wrong = [
    { name: 'zero in two bytes', bytes: '8000' },
    { name: 'one in two bytes', bytes: '8100' },
    { name: '127 in three bytes', bytes: 'ff8000' },
    { name: 'one byte above 2^53 - 1', bytes: '8080808080808010' },
    { name: '2^63 - 1, the largest that the spec allows', bytes: 'ffffffffffffffff7f' },
    { name: '2^56, in nine bytes', bytes: '808080808080808001' },
    { name: 'ten bytes', bytes: '80808080808080808001' },
    { name: 'nine bytes that promise a tenth', bytes: '808080808080808080' },
    { name: 'no end', bytes: 'ff'.repeat(64) },
  ];

  test.each(wrong)('refused: $name', ({ bytes }) => {
    expect(thrownCode(() => decodeVarint(hex(bytes)))).toBe('ERR_WIRE_VARINT');
    expect(thrownCode(() => decodeVarint(concat(hex('01'), hex(bytes)), 1))).toBe('ERR_WIRE_VARINT');
  });

  test('eight bytes that may still go on are not judged yet', () => {
    expect(decodeVarint(hex('8080808080808080'))).toBeUndefined();
  });

  test('no more than the first is read', () => {
    expect(decodeVarint(hex('ac02ff'))).toEqual({ value: 300, size: 2 });
    expect(decodeVarint(hex(''))).toBeUndefined();
    expect(decodeVarint(hex('01'), 1)).toBeUndefined();
  });

  test('writes in place and says how much', () => {
    const target = new Uint8Array(5).fill(0xee);
    expect(writeVarint(300, target, 1)).toBe(2);
    expect(toHex(target)).toBe('eeac02eeee');
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER + 1])(
    '%d is not encoded',
    (value) => {
      expect(() => writeVarint(value, new Uint8Array(16), 0)).toThrow(RangeError);
    },
  );

  test('what is encoded decodes, for any safe integer', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = encodeVarint(value);
        expect(decodeVarint(bytes)).toEqual({ value, size: bytes.length });
      }),
    );
  });

  test('any bytes decode, ask for more, or are refused; what decodes is its own only form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let decoded;
        try {
          decoded = decodeVarint(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'ERR_WIRE_VARINT', blame: 'remote' });
          return;
        }
        if (decoded !== undefined) expect(encodeVarint(decoded.value)).toEqual(bytes.slice(0, decoded.size));
      }),
    );
  });
});
