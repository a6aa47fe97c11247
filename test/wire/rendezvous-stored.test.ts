import { describe, expect, test } from '@jest/globals';
import {
  decodePointRecord,
  decodeRegistrationRecord,
  encodePointRecord,
  encodeRegistrationRecord,
} from '../../src/wire/rendezvous-stored.js';
import { hex } from '../support/decoding.js';

/** Fields 1 version, 2 number, 3 and 4 milliseconds, 5 the record: by protobuf's encoding guide. */
const REGISTRATION = '0801 1007 18ac02 208004 2a03aabbcc';
const registration = { number: 7, registeredAtMs: 300, expiresAtMs: 512, signedPeerRecord: hex('aabbcc') };
/** Fields 1 version, 2 the highest number (2^40), 3 the key. */
const POINT = '0801 10808080808020 1a02 0102';
const point = { cookieKey: hex('0102'), highestNumber: 2 ** 40 };

describe('what is stored', () => {
  test('is written so, and read back', () => {
    expect(encodeRegistrationRecord(registration)).toEqual(hex(REGISTRATION));
    expect(decodeRegistrationRecord(hex(REGISTRATION))).toEqual(registration);
    expect(encodePointRecord(point)).toEqual(hex(POINT));
    expect(decodePointRecord(hex(POINT))).toEqual(point);
  });

  test('a part of a millisecond is left out, fields that are not known are skipped', () => {
    expect(encodeRegistrationRecord({ ...registration, registeredAtMs: 300.9 })).toEqual(hex(REGISTRATION));
    expect(decodeRegistrationRecord(hex(`${REGISTRATION} 3005 3a00`))).toEqual(registration);
    expect(decodePointRecord(hex(`${POINT} 3005`))).toEqual(point);
  });
});

const damaged = expect.objectContaining({ code: 'ERR_RENDEZVOUS_RECORD_DAMAGED', blame: 'local' });

test.each([
  ['nothing', ''],
  ['no version', '1007 18ac02 208004 2a03aabbcc'],
  ['version 2', '0802 1007 18ac02 208004 2a03aabbcc'],
  ['no number', '0801 18ac02 208004 2a03aabbcc'],
  ['no beginning', '0801 1007 208004 2a03aabbcc'],
  ['no end', '0801 1007 18ac02 2a03aabbcc'],
  ['an end before the beginning', '0801 1007 18ac02 20ab02 2a03aabbcc'],
  ['a number above 2^53', '0801 10ffffffffffffffff7f 18ac02 208004 2a03aabbcc'],
  ['no record', '0801 1007 18ac02 208004'],
  ['a record that is a number', '0801 1007 18ac02 208004 2803'],
  ['cut in the record', '0801 1007 18ac02 208004 2a03aabb'],
  ['no protobuf', 'ffffffff'],
])('a registration: %s cannot be read', (_, bytes) => {
  expect(() => decodeRegistrationRecord(hex(bytes))).toThrow(damaged);
});

test.each([
  ['nothing', ''],
  ['version 2', '0802 1007 1a020102'],
  ['no key', '0801 1007'],
  ['no number', '0801 1a020102'],
  ['cut in the key', '0801 1007 1a0201'],
])('the point: %s cannot be read', (_, bytes) => {
  expect(() => decodePointRecord(hex(bytes))).toThrow(damaged);
});
