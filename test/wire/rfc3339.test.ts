import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatRfc3339, parseRfc3339 } from '../../src/wire/rfc3339.js';

test.each([
  // RFC 3339, 5.8.
  ['1985-04-12T23:20:50.52Z', Date.UTC(1985, 3, 12, 23, 20, 50, 520)],
  ['1996-12-19T16:39:57-08:00', Date.UTC(1996, 11, 20, 0, 39, 57)],
  ['1990-12-31T23:59:60Z', Date.UTC(1991, 0, 1)],
  ['1990-12-31T15:59:60-08:00', Date.UTC(1991, 0, 1)],
  ['1937-01-01T12:00:27.87+00:20', Date.UTC(1937, 0, 1, 11, 40, 27, 870)],
  // As go writes it, with nanoseconds.
  ['2026-01-02T03:04:05.000000006Z', Date.UTC(2026, 0, 2, 3, 4, 5)],
  ['2024-02-29t00:00:00.9999z', Date.UTC(2024, 1, 29, 0, 0, 0, 999)],
  ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
])('%s', (text, timeMs) => {
  expect(parseRfc3339(text)).toBe(timeMs);
});

test.each([
  '',
  '2026-01-02',
  '2026-01-02 03:04:05Z',
  '2026-01-02T03:04:05',
  '2026-13-02T03:04:05Z',
  '2026-00-02T03:04:05Z',
  '2023-02-29T03:04:05Z',
  '2026-04-31T03:04:05Z',
  '2026-01-02T24:04:05Z',
  '2026-01-02T03:60:05Z',
  '2026-01-02T03:04:61Z',
  '2026-01-02T03:04:05.Z',
  '2026-01-02T03:04:05.1234567890Z',
  '2026-01-02T03:04:05+24:00',
  'x2026-01-02T03:04:05Z',
])('%j is no time', (text) => {
  expect(parseRfc3339(text)).toBeUndefined();
});

test("the machine's calendar says the same of every time that has four digits of years", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (timeMs) => {
      expect(formatRfc3339(timeMs)).toBe(new Date(timeMs).toISOString());
      expect(parseRfc3339(formatRfc3339(timeMs))).toBe(timeMs);
    }),
  );
  for (const timeMs of [0, 253_402_300_799_999]) expect(formatRfc3339(timeMs)).toBe(new Date(timeMs).toISOString());
});

test.each([-1, 253_402_300_800_000, NaN])('%p cannot be written', (timeMs) => {
  expect(() => formatRfc3339(timeMs)).toThrow(RangeError);
});
