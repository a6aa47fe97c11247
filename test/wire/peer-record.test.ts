import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeEnvelope,
  decodePeerRecord,
  encodeEnvelope,
  encodePeerRecord,
  signedBytes,
  STANDARD_PEER_RECORD,
} from '../../src/wire/peer-record.js';
import { hex, thrownCode, toHex, utf8 } from '../support/decoding.js';
import { JS_ENVELOPE } from '../vectors/peer-record.js';

const PAYLOAD =
  '0a26002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c' +
  '10f2dfea97ffa7f6e918' +
  '1a0a0a0804c0000201060fa1' +
  '1a160a142920010db8000000000000000000000001060fa1';

test('an envelope of js-libp2p, part by part', () => {
  const envelope = decodeEnvelope(hex(JS_ENVELOPE));
  expect({
    publicKey: toHex(envelope.publicKey),
    payloadType: toHex(envelope.payloadType),
    payload: toHex(envelope.payload),
    signature: envelope.signature.length,
  }).toEqual({
    publicKey: '08011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
    payloadType: '0301',
    payload: PAYLOAD,
    signature: 64,
  });
  expect(toHex(encodeEnvelope(envelope))).toBe(JS_ENVELOPE);
});

test('its record: a number beyond 2^53, and two addresses', () => {
  const record = decodePeerRecord(hex(PAYLOAD));
  expect(record).toEqual({
    peerId: hex('002408011220ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c'),
    sequence: 1789012345678901234n,
    addresses: ['/ip4/192.0.2.1/tcp/4001', '/ip6/2001:db8::1/tcp/4001'],
  });
  expect(toHex(encodePeerRecord(record))).toBe(PAYLOAD);
});

test('what is signed is the domain, the type and the payload, each behind its length', () => {
  const { domain, payloadType } = STANDARD_PEER_RECORD;
  const expected = `12${toHex(utf8('libp2p-peer-record'))}0203010401020304`;
  expect(toHex(signedBytes(domain, payloadType, hex('01020304')))).toBe(expected);
});

describe('records that are none', () => {
  test.each([
    { name: 'no peer id', bytes: '1001' },
    { name: 'a number of eleven bytes', bytes: '0a0100 10ffffffffffffffffffff01' },
    { name: 'a number above 2^64', bytes: '0a0100 10ffffffffffffffffff02' },
    { name: 'a number that is cut off', bytes: '0a0100 10ff' },
    { name: 'a field that is cut off', bytes: '0a05 00' },
  ])('$name', ({ bytes }) => {
    expect(thrownCode(() => decodePeerRecord(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });

  test.each(['', '0a0100', '0a01001202030122 00', '1a00 2a00'])('an envelope without all its parts: "%s"', (bytes) => {
    expect(thrownCode(() => decodeEnvelope(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('the largest number there is', () => {
    expect(decodePeerRecord(hex('0a0100 10ffffffffffffffffff01')).sequence).toBe(2n ** 64n - 1n);
  });

  test('any bytes decode or are refused by name', () => {
    const codes = new Set<string>();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        codes.add(thrownCode(() => decodeEnvelope(bytes)));
        codes.add(thrownCode(() => decodePeerRecord(bytes)));
      }),
    );
    expect([...codes].filter((code) => code !== 'ERR_WIRE_PROTOBUF' && code !== 'nothing was thrown')).toEqual([]);
  });
});

test('addresses beyond the limit, and ones that are none, are left out', () => {
  const peerId = hex('00');
  const addresses = Array.from({ length: 4 }, (_, index) => `/ip4/192.0.2.${index}/tcp/1`);
  const record = encodePeerRecord({ peerId, sequence: 1n, addresses });
  expect(decodePeerRecord(record, { identifyAddresses: 3 }).addresses).toEqual(addresses.slice(0, 3));
  expect(decodePeerRecord(hex('0a0100 1a040a02ffff 1a0a0a0804c0000201060fa1')).addresses).toEqual([
    '/ip4/192.0.2.1/tcp/4001',
  ]);
});

test.each([0n, 1n, 127n, 128n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n])(
  'the number %s goes and comes back',
  (sequence) => {
    const record = encodePeerRecord({ peerId: hex('00'), sequence, addresses: [] });
    expect(decodePeerRecord(record).sequence).toBe(sequence);
  },
);
