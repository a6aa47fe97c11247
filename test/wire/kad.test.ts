import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { LIMITS } from '../../src/limits.js';
import {
  decodeKad,
  decodeKadRecord,
  encodeKad,
  encodeKadRecord,
  type KadMessage,
  type KadPeer,
} from '../../src/wire/kad.js';
import { concat, hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/kad/messages.json', import.meta.url), 'utf8')) as {
  readonly messages: readonly { readonly name: string; readonly by: string; readonly hex: string }[];
};

const ED25519 = hex('002408011220cecc1507dc1ddd7295951c290888f095adb9044d1b73d696e6df065d683bd4fc');
const RSA = hex('12209dff3b17d74cf4d38a50d8b6383e92d181a10395a5e73a726dcccbd21bf6f0b9');
const MULTIHASH = hex('1220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
const WHOLE_CID = concat(hex('0170'), MULTIHASH);
const PK = concat(utf8('/pk/'), RSA);
const TCP = '/ip4/127.0.0.1/tcp/4001';
const QUIC = '/ip6/::1/udp/4001/quic-v1';

const peer = (id: Uint8Array, addresses: string[], connection: KadPeer['connection'] = 'notConnected'): KadPeer => ({
  id,
  addresses,
  connection,
});
const message = (type: KadMessage['type'], rest: Partial<KadMessage> = {}): KadMessage => ({
  type,
  key: hex(''),
  closerPeers: [],
  providerPeers: [],
  ...rest,
});
const record = (timeReceived?: string) => ({
  key: PK,
  value: utf8('value'),
  ...(timeReceived === undefined ? {} : { timeReceived }),
});

/** What each vector says, by who wrote it and its name. */
const VALUES: Readonly<Record<string, KadMessage>> = {
  'go: find-node request': message('FIND_NODE', { key: ED25519 }),
  'go: find-node answer': message('FIND_NODE', {
    closerPeers: [peer(ED25519, [TCP, QUIC], 'connected'), peer(RSA, [], 'canConnect')],
  }),
  'go: get-providers request': message('GET_PROVIDERS', { key: MULTIHASH }),
  'go: get-providers answer': message('GET_PROVIDERS', {
    key: MULTIHASH,
    closerPeers: [peer(ED25519, [QUIC])],
    providerPeers: [peer(RSA, [TCP])],
  }),
  'go: add-provider': message('ADD_PROVIDER', { key: MULTIHASH, providerPeers: [peer(RSA, [TCP, QUIC])] }),
  'go: get-value request': message('GET_VALUE', { key: PK }),
  'go: get-value answer': message('GET_VALUE', { key: PK, record: record('2026-01-02T03:04:05.000000006Z') }),
  'go: put-value': message('PUT_VALUE', { key: PK, record: record() }),
  'go: ping': message('PING'),
  'go: cluster level 7': message('GET_PROVIDERS', { key: MULTIHASH }),
  'js: find-node request': message('FIND_NODE', { key: ED25519 }),
  'js: find-node answer': message('FIND_NODE', { closerPeers: [peer(ED25519, [TCP, QUIC]), peer(RSA, [TCP])] }),
  'js: get-providers answer': message('GET_PROVIDERS', {
    key: MULTIHASH,
    closerPeers: [peer(ED25519, [QUIC])],
    providerPeers: [peer(RSA, [TCP])],
  }),
  'js: add-provider': message('ADD_PROVIDER', { key: MULTIHASH, providerPeers: [peer(RSA, [TCP, QUIC])] }),
  'js: get-value answer': message('GET_VALUE', { key: PK, record: record('2026-01-02T03:04:05.006000000Z') }),
  'js: put-value': message('PUT_VALUE', { key: PK, record: record('2026-01-02T03:04:05.006000000Z') }),
  'js: ping': message('PING'),
  'js of 2020: find-node request': message('FIND_NODE', { key: ED25519 }),
  'js of 2020: find-node answer': message('FIND_NODE', {
    key: ED25519,
    closerPeers: [peer(RSA, [TCP], 'connected'), peer(ED25519, [])],
  }),
  'js of 2020: get-providers request, a whole CID': message('GET_PROVIDERS', { key: WHOLE_CID }),
  'js of 2020: add-provider, a whole CID': message('ADD_PROVIDER', {
    key: WHOLE_CID,
    providerPeers: [peer(RSA, [TCP])],
  }),
  'js of 2020: put-value': message('PUT_VALUE', { key: PK, record: record('2026-01-02T03:04:05.6000000Z') }),
  'js of 2020: ping': message('PING'),
};

const rows = vectors.messages.map(({ name, by, hex: bytes }) => [`${by}: ${name}`, hex(bytes)] as const);

describe('what others write', () => {
  test('every vector has its value', () => {
    expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(VALUES).sort());
  });

  test.each(rows)('%s', (name, bytes) => {
    expect(decodeKad(bytes)).toEqual(VALUES[name]);
  });

  test.each(rows)('%s, written and read again', (name, bytes) => {
    expect(decodeKad(encodeKad(decodeKad(bytes)))).toEqual(VALUES[name]);
  });

  test.each(rows)('%s, cut at every length: a shorter message or ERR_WIRE_PROTOBUF', (_, bytes) => {
    for (let length = 0; length < bytes.length; length++) {
      const code = thrownCode(() => decodeKad(bytes.slice(0, length)));
      expect(['nothing was thrown', 'ERR_WIRE_PROTOBUF']).toContain(code);
    }
  });

  test('what is read is a copy: the chunk may go', () => {
    const bytes = hex(toHex(encodeKad(VALUES['go: get-value answer']!)));
    const value = decodeKad(bytes);
    bytes.fill(0);
    expect(value).toEqual(VALUES['go: get-value answer']);
  });
});

