/** Dates of HTTP: the example of RFC 9110, and every day of some centuries against the platform's own. */
import { expect, test } from '@jest/globals';
import { formatHttpDate, parseHttpDate } from '../../src/wire/http-date.js';

test('the example of RFC 9110, 5.6.7', () => {
  expect(formatHttpDate(784_111_777_000)).toBe('Sun, 06 Nov 1994 08:49:37 GMT');
  expect(parseHttpDate('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(784_111_777_000);
});

test('as the platform writes and reads them, from 1970 to 2400', () => {
  const wrong: number[] = [];
  for (let timeMs = 0; timeMs < 13_569_465_600_000; timeMs += 86_400_000 * 3 + 3_661_000) {
    const text = new Date(timeMs).toUTCString();
    if (formatHttpDate(timeMs) !== text || parseHttpDate(text) !== timeMs) wrong.push(timeMs);
  }
  expect(wrong).toEqual([]);
});

test('the time within a second is left out', () => {
  expect(formatHttpDate(999)).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
});

test.each([
  '',
  '5',
  'Sunday, 06-Nov-94 08:49:37 GMT',
  'Sun Nov  6 08:49:37 1994',
  'Sun, 31 Feb 1994 08:49:37 GMT',
  'Sun, 29 Feb 1900 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:00:00 GMT',
  'Sun, 06 Nov 1994 08:60:37 GMT',
  'Sun, 06 Foo 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 CET',
])('"%s" is none', (text) => expect(parseHttpDate(text)).toBeUndefined());
