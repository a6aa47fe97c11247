import { expect, test } from '@jest/globals';
import { decodeOwnIpns, encodeOwnIpns, type OwnIpnsEntry } from '../../src/wire/ipns-own.js';
import { concat, hex, thrownCode, toHex } from '../support/decoding.js';

const ENTRY: OwnIpnsEntry = {
  record: hex('0102'),
  dueMs: 1_767_225_600_000,
  lifeMs: 172_800_000,
  ttlMs: 300_000,
  v2Only: true,
  superseded: false,
};
const BYTES = '0a020102' + '1080d0eab6b733' + '1880f0b252' + '20e0a712' + '2801' + '3000';

test('an entry, field by field, both ways', () => {
  expect(toHex(encodeOwnIpns(ENTRY))).toBe(BYTES);
  expect(decodeOwnIpns(hex(BYTES))).toEqual(ENTRY);
  const other = { ...ENTRY, v2Only: false, superseded: true, dueMs: 0 };
  expect(decodeOwnIpns(encodeOwnIpns(other))).toEqual(other);
});

test('fields that are not known are passed over', () => {
  expect(decodeOwnIpns(concat(hex('3a0101'), hex(BYTES), hex('4005')))).toEqual(ENTRY);
});

test.each(['0a05 00', '0800', '10ffffffffffffffffff01', 'ff'])('%s is none', (bytes) => {
  expect(thrownCode(() => decodeOwnIpns(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
});