describe('the bytes are those of dht.proto', () => {
  // By hand: field 1 varint type, 2 key, 3 record, 8 closer peers, 9 provider peers, 10 cluster level; a peer is 1 id, 2
  // addresses, 3 connection; a record is 1 key, 2 value, 5 time.
  test.each<[string, KadMessage, string]>([
    ['PING', message('PING'), '0805 5000'],
    ['PUT_VALUE', message('PUT_VALUE', { key: utf8('k') }), '0800 12016b 5000'],
    [
      'GET_VALUE with a record',
      message('GET_VALUE', { key: utf8('k'), record: { key: utf8('k'), value: utf8('v'), timeReceived: 't' } }),
      '0801 12016b 1a09 0a016b 120176 2a0174 5000',
    ],
    [
      'GET_PROVIDERS with both lists',
      message('GET_PROVIDERS', {
        closerPeers: [peer(hex('aa'), [TCP], 'cannotConnect')],
        providerPeers: [peer(hex('bb'), [])],
      }),
      '0803 420f 0a01aa 1208047f000001060fa1 1803 4a05 0a01bb 1800 5000',
    ],
  ])('%s', (_, value, bytes) => {
    expect(toHex(encodeKad(value))).toBe(toHex(hex(bytes)));
  });

  test('an address that is none cannot be written', () => {
    const value = message('FIND_NODE', { closerPeers: [peer(RSA, ['nowhere'])] });
    expect(thrownCode(() => encodeKad(value))).toBe('ERR_INVALID_ARGUMENT');
  });
});

