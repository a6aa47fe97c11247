import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodePeerEntry, encodePeerEntry, PEER_ENTRY_VERSION, type PeerEntry } from '../../src/wire/peer-entry.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

const WHOLE: PeerEntry = {
  publicKey: hex('0801 1220 aa'),
  addresses: [
    { address: '/ip4/192.0.2.1/tcp/4001', source: 'manual' },
    { address: '/ip4/192.0.2.2/tcp/4001', source: 'dialed', expiresAtMs: 1_764_000_000_000 },
    { address: '/ip4/192.0.2.3/tcp/4001', source: 'signed', expiresAtMs: 0 },
    { address: '/ip6/2001:db8::1/tcp/4001', source: 'identify', expiresAtMs: 1 },
    { address: '/dns4/example.org/tcp/4001', source: 'routing', expiresAtMs: 2 },
  ],
  protocols: ['/ipfs/id/1.0.0', '/ipfs/ping/1.0.0'],
  agentVersion: 'kubo/0.43.1',
  protocolVersion: 'ipfs/0.1.0',
  metadata: { note: hex('0102'), '': hex(''), __proto__x: hex('03') },
  latencyMs: 12.345,
  recordSequence: 2n ** 64n - 1n,
  usedAtMs: 1_764_000_000_001,
};
const EMPTY: PeerEntry = { addresses: [], protocols: [], metadata: {}, usedAtMs: 0 };

test.each([
  { name: 'everything', entry: WHOLE },
  { name: 'nothing', entry: EMPTY },
])('$name goes and comes back', ({ entry }) => {
  expect(decodePeerEntry(encodePeerEntry(entry))).toEqual(entry);
});

test('the form does not change: what is stored stays readable', () => {
  const entry = {
    ...EMPTY,
    addresses: [{ address: '/ip4/1.2.3.4/tcp/5', source: 'dialed' as const, expiresAtMs: 9 }],
    usedAtMs: 7,
  };
  expect(toHex(encodePeerEntry(entry))).toBe(
    '0801' + '1a18' + '0a12' + toHex(utf8('/ip4/1.2.3.4/tcp/5')) + '10011809' + '5007',
  );
});

test('a key of the prototype is a key like others', () => {
  const metadata = JSON.parse('{"__proto__": 1}') as Record<string, unknown>;
  Object.defineProperty(metadata, '__proto__', { value: hex('01'), enumerable: true });
  const decoded = decodePeerEntry(encodePeerEntry({ ...EMPTY, metadata: metadata as Record<string, Uint8Array> }));
  expect(Object.entries(decoded.metadata)).toEqual([['__proto__', hex('01')]]);
});

describe('records that are not read', () => {
  test.each([
    {
      name: 'a newer version',
      bytes: concat(hex('0802'), encodePeerEntry(WHOLE).subarray(2)),
      code: 'ERR_PEERSTORE_VERSION',
    },
    { name: 'a newer version with fields of its own', bytes: hex('087f 0b0c ff'), code: 'ERR_PEERSTORE_VERSION' },
    { name: 'nothing', bytes: hex(''), code: 'ERR_PEERSTORE_DAMAGED' },
    { name: 'version 0', bytes: hex('0800'), code: 'ERR_PEERSTORE_DAMAGED' },
    { name: 'fields before the version', bytes: hex('5007 0801'), code: 'ERR_PEERSTORE_DAMAGED' },
    {
      name: 'an address of no source',
      bytes: concat(hex('0801 1a06 0a02'), utf8('/a'), hex('1009')),
      code: 'ERR_PEERSTORE_DAMAGED',
    },
    {
      name: 'an address that is none',
      bytes: concat(hex('0801 1a05 0a01'), utf8('a'), hex('1001')),
      code: 'ERR_PEERSTORE_DAMAGED',
    },
    { name: 'a number in words', bytes: hex('0801 4a0161'), code: 'ERR_PEERSTORE_DAMAGED' },
    { name: 'cut off', bytes: encodePeerEntry(WHOLE).subarray(0, 50), code: 'ERR_PEERSTORE_DAMAGED' },
    { name: 'text', bytes: new TextEncoder().encode('{"addresses":[]}'), code: 'ERR_PEERSTORE_DAMAGED' },
  ])('$name', ({ bytes, code }) => {
    expect(thrownCode(() => decodePeerEntry(bytes))).toBe(code);
  });

  test('any bytes decode or are refused by name', () => {
    const known = new Set(['ERR_PEERSTORE_DAMAGED', 'ERR_PEERSTORE_VERSION', 'nothing was thrown']);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.boolean(), (bytes, versioned) => {
        const record = versioned ? concat(Uint8Array.of(8, PEER_ENTRY_VERSION), bytes) : bytes;
        expect(known).toContain(thrownCode(() => decodePeerEntry(record)));
      }),
    );
  });
});
