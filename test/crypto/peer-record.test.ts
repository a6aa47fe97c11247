import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { openPeerRecord, sealPeerRecord } from '../../src/crypto/peer-record.js';
import { portableCiphers } from '../../src/crypto/portable-ciphers.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import {
  decodeEnvelope,
  encodeEnvelope,
  encodePeerRecord,
  RUST_PEER_RECORD,
  signedBytes,
  STANDARD_PEER_RECORD,
  type PeerRecordDialect,
} from '../../src/wire/peer-record.js';
import { identityFromPrivateKey } from '../../src/crypto/keys.js';
import { hex, thrownCode } from '../support/decoding.js';
import { GO_KEY_PAIRS, privateKeyOf } from '../support/live-keys.js';
import { testIdentity } from '../support/noise-side.js';
import { JS_ENVELOPE, JS_PEER } from '../vectors/peer-record.js';

const ADDRESSES = ['/ip4/192.0.2.1/tcp/4001', '/ip6/2001:db8::1/tcp/4001'];
const alice = testIdentity('alice');
const mallory = testIdentity('mallory');

test.each([
  { name: 'node', ciphers: nodeCiphers },
  { name: 'portable', ciphers: portableCiphers },
])('a record sealed by js-libp2p holds, by $name ciphers', ({ ciphers }) => {
  expect(openPeerRecord(ciphers, hex(JS_ENVELOPE))).toEqual({
    peer: JS_PEER,
    sequence: 1789012345678901234n,
    addresses: ADDRESSES,
    dialect: 'standard',
  });
});

describe('records captured from live peers', () => {
  const captured = (
    JSON.parse(readFileSync(new URL('../vectors/identify/captured.json', import.meta.url), 'utf8')) as readonly {
      readonly name: string;
      readonly peer: string;
      readonly fields: { readonly signedPeerRecord?: string; readonly listenAddresses: readonly string[] };
    }[]
  ).filter(({ fields }) => (fields.signedPeerRecord ?? '') !== '');

  test('there are some', () => expect(captured.length).toBeGreaterThan(0));

  test.each(captured)('$name holds, and has the addresses that it claims', ({ fields }) => {
    const record = openPeerRecord(nodeCiphers, hex(fields.signedPeerRecord ?? ''));
    expect(record.dialect).toBe('standard');
    expect(record.sequence > 1_600_000_000_000n).toBe(true);
    expect([...record.addresses].sort()).toEqual([...fields.listenAddresses].sort());
  });
});

const KEYS = [...new Set(GO_KEY_PAIRS.map(({ ours }) => ours.type))];

test.each(KEYS)('sealed with a key of type %s, in both dialects', (type) => {
  const identity = identityFromPrivateKey(nodeCiphers, privateKeyOf(type));
  for (const dialect of [STANDARD_PEER_RECORD, RUST_PEER_RECORD]) {
    const record = sealPeerRecord(identity, 7n, ADDRESSES, dialect);
    expect(openPeerRecord(nodeCiphers, record)).toEqual({
      peer: identity.peerId,
      sequence: 7n,
      addresses: ADDRESSES,
      dialect: dialect.name,
    });
  }
});

/** Any part of a record another one than it should be. */
function forged({
  signer = alice,
  about = alice,
  domain = STANDARD_PEER_RECORD.domain,
  payloadType = STANDARD_PEER_RECORD.payloadType,
  key = signer,
}: {
  readonly signer?: typeof alice;
  readonly about?: typeof alice;
  readonly domain?: string;
  readonly payloadType?: Uint8Array;
  readonly key?: typeof alice;
}): Uint8Array {
  const payload = encodePeerRecord({ peerId: peerIdToBytes(about.peerId), sequence: 1n, addresses: ADDRESSES });
  const signature = signer.signer.sign(signedBytes(domain, payloadType, payload));
  return encodeEnvelope({ publicKey: key.publicKeyProtobuf, payloadType, payload, signature });
}

const sealed = sealPeerRecord(alice, 1n, ADDRESSES);
const changed = (part: 'payload' | 'signature', at: number): Uint8Array => {
  const envelope = decodeEnvelope(sealed);
  const bytes = envelope[part].slice();
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return encodeEnvelope({ ...envelope, [part]: bytes });
};

describe('what does not hold', () => {
  test('the same parts, all of them right, do', () => {
    expect(openPeerRecord(nodeCiphers, forged({})).peer).toBe(alice.peerId);
  });

  const typed = (dialect: PeerRecordDialect): Uint8Array => dialect.payloadType;
  test.each([
    { name: 'about another peer', bytes: forged({ signer: mallory, about: alice }), why: 'signed by another peer' },
    { name: 'the key of the peer, signed by another', bytes: forged({ signer: mallory, key: alice }), why: 'verify' },
    { name: 'signed for another purpose', bytes: forged({ domain: 'libp2p-relay-rsvp' }), why: 'verify' },
    {
      name: "rust's domain with the type of the others",
      bytes: forged({ domain: RUST_PEER_RECORD.domain }),
      why: 'verify',
    },
    {
      name: "rust's type with the domain of the others",
      bytes: forged({ payloadType: typed(RUST_PEER_RECORD) }),
      why: 'verify',
    },
    { name: 'of another type', bytes: forged({ payloadType: hex('0302') }), why: 'something else' },
    { name: 'an address changed', bytes: changed('payload', 60), why: 'verify' },
    { name: 'a signature changed', bytes: changed('signature', 0), why: 'verify' },
    { name: 'nothing', bytes: hex(''), why: 'a part is missing' },
    { name: 'no envelope', bytes: hex('ff'), why: 'not a valid message' },
  ])('$name', ({ bytes, why }) => {
    expect(thrownCode(() => openPeerRecord(nodeCiphers, bytes))).toBe('ERR_PEER_RECORD_INVALID');
    expect(() => openPeerRecord(nodeCiphers, bytes)).toThrow(why);
  });

  test.each([1, 16, 63])('cut after %i bytes', (size) => {
    expect(thrownCode(() => openPeerRecord(nodeCiphers, sealed.subarray(0, size)))).toBe('ERR_PEER_RECORD_INVALID');
  });
});
