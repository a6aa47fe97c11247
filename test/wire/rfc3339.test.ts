import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatRfc3339, millisecondsOf, nanosOf, parseRfc3339 } from '../../src/wire/rfc3339.js';

test.each([
  { text: '1970-01-01T00:00:00.000000001Z', nanos: 1n },
  { text: '1969-12-31T23:59:59.999999999Z', nanos: -1n },
  { text: '2000-02-29T12:00:00.000000000Z', nanos: 951_825_600_000_000_000n },
  { text: '2026-11-30T05:48:31.123456789Z', nanos: 1_796_017_711_123_456_789n },
  { text: '9999-12-31T23:59:59.999999999Z', nanos: 253_402_300_799_999_999_999n },
  { text: '0000-01-01T00:00:00.000000000Z', nanos: -62_167_219_200_000_000_000n },
])('$text, both ways', ({ text, nanos }) => {
  expect({ nanos: parseRfc3339(text), text: formatRfc3339(nanos) }).toEqual({ nanos, text });
});

test.each([
  { text: '2123-08-14T12:17:03.07Z', same: '2123-08-14T12:17:03.070000000Z' },
  { text: '2123-08-14T12:17:03Z', same: '2123-08-14T12:17:03.000000000Z' },
  { text: '2123-08-14T12:17:03.1234567899Z', same: '2123-08-14T12:17:03.123456789Z' },
  { text: '2123-08-14T14:17:03+02:00', same: '2123-08-14T12:17:03.000000000Z' },
  { text: '2123-12-31T23:30:00-00:45', same: '2124-01-01T00:15:00.000000000Z' },
])('$text is $same', ({ text, same }) => {
  expect(formatRfc3339(parseRfc3339(text) ?? 0n)).toBe(same);
});

test.each([
  '',
  '2023',
  '2023-02-29T00:00:00Z',
  '1900-02-29T00:00:00Z',
  '2023-04-31T00:00:00Z',
  '2023-13-01T00:00:00Z',
  '2023-00-01T00:00:00Z',
  '2023-01-00T00:00:00Z',
  '2023-01-01T24:00:00Z',
  '2023-01-01T00:60:00Z',
  '2023-01-01T00:00:60Z',
  '2023-01-01T00:00:00',
  '2023-01-01T00:00:00.Z',
  '2023-01-01T00:00:00+24:00',
  '2023-01-01 00:00:00Z',
  '12023-01-01T00:00:00Z',
  ' 2023-01-01T00:00:00Z',
  '2023-01-01T00:00:00Z\n',
])('%j is no time', (text) => {
  expect(parseRfc3339(text)).toBeUndefined();
});

test('what the format cannot write is not written', () => {
  expect([formatRfc3339(253_402_300_800_000_000_000n), formatRfc3339(-62_167_219_200_000_000_001n)]).toEqual([
    undefined,
    undefined,
  ]);
});

test('agrees with the date of the language, for any millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (milliseconds) => {
      const text = new Date(milliseconds).toISOString();
      expect(formatRfc3339(nanosOf(milliseconds))).toBe(text.replace('Z', '000000Z'));
      expect(millisecondsOf(parseRfc3339(text) ?? 0n)).toBe(milliseconds);
    }),
  );
});
