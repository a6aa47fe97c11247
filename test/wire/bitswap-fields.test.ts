/** Fields of a bitswap message that is still coming, against what the decoder of whole messages makes of them. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits.js';
import { decodeBlockHead, decodeFieldBytes, isWantlist } from '../../src/wire/bitswap-fields.js';
import { concat, hex, thrownCode, toHex } from '../support/decoding.js';

// {3: {1: 01551220, 2: 70,000 bytes}}: 4 + 2 + 4 + 4 bytes in front of the data.
const head = hex('1a faa204 0a04 01551220 12 f0a204');

describe('the head of a block', () => {
  test('prefix, size, and where its data begins', () => {
    const decoded = decodeBlockHead(concat(head, new Uint8Array(40)), LIMITS)!;
    expect({ ...decoded, prefix: toHex(decoded.prefix) }).toEqual({
      prefix: '01551220',
      headBytes: 14,
      dataBytes: 70_000,
    });
  });

  test('cut anywhere it is waited for', () => {
    for (let length = 0; length < head.length; length++)
      expect(decodeBlockHead(head.subarray(0, length), LIMITS)).toBeUndefined();
  });

  test.each([
    { name: 'a wantlist', bytes: '0a05 0a03 010203' },
    { name: 'a bare block', bytes: '12 f0a204' },
    { name: 'data before prefix', bytes: '1a 0a 1202 6162 0a04 01551220' },
    { name: 'an empty prefix', bytes: '1a 06 0a00 1202 6162' },
    { name: 'a third field behind the data', bytes: '1a 0c 0a04 01551220 1202 6162 1801' },
    { name: 'data longer than its block', bytes: '1a 09 0a04 01551220 1203 6162' },
    { name: 'a length that is no varint', bytes: '1a ffffffffffffffffffff' },
  ])('$name is none', ({ bytes }) => {
    expect(decodeBlockHead(hex(bytes), LIMITS)).toBeUndefined();
  });

  test('2 MiB are the limit', () => {
    // 0x200000 and one byte more; the block is 10 bytes longer than its data.
    expect(decodeBlockHead(hex('1a 8b808001 0a04 01551220 12 80808001'), LIMITS)?.dataBytes).toBe(
      LIMITS.bitswapBlockBytes,
    );
    expect(thrownCode(() => decodeBlockHead(hex('1a 8c808001 0a04 01551220 12 81808001'), LIMITS))).toBe(
      'ERR_BLOCK_TOO_LARGE',
    );
  });
});

describe('the size of a field', () => {
  test.each([
    { name: 'a block', bytes: toHex(head), size: 70_014 },
    { name: 'a wantlist', bytes: '0a05', size: 7 },
    { name: 'a number', bytes: '28f0a204', size: 4 },
    { name: 'a tag of two bytes', bytes: 'fa0103', size: 6 },
  ])('$name', ({ bytes, size }) => {
    expect(decodeFieldBytes(hex(bytes))).toBe(size);
  });

  test.each(['', '1a', '1afc', '28', '0d00000000', '0b', 'ffffffffffffffffffffff'])('%s tells none', (bytes) => {
    expect(decodeFieldBytes(hex(bytes))).toBeUndefined();
  });

  test('only the wantlist is the wantlist', () => {
    expect(['0a', '12', '1a', ''].map((bytes) => isWantlist(hex(bytes)))).toEqual([true, false, false, false]);
  });
});