describe('reading', () => {
  test.each([
    ['a type that no version has', '0806'],
    ['a type above what a number holds', '08ffffffffffffffffff01'],
    ['a field cut short', '1205 01'],
    ['a number where bytes are due', '1001'],
    ['a group', '1b1c'],
    ['field number 0', '0200'],
    ['a peer that is no message', '4202 0a05'],
    ['a record that is no message', '1a02 0a05'],
  ])('%s -> ERR_WIRE_PROTOBUF', (_, bytes) => {
    expect(thrownCode(() => decodeKad(hex(bytes)))).toBe('ERR_WIRE_PROTOBUF');
  });

  test.each<[string, string, KadMessage]>([
    ['nothing: PUT_VALUE without a key', '', message('PUT_VALUE')],
    ['fields that nobody knows are skipped', '7a03616263 a00601 0805', message('PING')],
    [
      'a time that is no UTF-8 is read with a replacement character',
      '0801 1a03 2a01ff',
      message('GET_VALUE', { record: { key: hex(''), value: hex(''), timeReceived: '\ufffd' } }),
    ],
    ['the last type wins', '0800 0805', message('PING')],
    [
      'a connection that no version has',
      '0804 4205 0a01aa 1809',
      message('FIND_NODE', { closerPeers: [peer(hex('aa'), [])] }),
    ],
    [
      'addresses that are none are left out',
      '0804 420e 0a01aa 1203ffffff 1200 1202047f',
      message('FIND_NODE', { closerPeers: [peer(hex('aa'), [])] }),
    ],
    ['a peer without an id', '0804 4202 1801', message('FIND_NODE', { closerPeers: [peer(hex(''), [], 'connected')] })],
  ])('%s', (_, bytes, value) => {
    expect(decodeKad(hex(bytes))).toEqual(value);
  });

  const limits = { kadKeyBytes: 40, kadPeersPerMessage: 3, kadAddressesPerPeer: 2 };

  test.each([
    [40, 'nothing was thrown'],
    [41, 'ERR_WIRE_PROTOBUF'],
  ])('a key of %i bytes, at a limit of 40', (size, code) => {
    const key = new Uint8Array(size).fill(7);
    expect(thrownCode(() => decodeKad(encodeKad(message('GET_VALUE', { key })), limits))).toBe(code);
    expect(thrownCode(() => decodeKadRecord(encodeKadRecord({ key, value: key }), limits))).toBe(code);
  });

  test('a peer whose id is longer than a key may be is left out, one at the limit stays', () => {
    const ids = [40, 41].map((size) => new Uint8Array(size).fill(1));
    const bytes = encodeKad(message('FIND_NODE', { closerPeers: ids.map((id) => peer(id, [TCP])) }));
    expect(decodeKad(bytes, limits).closerPeers).toEqual([peer(ids[0]!, [TCP])]);
  });

  test('peers and addresses beyond the bounds are left out, those at it stay', () => {
    for (const extra of [0, 1]) {
      const peers = Array.from({ length: 3 + extra }, (_, index) => peer(Uint8Array.of(index), [TCP]));
      const many = peer(
        hex('aa'),
        Array.from({ length: 2 + extra }, (_, index) => `/ip4/127.0.0.1/tcp/${index + 1}`),
      );
      const value = message('GET_PROVIDERS', { closerPeers: peers, providerPeers: [many] });
      const read = decodeKad(encodeKad(value), limits);
      expect(read.closerPeers).toEqual(peers.slice(0, 3));
      expect(read.providerPeers).toEqual([peer(hex('aa'), many.addresses.slice(0, 2))]);
    }
  });

  test('random bytes are a message or ERR_WIRE_PROTOBUF', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(['nothing was thrown', 'ERR_WIRE_PROTOBUF']).toContain(thrownCode(() => decodeKad(bytes)));
      }),
    );
  });
});

describe('an answer that would be too long', () => {
  const peers = (first: number): KadPeer[] =>
    Array.from({ length: 20 }, (_, index) => peer(new Uint8Array(34).fill(first + index), [TCP, QUIC]));
  const whole = message('GET_PROVIDERS', { key: MULTIHASH, closerPeers: peers(0), providerPeers: peers(100) });
  const bytes = encodeKad(whole).length;

  test('at its length nothing is lost, one byte below it the last closer peer', () => {
    expect(decodeKad(encodeKad(whole, bytes))).toEqual(whole);
    const shorter = encodeKad(whole, bytes - 1);
    expect(decodeKad(shorter)).toEqual({ ...whole, closerPeers: whole.closerPeers.slice(0, -1) });
    expect(shorter.length).toBeLessThanOrEqual(bytes - 1);
  });

  test('providers leave a quarter to the closer peers, and take all where there are none', () => {
    const half = encodeKad(whole, Math.floor(bytes / 2));
    const read = decodeKad(half);
    expect([read.providerPeers.length, read.closerPeers.length]).toEqual([14, 5]);
    expect(read.providerPeers).toEqual(whole.providerPeers.slice(0, 14));
    const alone = encodeKad({ ...whole, closerPeers: [] }, Math.floor(bytes / 2));
    expect(decodeKad(alone).providerPeers.length).toBe(19);
  });

  test('never longer than it may be, down to no peers at all', () => {
    const bare = encodeKad({ ...whole, closerPeers: [], providerPeers: [] }).length;
    for (let maxBytes = bare; maxBytes <= bytes; maxBytes += 7) {
      expect(encodeKad(whole, maxBytes).length).toBeLessThanOrEqual(maxBytes);
    }
    expect(thrownCode(() => encodeKad(whole, bare - 1))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('twenty peers with as many addresses as are kept fit into what rust reads, in part', () => {
    const addresses = Array.from({ length: LIMITS.kadAddressesPerPeer }, (_, index) => `/ip6/::1/udp/${index}/quic-v1`);
    const full = Array.from({ length: LIMITS.kadReplyPeers }, () => peer(ED25519, addresses));
    const answer = encodeKad(message('FIND_NODE', { closerPeers: full }), LIMITS.kadReplyBytes);
    expect(answer.length).toBeLessThanOrEqual(16 * 1024);
    expect(decodeKad(answer).closerPeers.length).toBeGreaterThan(10);
  });
});

test('records: what is written is read', () => {
  const value = { key: PK, value: new Uint8Array(10_240).fill(3), timeReceived: '2026-01-02T03:04:05.000Z' };
  expect(decodeKadRecord(encodeKadRecord(value))).toEqual(value);
});
