import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { cidFromPrefix, inlineBytes, knownBytes, multihashKey, parseCid, prefixOf } from '../../src/dag/cid.js';
import { hex, thrownCode, toHex, utf8 } from '../support/decoding.js';

const EMPTY_DIRECTORY = hex('0a 02 08 01');

/** Prefix bytes are the four varints of go-cid's `Prefix.Bytes()`. */
const prefixes = [
  { cid: 'QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn', prefix: '00 70 12 20', bytes: EMPTY_DIRECTORY },
  { cid: 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354', prefix: '01 70 12 20', bytes: EMPTY_DIRECTORY },
  { cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', prefix: '01 55 12 20', bytes: utf8('') },
  { cid: CID.createV1(0x55, create(0, utf8('abc'))).toString(), prefix: '01 55 00 03', bytes: utf8('abc') },
];

describe('bitswap prefixes', () => {
  test.each(prefixes)('$prefix <-> $cid', ({ cid, prefix, bytes }) => {
    expect(toHex(prefixOf(CID.parse(cid)))).toBe(prefix.replaceAll(' ', ''));
    expect(cidFromPrefix(hex(prefix), bytes).toString()).toBe(cid);
  });

  test('codes of two and three bytes keep their place', () => {
    const cid = CID.createV1(
      0x0129,
      create(0xb220, hex('0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8')),
    );
    expect(toHex(prefixOf(cid))).toBe('01a902a0e40220');
    expect(cidFromPrefix(prefixOf(cid), utf8('')).toString()).toBe(cid.toString());
  });

  test.each([
    { name: 'nothing', prefix: '' },
    { name: 'three fields', prefix: '01 55 12' },
    { name: 'five fields', prefix: '01 55 12 20 00' },
    { name: 'a varint without end', prefix: '01 55 12 a0' },
    { name: 'a varint that is not the shortest', prefix: '01 55 12 a0 00' },
    { name: 'a varint of ten bytes', prefix: '01 55 12 ff ff ff ff ff ff ff ff ff 01' },
    { name: 'version 2', prefix: '02 55 12 20' },
    { name: 'version 0 of raw', prefix: '00 55 12 20' },
    { name: 'version 0 with sha2-512', prefix: '00 70 13 40' },
    { name: 'a digest longer than the function gives', prefix: '01 55 12 21' },
    { name: 'a digest cut to 19 bytes', prefix: '01 55 12 13' },
    { name: 'an identity digest of another length', prefix: '01 55 00 02' },
  ])('refuses $name', ({ prefix }) => {
    expect(thrownCode(() => cidFromPrefix(hex(prefix), utf8('abc')))).toBe('ERR_BITSWAP_BAD_MESSAGE');
  });

  test('a digest cut to 20 bytes is one', () => {
    expect(toHex(cidFromPrefix(hex('01 55 12 14'), utf8('abc')).multihash.digest)).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a3',
    );
  });

  test('does not know sha1', () => {
    expect(thrownCode(() => cidFromPrefix(hex('01 55 11 14'), utf8('abc')))).toBe('ERR_BLOCK_UNKNOWN_HASH');
  });
});

test('a block has one key under all its CIDs', () => {
  const version0 = CID.parse('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn');
  const raw = CID.createV1(0x55, version0.multihash);
  expect(multihashKey(version0.toV1())).toBe(multihashKey(version0));
  expect(multihashKey(raw)).toBe(multihashKey(version0));
  expect(multihashKey(CID.createV1(0x55, create(0x13, version0.multihash.digest)))).not.toBe(multihashKey(version0));
});

test('an identity CID as long as a block still has a key', () => {
  const cid = CID.createV1(0x55, create(0, new Uint8Array(2 * 1024 * 1024)));
  expect(multihashKey(cid).length).toBeGreaterThan(2 * 1024 * 1024);
});

test('an identity CID carries its block, others do not', () => {
  expect(inlineBytes(CID.createV1(0x55, create(0, utf8('abc'))))).toEqual(utf8('abc'));
  expect(inlineBytes(CID.parse('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'))).toBeUndefined();
});

// What coreutils' sha256sum, sha512sum and b2sum -l 256, and b3sum, say of an empty file.
test.each([
  { name: 'sha2-256', code: 0x12, digest: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
  {
    name: 'sha2-512',
    code: 0x13,
    digest:
      'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce' +
      '47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  },
  { name: 'blake2b-256', code: 0xb220, digest: '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8' },
  { name: 'blake3', code: 0x1e, digest: 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262' },
])('the block of no bytes needs nobody: $name', ({ code, digest }) => {
  expect(knownBytes(CID.createV1(0x55, create(code, hex(digest))))).toEqual(new Uint8Array(0));
  const other = hex(digest);
  other[31] = (other[31] ?? 0) ^ 1;
  expect(knownBytes(CID.createV1(0x55, create(code, other)))).toBeUndefined();
  expect(knownBytes(CID.createV1(0x55, create(code, hex(digest).subarray(0, 31))))).toBeUndefined();
});

test('what a CID carries needs nobody either; a hash function that nobody knows is no obstacle', () => {
  expect(knownBytes(CID.createV1(0x55, create(0, utf8('abc'))))).toEqual(utf8('abc'));
  expect(knownBytes(CID.createV1(0x55, create(0x11, new Uint8Array(20))))).toBeUndefined();
});

test.each(['', 'hello', 'Qm', 'bafy', '/ipfs/QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn'])(
  '"%s" is not a CID',
  (text) => {
    expect(thrownCode(() => parseCid(text))).toBe('ERR_INVALID_ARGUMENT');
  },
);
