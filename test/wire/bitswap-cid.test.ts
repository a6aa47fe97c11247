/** CIDs inside bitswap messages, against multiformats. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { prefixOf } from '../../src/dag/cid.js';
import { CID_V0_BLOCK, cidMultihash, decodeBlockPrefix, isCidV0 } from '../../src/wire/bitswap-cid.js';
import { hex, thrownCode, toHex } from '../support/decoding.js';

const digest = new Uint8Array(32).fill(5);
const sha256 = create(0x12, digest);
const cids = [
  { name: 'CIDv0', cid: CID.createV0(sha256) },
  { name: 'CIDv1 raw', cid: CID.createV1(0x55, sha256) },
  { name: 'CIDv1 dag-pb', cid: CID.createV1(0x70, sha256) },
  { name: 'codec and hash of two bytes', cid: CID.createV1(0x0129, create(0xb220, digest)) },
  { name: 'sha2-512', cid: CID.createV1(0x55, create(0x13, new Uint8Array(64).fill(3))) },
  { name: 'identity', cid: CID.createV1(0x55, create(0, hex('616263'))) },
];

describe('multihash inside a CID', () => {
  test.each(cids)('$name', ({ name, cid }) => {
    expect(toHex(cidMultihash(cid.bytes))).toBe(toHex(cid.multihash.bytes));
    expect(isCidV0(cid.bytes)).toBe(name === 'CIDv0');
  });

  test.each([
    { name: 'nothing', bytes: '' },
    { name: 'version 2', bytes: '02551220' },
    { name: 'cut after the codec', bytes: '0155' },
    { name: 'digest cut short', bytes: '01551220ff' },
    { name: 'a byte too many', bytes: `01551220${'05'.repeat(33)}` },
    { name: 'CIDv0 with a byte too many', bytes: `1220${'05'.repeat(33)}` },
    { name: 'varint without end', bytes: 'ffffffffffffffffffffff' },
  ])('$name is refused', ({ bytes }) => {
    expect(thrownCode(() => cidMultihash(hex(bytes)))).toBe('ERR_BITSWAP_BAD_MESSAGE');
  });
});

describe('prefix of a block', () => {
  test.each(cids)('$name', ({ cid }) => {
    const { hashCode, digestBytes, multihashHead } = decodeBlockPrefix(prefixOf(cid));
    expect({ hashCode, digestBytes }).toEqual({ hashCode: cid.multihash.code, digestBytes: cid.multihash.size });
    expect(toHex(multihashHead) + toHex(cid.multihash.digest)).toBe(toHex(cid.multihash.bytes));
  });

  test('a block without one is a CIDv0', () => {
    expect(decodeBlockPrefix(prefixOf(CID.createV0(sha256)))).toEqual(CID_V0_BLOCK);
  });

  test.each(['', '01', '015512', '0155122000', '02551220', '01551220ff'])('%s is refused', (bytes) => {
    expect(thrownCode(() => decodeBlockPrefix(hex(bytes)))).toBe('ERR_BITSWAP_BAD_MESSAGE');
  });
});
