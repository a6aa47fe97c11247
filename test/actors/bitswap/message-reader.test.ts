/** Messages from chunks of any size: the same as read whole, large blocks in bytes of their own, bounded before they come. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MessageReader } from '../../../src/actors/bitswap/message-reader.js';
import { LIMITS } from '../../../src/limits.js';
import { decodeBitswapFrame, type BitswapMessage } from '../../../src/wire/bitswap.js';
import { encodeVarint } from '../../../src/wire/varint.js';
import { concat, hex, thrownCode, toHex } from '../../support/decoding.js';
import { ciphers } from './fake-network.js';
import { blocks, encoded, entry, wireBlock } from './fixtures.js';

const KIB = 1024;

/** Feeds bytes in chunks of the given sizes, over and over, and answers what was read. */
function read(bytes: Uint8Array, sizes: readonly number[]): BitswapMessage[] {
  const reader = new MessageReader(LIMITS);
  const messages: BitswapMessage[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    reader.append(bytes.subarray(at, at + size));
    at += size;
    for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(next.message);
  }
  expect({ held: reader.heldBytes, isInMessage: reader.isInMessage }).toEqual({ held: 0, isInMessage: false });
  return messages;
}

/** A message in few words that do not depend on the order in which blocks were read; cheap to compare. */
function comparable({ wantlist, presences, pendingBytes, blocks: found }: BitswapMessage): unknown {
  const digest = (...pieces: readonly Uint8Array[]): string => toHex(ciphers.hash('sha256', pieces));
  const entries = (wantlist?.entries ?? []).map((one) => digest(one.cid, encodeVarint(one.priority)));
  return {
    full: wantlist?.full,
    entries: entries.join(),
    presences: presences.map(({ cid, has }) => `${has} ${digest(cid)}`).join(),
    pendingBytes,
    blocks: found.map(({ prefix, data }) => digest(prefix ?? new Uint8Array(0), data)).sort(),
  };
}

const whole = (bytes: Uint8Array): unknown => comparable(decodeBitswapFrame(bytes)!.value);

const [small, large, larger, largest] = [200, 64 * KIB, 300 * KIB, LIMITS.bitswapBlockBytes].map((size) =>
  wireBlock(blocks(1, size, `of ${size}`)[0]!),
) as [
  ReturnType<typeof wireBlock>,
  ReturnType<typeof wireBlock>,
  ReturnType<typeof wireBlock>,
  ReturnType<typeof wireBlock>,
];
const cids = blocks(3_000, 10).map(({ cid }) => cid);
const wantlist = { entries: cids.slice(0, 20).map((cid) => entry(cid)), full: false };
const longWantlist = { entries: cids.map((cid) => entry(cid)), full: true };
const presences = cids.slice(0, 5).map((cid) => ({ cid: cid.bytes, has: true }));

const shapes: { name: string; bytes: Uint8Array }[] = [
  { name: 'nothing', bytes: encoded({}) },
  { name: 'one small block', bytes: encoded({ blocks: [small] }) },
  { name: 'many small blocks', bytes: encoded({ blocks: Array.from({ length: 500 }, () => small) }) },
  { name: 'a large block', bytes: encoded({ blocks: [larger] }) },
  { name: 'the largest block', bytes: encoded({ blocks: [largest] }) },
  {
    name: 'large blocks with all else',
    bytes: encoded({ wantlist, presences, pendingBytes: 5, blocks: [large, larger, large] }),
  },
  { name: 'a small block before a large one', bytes: encoded({ wantlist, presences, blocks: [small, larger] }) },
  { name: 'a small block after a large one', bytes: encoded({ blocks: [larger, small], presences }) },
  { name: 'a long wantlist and a large block', bytes: encoded({ wantlist: longWantlist, blocks: [larger] }) },
  {
    name: 'bare blocks of 1.0.0',
    bytes: encoded({ wantlist, blocks: [larger, small, large] }, '1.0.0'),
  },
  {
    name: 'a field that nobody knows before a large block',
    bytes: framed(hex('7d00000000'), bodyOf({ blocks: [larger] })),
  },
  {
    name: 'data before prefix',
    bytes: framed(
      hex('1a'),
      encodeVarint(4 + 80_000 + 6),
      hex('12'),
      encodeVarint(80_000),
      new Uint8Array(80_000),
      hex('0a0401551220'),
    ),
  },
];

