/** Ed25519 public keys that nobody can hold honestly verify nothing, in either twin and on every Node. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, test } from '@jest/globals';
import { isUsableEd25519Key } from '../../src/crypto/ed25519-keys.js';
import { concat, hex, toHex } from '../support/decoding.js';
import { twins } from '../support/twins.js';

/** Every encoding of the eight points of low order, those above the field included. */
const lowOrder = [
  { name: 'order 1', key: `01${'00'.repeat(31)}` },
  { name: 'order 1, x said to be negative', key: `01${'00'.repeat(30)}80` },
  { name: 'order 1, y above the field', key: `ee${'ff'.repeat(30)}7f` },
  { name: 'order 1, both', key: `ee${'ff'.repeat(31)}` },
  { name: 'order 2', key: `ec${'ff'.repeat(30)}7f` },
  { name: 'order 2, x said to be negative', key: `ec${'ff'.repeat(31)}` },
  { name: 'order 4', key: '00'.repeat(32) },
  { name: 'order 4, the other', key: `${'00'.repeat(31)}80` },
  { name: 'order 4, y above the field', key: `ed${'ff'.repeat(30)}7f` },
  { name: 'order 4, y above the field, the other', key: `ed${'ff'.repeat(31)}` },
  { name: 'order 8', key: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05' },
  { name: 'order 8, negative', key: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85' },
  { name: 'order 8, the other y', key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a' },
  { name: 'order 8, the other y, negative', key: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa' },
];

describe.each(lowOrder)('$name', ({ key }) => {
  test('is a point of low order, and not usable', () => {
    expect(ed25519.Point.fromBytes(hex(key), true).isSmallOrder()).toBe(true);
    expect(isUsableEd25519Key(hex(key))).toBe(false);
  });

  test.each(twins)('verifies no signature made for all messages at once: $name', ({ ciphers }) => {
    // R = neutral element and S = 0 fit every message whose hash the order divides: some of these 64 do, for any order.
    const forged = concat(hex(`01${'00'.repeat(31)}`), new Uint8Array(32));
    for (let message = 0; message < 64; message++) {
      expect(ciphers.verify('Ed25519', hex(key), Uint8Array.of(message), forged)).toBe(false);
    }
  });
});

test('the eight points are the multiples of one of order 8, and there are no more', () => {
  const torsion = ed25519.Point.fromBytes(hex(lowOrder[10]?.key ?? ''));
  const multiples = Array.from({ length: 8 }, (_, index) => torsion.multiplyUnsafe(BigInt(index)));
  const canonical = new Set(multiples.map((point) => toHex(point.toBytes())));
  expect(canonical.size).toBe(8);
  for (const key of canonical) expect(lowOrder.map((known) => known.key)).toContain(key);
});

describe('the other encodings above the field', () => {
  test.each(Array.from({ length: 17 }, (_, index) => 0xef + index))('the first byte is %d', (first) => {
    expect(isUsableEd25519Key(hex(`${first.toString(16)}${'ff'.repeat(30)}7f`))).toBe(false);
    expect(isUsableEd25519Key(hex(`${first.toString(16)}${'ff'.repeat(31)}`))).toBe(false);
  });
});

describe('usable', () => {
  test.each([
    { name: 'a key', key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a' },
    { name: 'the largest y of all', key: `eb${'ff'.repeat(30)}7f` },
    { name: 'one that differs in a middle byte', key: `ed${'ff'.repeat(15)}fe${'ff'.repeat(14)}7f` },
    { name: 'the smallest y that is not of low order', key: `02${'00'.repeat(31)}` },
  ])('$name', ({ key }) => {
    expect(isUsableEd25519Key(hex(key))).toBe(true);
  });

  test.each([0, 31, 33, 64])('not with %d bytes', (size) => {
    expect(isUsableEd25519Key(new Uint8Array(size).fill(7))).toBe(false);
  });
});
