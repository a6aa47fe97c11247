/** Bitswap messages against bytes of Go and helia, and against the specification's schema read by protobufjs. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { LIMITS } from '../../src/limits.js';
import {
  decodeBitswapFrame,
  decodeBitswapLength,
  decodeBitswapMessage,
  encodeBitswapMessage,
  type BitswapMessage,
  type BitswapVersion,
  type WantlistEntry,
} from '../../src/wire/bitswap.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { concat, expectDecodes, hex, thrownCode, toHex } from '../support/decoding.js';

interface Vector {
  readonly name: string;
  readonly by: string;
  readonly hex: string;
  readonly lines: readonly string[];
  readonly encodesAs?: BitswapVersion;
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/bitswap/messages.json', import.meta.url), 'utf8')) as {
  readonly rawCid: string;
  readonly cidV0: string;
  readonly blockHex: string;
  readonly framed: readonly Vector[];
  readonly bodies: readonly Vector[];
};
const raw = CID.parse(vectors.rawCid).bytes;
const v0 = CID.parse(vectors.cidV0).bytes;

/** The schema of 1.2.0, with the field of 1.0.0. */
const Message = protobuf
  .parse(
    `syntax = "proto3";
     message Message {
       message Wantlist {
         enum WantType { Block = 0; Have = 1; }
         message Entry {
           bytes block = 1; int32 priority = 2; bool cancel = 3; WantType wantType = 4; bool sendDontHave = 5;
         }
         repeated Entry entries = 1;
         bool full = 2;
       }
       message Block { bytes prefix = 1; bytes data = 2; }
       enum BlockPresenceType { Have = 0; DontHave = 1; }
       message BlockPresence { bytes cid = 1; BlockPresenceType type = 2; }
       Wantlist wantlist = 1;
       repeated bytes blocks = 2;
       repeated Block payload = 3;
       repeated BlockPresence blockPresences = 4;
       int32 pendingBytes = 5;
     }`,
  )
  .root.lookupType('Message');

function message(parts: Partial<BitswapMessage> = {}): BitswapMessage {
  return { wantlist: undefined, blocks: [], presences: [], pendingBytes: 0, ...parts };
}

function entry(cid: Uint8Array, parts: Partial<WantlistEntry> = {}): WantlistEntry {
  return { cid, priority: 1, cancel: false, wantType: 'block', sendDontHave: false, ...parts };
}

const nameOf = (cid: Uint8Array): string => (toHex(cid) === toHex(raw) ? 'raw' : 'v0');

function linesOf({ wantlist, blocks, presences, pendingBytes }: BitswapMessage): string[] {
  return [
    ...(wantlist?.full === true ? ['full'] : []),
    ...(wantlist?.entries ?? []).map((one) =>
      one.cancel
        ? `cancel ${nameOf(one.cid)}`
        : `want-${one.wantType} ${nameOf(one.cid)} ${one.priority}${one.sendDontHave ? ' dont-have' : ''}`,
    ),
    ...presences.map(({ cid, has }) => `${has ? 'have' : 'dont-have'} ${nameOf(cid)}`),
    ...blocks.map(({ prefix, data }) => `block ${prefix === undefined ? 'none' : toHex(prefix)} ${toHex(data)}`),
    ...(pendingBytes === 0 ? [] : [`pending ${pendingBytes}`]),
  ];
}

const encode = (value: BitswapMessage, version: BitswapVersion = '1.2.0'): Uint8Array =>
  concat(...encodeBitswapMessage(value, version));

describe('bytes of other implementations', () => {
  test.each(vectors.framed)('$by: $name', ({ hex: text, lines, encodesAs }) => {
    const decoded = decodeBitswapFrame(hex(text));
    expect(linesOf(decoded!.value)).toEqual(lines);
    expectDecodes((bytes, offset) => decodeBitswapFrame(bytes, offset), hex(text), decoded!.value);
    if (encodesAs !== undefined) expect(toHex(encode(decoded!.value, encodesAs))).toBe(text);
  });

  test.each(vectors.bodies)('$by: $name', ({ hex: text, lines }) => {
    expect(linesOf(decodeBitswapMessage(hex(text)))).toEqual(lines);
  });
});

