import { describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { cidOf, hasherOf, verifyBlock } from '../../src/dag/block.js';
import { LIMITS } from '../../src/limits.js';
import { hex, thrownCode, utf8 } from '../support/decoding.js';

/** Digests as their makers publish them: FIPS 180-4 examples, RFC 7693 and BLAKE3 test vectors. */
const digests = [
  {
    name: 'sha2-256 of "abc" (FIPS 180-4)',
    code: 0x12,
    bytes: utf8('abc'),
    digest: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  },
  {
    name: 'sha2-512 of "abc" (FIPS 180-4)',
    code: 0x13,
    bytes: utf8('abc'),
    digest:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
      '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  },
  {
    name: 'blake2b-256 of nothing',
    code: 0xb220,
    bytes: utf8(''),
    digest: '0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8',
  },
  {
    name: 'blake3 of nothing (BLAKE3 test_vectors.json)',
    code: 0x1e,
    bytes: utf8(''),
    digest: 'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
  },
  { name: 'identity', code: 0x00, bytes: utf8('abc'), digest: '616263' },
];
const cidWith = (code: number, digest: Uint8Array): CID => CID.createV1(0x55, create(code, digest));
const verifyCode = (cid: CID, bytes: Uint8Array): string => thrownCode(() => verifyBlock(cid, bytes));
const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash('sha256').update(bytes).digest());

describe('verifyBlock', () => {
  test.each(digests)('accepts $name, and no other bytes', ({ code, bytes, digest }) => {
    verifyBlock(cidWith(code, hex(digest)), bytes);
    expect(verifyCode(cidWith(code, hex(digest)), utf8('abd'))).toBe('ERR_BLOCK_MISMATCH');
  });

  test.each([
    { sizeBytes: 33, outcome: 'ERR_BLOCK_MISMATCH' },
    { sizeBytes: 32, outcome: 'nothing was thrown' },
    { sizeBytes: 20, outcome: 'nothing was thrown' },
    { sizeBytes: 19, outcome: 'ERR_BLOCK_MISMATCH' },
    { sizeBytes: 0, outcome: 'ERR_BLOCK_MISMATCH' },
  ])('a digest of $sizeBytes bytes -> $outcome', ({ sizeBytes, outcome }) => {
    const digest = new Uint8Array(sizeBytes);
    digest.set(sha256(utf8('abc')).subarray(0, sizeBytes));
    expect(verifyCode(cidWith(0x12, digest), utf8('abc'))).toBe(outcome);
  });

  test('an identity digest is the whole block, never the beginning of it', () => {
    expect(verifyCode(cidWith(0x00, new Uint8Array(20)), new Uint8Array(21))).toBe('ERR_BLOCK_MISMATCH');
  });

  test('refuses one byte above the limit, before it hashes', () => {
    const atLimit = new Uint8Array(LIMITS.bitswapBlockBytes);
    const above = new Uint8Array(LIMITS.bitswapBlockBytes + 1);
    verifyBlock(cidWith(0x12, sha256(atLimit)), atLimit);
    expect(verifyCode(cidWith(0x12, sha256(above)), above)).toBe('ERR_BLOCK_TOO_LARGE');
    const hasher = (): never => {
      throw new Error('hashed');
    };
    expect(thrownCode(() => verifyBlock(cidWith(0x12, sha256(above)), above, { hasher }))).toBe('ERR_BLOCK_TOO_LARGE');
  });

  test('does not know sha1, and says whose fault that is', () => {
    const cid = cidWith(0x11, new Uint8Array(20));
    expect(verifyCode(cid, utf8('abc'))).toBe('ERR_BLOCK_UNKNOWN_HASH');
    expect(() => verifyBlock(cid, utf8('abc'), { blame: 'local' })).toThrow(
      expect.objectContaining({ blame: 'local' }),
    );
    expect(() => verifyBlock(cid, utf8('abc'))).toThrow(expect.objectContaining({ blame: 'remote' }));
  });

  test('any flipped bit is seen', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.nat(), (bytes, at) => {
        const cid = cidOf(0x55, bytes);
        verifyBlock(cid, bytes);
        const changed = bytes.slice();
        const bit = at % (bytes.length * 8);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifyCode(cid, changed)).toBe('ERR_BLOCK_MISMATCH');
      }),
    );
  });
});

describe('hashers', () => {
  const asked: string[] = [];
  const ciphers = {
    hash: (name: 'sha256' | 'sha512', pieces: readonly Uint8Array[]) => {
      asked.push(name);
      const hash = createHash(name);
      for (const piece of pieces) hash.update(piece);
      return new Uint8Array(hash.digest());
    },
  };

  test.each(digests)('the given one does $name or leaves it to the portable one', ({ code, bytes, digest }) => {
    asked.length = 0;
    verifyBlock(cidWith(code, hex(digest)), bytes, { hasher: hasherOf(ciphers) });
    expect(asked).toEqual(code === 0x12 ? ['sha256'] : code === 0x13 ? ['sha512'] : []);
  });
});

test('cidOf names raw and dag-pb blocks as everyone does', () => {
  expect(cidOf(0x55, utf8('')).toString()).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku');
  expect(cidOf(0x70, hex('0a 02 08 01')).toV0().toString()).toBe('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn');
});