function framed(...pieces: Uint8Array[]): Uint8Array {
  const body = concat(...pieces);
  return concat(encodeVarint(body.length), body);
}

function bodyOf(parts: Partial<BitswapMessage>): Uint8Array {
  const bytes = encoded(parts);
  return bytes.subarray(bytes.findIndex((byte) => byte < 0x80) + 1);
}

describe('in chunks of any size it is read as it is read whole', () => {
  test.each(shapes)('$name', ({ bytes }) => {
    for (const sizes of [[bytes.length], [64 * KIB], [65_519], [1_000], [63, 1, 70_000], [3, 64 * KIB - 3]]) {
      expect(read(bytes, sizes).map(comparable)).toEqual([whole(bytes)]);
    }
  });

  test('one message after another, in random chunks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: shapes.length - 1 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }),
        (indices, sizes) => {
          const chosen = indices.map((index) => shapes[index]!.bytes);
          expect(read(concat(...chosen), [...sizes, 50_000]).map(comparable)).toEqual(chosen.map(whole));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('memory', () => {
  test('a large block has bytes of its own, a small one is a view of what came', () => {
    const [message] = read(encoded({ blocks: [larger, small] }), [64 * KIB]);
    const [first, second] = message!.blocks;
    expect(first!.data.buffer.byteLength).toBe(300 * KIB);
    expect(second!.data.buffer.byteLength).toBeGreaterThan(200);
  });

  test('nothing is set aside for a block before a quarter of it has come', () => {
    const bytes = encoded({ blocks: [largest] });
    const reader = new MessageReader(LIMITS);
    const quarter = LIMITS.bitswapBlockBytes / 4;
    reader.append(bytes.subarray(0, quarter - 1_000));
    expect(reader.next()).toBeUndefined();
    expect(reader.heldBytes).toBeLessThan(quarter);
    reader.append(bytes.subarray(quarter - 1_000, quarter + 1_000));
    expect(reader.next()).toBeUndefined();
    expect(reader.heldBytes).toBeGreaterThanOrEqual(LIMITS.bitswapBlockBytes);
    expect(reader.heldBytes).toBeLessThan(LIMITS.bitswapBlockBytes + 1_000);
    reader.append(bytes.subarray(quarter + 1_000));
    expect(Buffer.compare(reader.next()!.message.blocks[0]!.data, largest.data)).toBe(0);
    expect(reader.heldBytes).toBe(0);
  });
});

describe('refused before it comes', () => {
  const start = (bytes: Uint8Array): string => {
    const reader = new MessageReader(LIMITS);
    reader.append(bytes.subarray(0, 100));
    return thrownCode(() => reader.next());
  };

  test('a block of 2 MiB and a byte, at the limit it is waited for', () => {
    const over = { prefix: hex('01551220'), data: new Uint8Array(LIMITS.bitswapBlockBytes + 1) };
    expect(start(encoded({ blocks: [over] }))).toBe('ERR_BLOCK_TOO_LARGE');
    expect(start(encoded({ blocks: [largest] }))).toBe('nothing was thrown');
  });

  test('a message of 4 MiB and a byte', () => {
    expect(start(encodeVarint(LIMITS.bitswapMessageBytes + 1))).toBe('ERR_BITSWAP_TOO_LARGE');
    expect(start(encodeVarint(LIMITS.bitswapMessageBytes))).toBe('nothing was thrown');
  });
});

test('garbage ends in a typed error or in waiting, in any chunks', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), (bytes, size) => {
      const reader = new MessageReader(LIMITS);
      // Long enough to be read field by field.
      reader.append(encodeVarint(100_000));
      try {
        for (let at = 0; at < bytes.length; at += size) {
          reader.append(bytes.subarray(at, at + size));
          reader.next();
        }
        reader.append(new Uint8Array(100_000 - bytes.length));
        reader.next();
      } catch (thrown) {
        expect(thrown).toMatchObject({
          blame: 'remote',
          code: expect.stringMatching(/^ERR_B(ITSWAP_BAD_MESSAGE|LOCK_TOO_LARGE)$/),
        });
      }
    }),
    { numRuns: 300 },
  );
});