describe('the schema of the specification, read by protobufjs', () => {
  const cid = fc.constantFrom(raw, v0);
  const entries = fc.array(
    fc.record({
      cid,
      priority: fc.nat({ max: 0x7fffffff }),
      cancel: fc.boolean(),
      wantType: fc.constantFrom('block' as const, 'have' as const),
      sendDontHave: fc.boolean(),
    }),
    { maxLength: 5 },
  );
  const data = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 16_000, max: 40_000 }).map((size) => new Uint8Array(size).fill(7)),
  );
  const messages: fc.Arbitrary<BitswapMessage> = fc.record({
    wantlist: fc.option(fc.record({ entries, full: fc.boolean() }), { nil: undefined }),
    blocks: fc.array(fc.record({ prefix: fc.constant(hex('01551220')), data }), { maxLength: 4 }),
    presences: fc.array(fc.record({ cid, has: fc.boolean() }), { maxLength: 4 }),
    pendingBytes: fc.nat({ max: 0x7fffffff }),
  });
  const bytesOf = (value: unknown): string => toHex(value as Uint8Array);

  test('it reads what we write, and we read what it writes', () => {
    fc.assert(
      fc.property(messages, (value) => {
        const bytes = encode(value);
        const read = Message.toObject(Message.decode(bytes.subarray(lengthSize(bytes))), {
          defaults: true,
        });
        expect(read['wantlist'] ?? undefined).toEqual(
          value.wantlist && {
            full: value.wantlist.full,
            entries: value.wantlist.entries.map((one) => ({
              block: expect.anything(),
              priority: one.priority,
              cancel: one.cancel,
              wantType: one.wantType === 'have' ? 1 : 0,
              sendDontHave: one.sendDontHave,
            })),
          },
        );
        expect((read['payload'] as { data: Uint8Array }[]).map((one) => bytesOf(one.data))).toEqual(
          value.blocks.map((one) => toHex(one.data)),
        );
        expect(read['pendingBytes']).toBe(value.pendingBytes);
        const back = Message.encode(Message.fromObject(read)).finish();
        expect(linesOf(decodeBitswapMessage(new Uint8Array(back)))).toEqual(linesOf(value));
        expect(linesOf(decodeBitswapFrame(bytes)!.value)).toEqual(linesOf(value));
      }),
      { numRuns: 200 },
    );
  });
});

/** Size of the length prefix in front of `bytes`. */
function lengthSize(bytes: Uint8Array): number {
  return decodeBitswapLength(bytes)!.size;
}

describe('versions', () => {
  const data = hex(vectors.blockHex);
  const full = message({
    wantlist: { entries: [entry(raw, { wantType: 'have', sendDontHave: true })], full: true },
    blocks: [{ prefix: hex('01551220'), data }],
    presences: [{ cid: raw, has: true }],
    pendingBytes: 5,
  });

  test.each([
    {
      version: '1.2.0' as const,
      lines: ['full', 'want-have raw 1 dont-have', 'have raw', `block 01551220 ${vectors.blockHex}`, 'pending 5'],
    },
    { version: '1.1.0' as const, lines: ['full', 'want-block raw 1', `block 01551220 ${vectors.blockHex}`] },
    { version: '1.0.0' as const, lines: ['full', 'want-block v0 1', `block none ${vectors.blockHex}`] },
  ])('$version says what it can', ({ version, lines }) => {
    const { value } = decodeBitswapFrame(encode(full, version))!;
    expect(linesOf(value)).toEqual(lines);
    if (version === '1.0.0') expect(toHex(value.wantlist!.entries[0]!.cid)).toBe(toHex(v0));
  });
});

