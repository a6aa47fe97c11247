import { describe, expect, test } from '@jest/globals';
import {
  chooseSuite,
  exchangeCorpus,
  preferenceOrder,
  SECIO_OFFER,
  secretReadings,
  type SecioOffer,
} from '../../src/crypto/secio-suite.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';

/** Public keys as the keys protobuf holds Ed25519 ones, and nonces, each of one byte repeated. */
const key = (byte: string): string => `08011220${byte.repeat(32)}`;
const nonce = (byte: string): string => byte.repeat(16);

/**
 * Orders computed with Python, for each row:
 *   oh1 = hashlib.sha256(bytes.fromhex(remote_key + local_nonce)).hexdigest()
 *   oh2 = hashlib.sha256(bytes.fromhex(local_key + remote_nonce)).hexdigest()
 *   order = (oh1 > oh2) - (oh1 < oh2)
 */
const orders = [
  { name: 'f3edbd22 > b6a03366', local: [key('01'), nonce('a0')], remote: [key('02'), nonce('b1')], order: 1 },
  { name: 'the same, seen by the other', local: [key('02'), nonce('b1')], remote: [key('01'), nonce('a0')], order: -1 },
  { name: '84eeb3c3 < 8fe059a3', local: [key('03'), nonce('a0')], remote: [key('04'), nonce('a0')], order: -1 },
  { name: '6cbcc3d5 < bc58cb70', local: [key('01'), nonce('c2')], remote: [key('03'), nonce('d3')], order: -1 },
  {
    name: 'one key, two nonces: b03e6a64 < b6a03366',
    local: [key('01'), nonce('a0')],
    remote: [key('01'), nonce('b1')],
    order: -1,
  },
  { name: 'the very same side', local: [key('01'), nonce('a0')], remote: [key('01'), nonce('a0')], order: 0 },
] as const;

test.each(orders)('$name: order $order', ({ local, remote, order }) => {
  const identified = ([publicKey, rand]: readonly [string, string]) => ({ publicKey: hex(publicKey), rand: hex(rand) });
  expect(Math.sign(preferenceOrder(nodeCiphers, identified(local), identified(remote)))).toBe(order);
});

/** What go-libp2p-secio's selectBest and js-libp2p-secio's theBest answer, walked through by hand. */
const choices = [
  {
    name: 'the same lists',
    remote: { exchanges: ['P-256', 'P-384', 'P-521'], ciphers: ['AES-256', 'AES-128'], hashes: ['SHA256', 'SHA512'] },
    local: { curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' },
    theirs: { curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' },
  },
  {
    name: 'turned lists: each side gets its own way when it is preferred',
    remote: { exchanges: ['P-521', 'P-384', 'P-256'], ciphers: ['AES-128', 'AES-256'], hashes: ['SHA512', 'SHA256'] },
    local: { curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' },
    theirs: { curve: 'P-521', cipher: 'AES-128', hash: 'SHA512' },
  },
  {
    name: 'go-libp2p-secio of 2018, with Blowfish',
    remote: {
      exchanges: ['P-256', 'P-384', 'P-521'],
      ciphers: ['AES-256', 'AES-128', 'Blowfish'],
      hashes: ['SHA256', 'SHA512'],
    },
    local: { curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' },
    theirs: { curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' },
  },
  {
    name: 'py-libp2p: one of each',
    remote: { exchanges: ['P-256'], ciphers: ['AES-128'], hashes: ['SHA256'] },
    local: { curve: 'P-256', cipher: 'AES-128', hash: 'SHA256' },
    theirs: { curve: 'P-256', cipher: 'AES-128', hash: 'SHA256' },
  },
  {
    name: 'unknown names first',
    remote: {
      exchanges: ['P-224', 'X25519', 'P-384'],
      ciphers: ['Blowfish', 'AES-128'],
      hashes: ['MD5', '', 'SHA512'],
    },
    local: { curve: 'P-384', cipher: 'AES-128', hash: 'SHA512' },
    theirs: { curve: 'P-384', cipher: 'AES-128', hash: 'SHA512' },
  },
  {
    name: 'names twice do no harm',
    remote: { exchanges: ['P-521', 'P-521', 'P-256'], ciphers: ['AES-128', 'AES-128'], hashes: ['SHA512', 'SHA512'] },
    local: { curve: 'P-256', cipher: 'AES-128', hash: 'SHA512' },
    theirs: { curve: 'P-521', cipher: 'AES-128', hash: 'SHA512' },
  },
] as const;

describe('the suite', () => {
  test.each(choices)('$name', ({ remote, local, theirs }) => {
    expect(chooseSuite(1, SECIO_OFFER, remote)).toEqual(local);
    expect(chooseSuite(-1, SECIO_OFFER, remote)).toEqual(theirs);
  });

  test.each(choices)('$name: the other side chooses the same', ({ remote, local, theirs }) => {
    const ours = { ...SECIO_OFFER };
    expect(chooseSuite(-1, remote as unknown as SecioOffer, ours)).toEqual(local);
    expect(chooseSuite(1, remote as unknown as SecioOffer, ours)).toEqual(theirs);
  });

  const all = { exchanges: ['P-256'], ciphers: ['AES-256'], hashes: ['SHA256'] };
  test.each([
    { name: 'no curves', remote: { ...all, exchanges: [] }, what: 'curve' },
    { name: 'unknown curves only', remote: { ...all, exchanges: ['P-224', 'p-256', ' P-256'] }, what: 'curve' },
    { name: 'no ciphers', remote: { ...all, ciphers: [] }, what: 'cipher' },
    { name: 'unknown ciphers, twice', remote: { ...all, ciphers: ['Blowfish', 'Blowfish'] }, what: 'cipher' },
    { name: 'no hashes', remote: { ...all, hashes: [] }, what: 'hash' },
    { name: 'unknown hashes', remote: { ...all, hashes: ['SHA1', 'sha256'] }, what: 'hash' },
  ])('$name: none in common, whoever is preferred', ({ remote, what }) => {
    for (const order of [1, -1]) {
      expect(thrownCode(() => chooseSuite(order, SECIO_OFFER, remote))).toBe('ERR_SECIO_NO_COMMON_SUITE');
      expect(() => chooseSuite(order, SECIO_OFFER, remote)).toThrow(`no common ${what}`);
    }
  });

  test('the error shows both offers, the peer`s cut short', () => {
    const remote = { ...all, ciphers: ['x'.repeat(200)] };
    expect(() => chooseSuite(1, SECIO_OFFER, remote)).toThrow(
      new Error(`no common cipher: we offer "AES-256,AES-128", the peer "${'x'.repeat(80)}"`),
    );
  });
});

test('the corpus is sender, other side, ephemeral key', () => {
  const corpus = exchangeCorpus({ bytes: hex('0102') }, { bytes: hex('03') }, { ephemeralKey: hex('040506') });
  expect(toHex(corpus)).toBe('010203040506');
});

test.each([
  { secret: '01020304', readings: ['01020304'] },
  { secret: 'ff000000', readings: ['ff000000'] },
  { secret: '00020304', readings: ['00020304', '020304'] },
  { secret: '00000304', readings: ['00000304', '0304'] },
  { secret: '00000000', readings: ['00000000', ''] },
])('the secret $secret reads as $readings', ({ secret, readings }) => {
  expect(secretReadings(hex(secret)).map(toHex)).toEqual(readings);
});
