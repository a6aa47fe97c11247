import { describe, expect, test } from '@jest/globals';
import { decodeStoredProvider, encodeStoredProvider } from '../../src/wire/kad-stored.js';
import { hex } from '../support/decoding.js';

/** Field 1 varint version, field 2 varint milliseconds, field 3 text of an address: by protobuf's encoding guide. */
const vectors = [
  { name: 'without addresses', record: { receivedAtMs: 300, addresses: [] }, bytes: '080110ac02' },
  { name: 'of 1970', record: { receivedAtMs: 0, addresses: [] }, bytes: '08011000' },
  {
    name: 'with two, in order',
    record: { receivedAtMs: 1_764_000_000_000, addresses: ['/ip4/1.2.3.4/tcp/1', '/dns/é'] },
    bytes: `08011080d0dfb4ab331a122f6970342f312e322e332e342f7463702f311a072f646e732fc3a9`,
  },
];

describe.each(vectors)('a provider $name', ({ record, bytes }) => {
  test('is written so', () => expect(encodeStoredProvider(record)).toEqual(hex(bytes)));
  test('is read back', () => expect(decodeStoredProvider(hex(bytes))).toEqual(record));
});

test.each([
  ['a part of a millisecond is left out', 300.9, '080110ac02'],
  ['a time before 1970 is 1970', -1, '08011000'],
])('%s', (_, receivedAtMs, bytes) => {
  expect(encodeStoredProvider({ receivedAtMs, addresses: [] })).toEqual(hex(bytes));
});

test('fields that are not known are skipped', () => {
  expect(decodeStoredProvider(hex('080110ac0220052a0100'))).toEqual({ receivedAtMs: 300, addresses: [] });
});

test.each([
  ['nothing', ''],
  ['no version', '10ac02'],
  ['version 0', '080010ac02'],
  ['version 2', '080210ac02'],
  ['no time', '0801'],
  ['a time above 2^53', '080110ffffffffffffffff7f'],
  ['a time that is bytes', '0801120100'],
  ['an address that is a number', '080110ac021805'],
  ['cut in an address', '080110ac021a052f'],
  ['cut in a tag', '080110ac02ff'],
  ['a group', '080110ac021b1c'],
  ['no protobuf', 'ffffffff'],
])('%s cannot be read', (_, bytes) => {
  expect(() => decodeStoredProvider(hex(bytes))).toThrow(
    expect.objectContaining({ code: 'ERR_KAD_RECORD_DAMAGED', blame: 'local' }),
  );
});