describe('copies', () => {
  test('a large block is a piece of its own, a small one is not', () => {
    const data = new Uint8Array(100_000);
    const pieces = encodeBitswapMessage(message({ blocks: [{ prefix: hex('01551220'), data }] }), '1.2.0');
    expect(pieces.some((piece) => piece === data)).toBe(true);
    expect(
      encodeBitswapMessage(message({ blocks: [{ prefix: hex('01551220'), data: new Uint8Array(100) }] }), '1.2.0'),
    ).toHaveLength(1);
  });

  test('what is decoded are views of the message', () => {
    const bytes = encode(message({ blocks: [{ prefix: hex('01551220'), data: new Uint8Array(100_000) }] }));
    expect(decodeBitswapFrame(bytes)!.value.blocks[0]!.data.buffer).toBe(bytes.buffer);
  });
});

describe('limits', () => {
  const framed = (length: number): Uint8Array => concat(encodeVarint(length), new Uint8Array(3));

  test('a message of 4 MiB is waited for, one byte more is refused before it comes', () => {
    expect(decodeBitswapFrame(framed(LIMITS.bitswapMessageBytes))).toBeUndefined();
    expect(thrownCode(() => decodeBitswapFrame(framed(LIMITS.bitswapMessageBytes + 1)))).toBe('ERR_BITSWAP_TOO_LARGE');
  });

  test.each(['1.0.0', '1.1.0'] as const)('%s: a block of 2 MiB is taken, one byte more is not', (version) => {
    const block = (size: number): Uint8Array =>
      encode(message({ blocks: [{ prefix: hex('01551220'), data: new Uint8Array(size) }] }), version);
    expect(decodeBitswapFrame(block(LIMITS.bitswapBlockBytes))!.value.blocks[0]!.data.length).toBe(
      LIMITS.bitswapBlockBytes,
    );
    expect(thrownCode(() => decodeBitswapFrame(block(LIMITS.bitswapBlockBytes + 1)))).toBe('ERR_BLOCK_TOO_LARGE');
  });
});

describe('bad bytes', () => {
  test.each([
    { name: 'length of ten bytes', bytes: 'ffffffffffffffffffff01' },
    { name: 'length not in its shortest form', bytes: '8100 00' },
    { name: 'field cut short', bytes: '02 0a05' },
    { name: 'group', bytes: '02 0b0c' },
    { name: 'wantlist as a number', bytes: '02 0801' },
    { name: 'field number zero', bytes: '02 0001' },
    { name: 'want without a CID', bytes: '06 0a040a021001' },
    { name: 'block without a prefix', bytes: '05 1a03120161' },
    { name: 'presence without a CID', bytes: '04 22021001' },
    { name: 'number of eleven bytes', bytes: '0c 28ffffffffffffffffffff01' },
  ])('$name', ({ bytes }) => {
    expect(thrownCode(() => decodeBitswapFrame(hex(bytes)))).toBe('ERR_BITSWAP_BAD_MESSAGE');
  });

  test('garbage is a message or a typed error that blames the peer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          decodeBitswapMessage(bytes);
        } catch (thrown) {
          expect(thrown).toMatchObject({ blame: 'remote', code: 'ERR_BITSWAP_BAD_MESSAGE' });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('wants and presences of a type that no version knows are left out, unknown fields too', () => {
    const want = (type: string): string => `0a2a 0a28 0a24 ${toHex(raw)} 20${type}`;
    expect(linesOf(decodeBitswapMessage(hex(want('07'))))).toEqual([]);
    expect(linesOf(decodeBitswapMessage(hex(want('01'))))).toEqual(['want-have raw 0']);
    expect(linesOf(decodeBitswapMessage(hex(`2228 0a24 ${toHex(raw)} 1007`)))).toEqual([]);
    expect(linesOf(decodeBitswapMessage(hex('7a03616263 5001')))).toEqual([]);
  });

  test('a wantlist in two pieces is one, as protobuf has it', () => {
    const one = toHex(encode(message({ wantlist: { entries: [entry(raw)], full: false } })).slice(1));
    const two = toHex(encode(message({ wantlist: { entries: [entry(v0)], full: true } })).slice(1));
    expect(linesOf(decodeBitswapMessage(hex(one + two)))).toEqual(['full', 'want-block raw 1', 'want-block v0 1']);
  });
});
