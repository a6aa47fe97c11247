import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openPeerRecord } from '../../src/crypto/peer-record.js';
import { LIMITS } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { decodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import {
  decodeRendezvous,
  encodeRendezvous,
  rendezvousRegistrationBytes,
  type RendezvousMessage,
} from '../../src/wire/rendezvous.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';
import { vectors } from '../support/vectors.js';

interface Captured {
  readonly name: string;
  readonly hex: string;
  readonly fields: RendezvousMessage;
  readonly peer?: string;
  /** The signed record in it, and the cookie. */
  readonly record?: string;
  readonly cookie?: string;
}
const captured = vectors('rendezvous/rust-libp2p.json') as readonly Captured[];
const bodyOf = (bytes: string): Uint8Array =>
  decodeVarintPrefixed(hex(bytes), LIMITS.rendezvousMessageBytes)?.value ?? new Uint8Array(0);

/** The fields with what is bytes put in. */
function whole({ fields, record, cookie }: Captured): RendezvousMessage {
  const signed = record === undefined ? {} : { signedPeerRecord: hex(record) };
  if (fields.type === 'REGISTER') return { ...fields, ...signed };
  if (fields.type !== 'DISCOVER_RESPONSE') return fields;
  const registrations = fields.registrations.map((one) => ({ ...one, ...signed }));
  return { ...fields, registrations, ...(cookie === undefined ? {} : { cookie: hex(cookie) }) };
}

describe('what rust sends', () => {
  test.each(captured)('$name', (row) => {
    expect(decodeRendezvous(bodyOf(row.hex))).toEqual(whole(row));
  });

  test.each(captured)('$name, written by us, is the same bytes', (row) => {
    const bytes = encodeRendezvous(whole(row));
    // Rust writes the fields of an answer in another order: there the length has to agree, and what is read.
    expect([bytes.length, decodeRendezvous(bytes)]).toEqual([bodyOf(row.hex).length, whole(row)]);
    if (row.fields.type !== 'DISCOVER_RESPONSE') expect(toHex(bytes)).toBe(toHex(bodyOf(row.hex)));
  });

  test.each(captured.filter(({ record }) => record !== undefined))('the record in $name holds', ({ record, peer }) => {
    const opened = openPeerRecord(nodeCiphers, hex(record ?? ''));
    expect([opened.peer, opened.dialect]).toEqual([peer, 'rust']);
  });

  test('what is read is a copy: the chunk may go', () => {
    const bytes = bodyOf(captured[0]!.hex);
    const message = decodeRendezvous(bytes);
    bytes.fill(0);
    expect(message).toEqual(whole(captured[0]!));
  });
});

describe('what may be in a message', () => {
  // By hand from the spec's protobuf.
  test.each<[what: string, bytes: string, message: RendezvousMessage]>([
    ['DISCOVER that says nothing', '0803 2a00', { type: 'DISCOVER' }],
    ['REGISTER that says nothing', '0800 1200', { type: 'REGISTER' }],
    ['a type that is left out: REGISTER', '1200', { type: 'REGISTER' }],
    ['UNREGISTER with the old field id', '0802 2206 0a0161 120101', { type: 'UNREGISTER', namespace: 'a' }],
    ['bodies of other types beside its own', '0802 2a00 2203 0a0161 3200', { type: 'UNREGISTER', namespace: 'a' }],
    ['a field that nobody knows', '0803 2a02 7807 7a0161', { type: 'DISCOVER' }],
    [
      'a status of no version, with its words',
      '0801 1a06 08e707 120162',
      { type: 'REGISTER_RESPONSE', status: 999, statusText: 'b' },
    ],
    ['no status: OK', '0801 1a00', { type: 'REGISTER_RESPONSE', status: 'OK' }],
    [
      'the longest life of all',
      '0800 120b 18ffffffffffffffffff01',
      { type: 'REGISTER', ttlSeconds: Number.MAX_SAFE_INTEGER },
    ],
    [
      'the highest limit of all',
      '0803 2a0b 10ffffffffffffffffff01',
      { type: 'DISCOVER', limit: Number.MAX_SAFE_INTEGER },
    ],
    ['a cookie of nothing', '0803 2a02 1a00', { type: 'DISCOVER', cookie: new Uint8Array(0) }],
  ])('%s', (_, bytes, message) => {
    expect(decodeRendezvous(hex(bytes))).toEqual(message);
  });

  test.each(['E_INVALID_NAMESPACE', 'E_INVALID_SIGNED_PEER_RECORD', 'E_INVALID_TTL', 'E_INVALID_COOKIE'] as const)(
    '%s there and back',
    (status) => {
      const message: RendezvousMessage = { type: 'REGISTER_RESPONSE', status };
      expect(decodeRendezvous(encodeRendezvous(message))).toEqual(message);
    },
  );

  test.each([
    ['E_INVALID_NAMESPACE', '0801 1a02 0864'],
    ['E_INVALID_SIGNED_PEER_RECORD', '0801 1a02 0865'],
    ['E_INVALID_TTL', '0801 1a02 0866'],
    ['E_INVALID_COOKIE', '0801 1a02 0867'],
    ['E_NOT_AUTHORIZED', '0801 1a03 08c801'],
    ['E_INTERNAL_ERROR', '0801 1a03 08ac02'],
    ['E_UNAVAILABLE', '0801 1a03 089003'],
  ])('%s has the number of the spec', (status, bytes) => {
    expect(decodeRendezvous(hex(bytes))).toEqual({ type: 'REGISTER_RESPONSE', status });
  });

  test('registrations up to the limit, and one past it', () => {
    const limits = { rendezvousRegistrations: 2, rendezvousStatusTextCharacters: 3 };
    const registrations = ['a', 'b', 'c'].map((namespace) => ({ namespace }));
    const sent: RendezvousMessage = { type: 'DISCOVER_RESPONSE', status: 'OK', registrations, statusText: 'words' };
    expect(decodeRendezvous(encodeRendezvous(sent), limits)).toEqual({
      ...sent,
      registrations: registrations.slice(0, 2),
      statusText: 'wor',
    });
    const two = { ...sent, registrations: registrations.slice(0, 2), statusText: 'wor' };
    expect(decodeRendezvous(encodeRendezvous(two), limits)).toEqual(two);
  });

  test('what a registration takes is not told too low', () => {
    const registration = { namespace: 'a'.repeat(255), signedPeerRecord: new Uint8Array(8192), ttlSeconds: 259_200 };
    const empty: RendezvousMessage = { type: 'DISCOVER_RESPONSE', status: 'OK', registrations: [] };
    const grown = encodeRendezvous({ ...empty, registrations: [registration] }).length - encodeRendezvous(empty).length;
    // The body's own length grows by a byte or two besides.
    expect(grown - rendezvousRegistrationBytes(registration)).toBeLessThanOrEqual(2);
  });
});

describe('what is no message', () => {
  test.each([
    ['nothing at all', ''],
    ['a type without its body', '0803'],
    ['a type with the body of another', '0803 1200'],
    ['a type that no version has', '0805 3a00'],
    ['a body that is a number', '0803 2807'],
    ['a namespace that is no text', '0803 2a04 0a02 c328'],
    ['a namespace that is cut off', '0803 2a03 0a05 61'],
    ['a number that is too long', '0803 2a0c 10ffffffffffffffffffff01'],
    ['groups in groups', '0803 0b0b0b'],
    ['other bytes', 'ffffffff'],
  ])('%s', (_, bytes) => {
    expect(thrownCode(() => decodeRendezvous(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });

  test('any bytes lead to a message or to this one error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(['nothing was thrown', 'ERR_WIRE_PROTOBUF']).toContain(thrownCode(() => decodeRendezvous(bytes)));
      }),
    );
  });

  test('a cut anywhere in a message is an error, never another message of the same type with all its parts', () => {
    const bytes = bodyOf(captured[1]!.hex);
    for (let size = 0; size < bytes.length; size++) {
      expect(thrownCode(() => decodeRendezvous(bytes.subarray(0, size)))).toBe('ERR_WIRE_PROTOBUF');
    }
  });
});
