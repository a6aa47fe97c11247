/** What a peer may do wrong in bitswap, against a node over TCP: its stream is lost, its connection and the store are not. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { blockOf, encoded, entry, wireBlock } from '../actors/bitswap/fixtures.js';
import { eventually } from '../support/hostile-pipe.js';
import { expectFailure, expectStillServing } from '../support/hostile-target.js';
import type { HostileStream } from '../support/hostile-yamux.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { pattern } from '../support/streams.js';
import {
  BITSWAP,
  kept,
  wanted,
  exchanging,
  sendAll,
  readMessage,
  expectServed,
  collect,
  readWants,
} from '../support/hostile-bitswap.js';

const MESSAGE_BYTES = LIMITS.bitswapMessageBytes;
const BLOCK_BYTES = LIMITS.bitswapBlockBytes;

/** A message of `size` bytes without its length: an unknown field fills what `parts` leave. */
function bodyOf(size: number, parts: Parameters<typeof encoded>[0]): Uint8Array {
  const frame = encoded(parts);
  const body = frame.subarray(encodeVarint(frame.length - 2).length);
  for (let fill = size - body.length - 2; ; fill--) {
    const head = concat(Uint8Array.of(0x7a), encodeVarint(fill));
    if (body.length + head.length + fill === size) return concat(body, head, new Uint8Array(fill));
  }
}

interface Act {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly ends?: boolean;
  readonly code: ErrorCode;
}

const message = (body: string): Uint8Array => encodeVarintPrefixed(hex(body));

const ACTS: readonly Act[] = [
  { name: 'garbage', bytes: encodeVarintPrefixed(utf8('this is no protobuf')), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  { name: 'a length that never ends', bytes: new Uint8Array(16).fill(0xff), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  {
    name: 'a message of 4 MiB and one byte, by its length',
    bytes: encodeVarint(MESSAGE_BYTES + 1),
    code: 'ERR_BITSWAP_TOO_LARGE',
  },
  {
    name: 'groups 100,000 deep',
    bytes: encodeVarintPrefixed(new Uint8Array(100_000).fill(0x0b)),
    code: 'ERR_BITSWAP_BAD_MESSAGE',
  },
  {
    name: 'a field that says it is 4 GiB long',
    bytes: message('1a ff ff ff ff 0f 00'),
    code: 'ERR_BITSWAP_BAD_MESSAGE',
  },
  { name: 'a want without a CID', bytes: message('0a 04 0a 02 10 01'), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  { name: 'a want whose CID is none', bytes: message('0a 06 0a 04 0a 02 09 09'), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  { name: 'a block without a prefix', bytes: message('1a 03 12 01 00'), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  {
    name: 'a block whose prefix is none',
    bytes: encoded({ blocks: [{ prefix: hex('05 55'), data: utf8('x') }] }),
    code: 'ERR_BITSWAP_BAD_MESSAGE',
  },
  {
    name: 'a block of 2 MiB and one byte',
    bytes: encoded({ blocks: [wireBlock(blockOf(new Uint8Array(BLOCK_BYTES + 1)))] }),
    code: 'ERR_BLOCK_TOO_LARGE',
  },
  {
    name: 'a block that nobody asked for',
    bytes: encoded({ blocks: [wireBlock(wanted)] }),
    code: 'ERR_BLOCK_MISMATCH',
  },
  {
    name: 'a block with a hash that is not supported',
    bytes: encoded({ blocks: [{ prefix: hex('01 55 99 01 20'), data: utf8('x') }] }),
    code: 'ERR_BLOCK_MISMATCH',
  },
  {
    name: 'the end in the middle of a message',
    bytes: encoded({ wantlist: { entries: [entry(kept.cid)], full: false } }).subarray(0, 20),
    ends: true,
    code: 'ERR_STREAM_ENDED',
  },
];

describe('a message that is not one', () => {
  test.each(ACTS)('$name', async ({ bytes, ends, code }) => {
    const { target, yamux, stream } = await exchanging();
    await sendAll(stream, bytes);
    if (ends === true) stream.end();
    await expectFailure(target, {
      event: 'stream.failed',
      code,
      machine: 'bitswapInbound',
      state: 'reading',
    });
    // A peer that has closed its side has nothing left to be reset.
    if (ends !== true) await stream.expectReset();
    expect(await target.node.blocks.has(wanted.cid)).toBe(false);
    await yamux.expectEcho('the connection goes on');
    await expectServed(yamux);
    await expectStillServing(target);
  });
});

describe('at the limits', () => {
  test('a message of 4 MiB is read, and its want is served', async () => {
    const { target, yamux, stream } = await exchanging();
    const body = bodyOf(MESSAGE_BYTES, { wantlist: { entries: [entry(kept.cid)], full: false } });
    expect(body.length).toBe(MESSAGE_BYTES);
    await sendAll(stream, encodeVarintPrefixed(body));
    const answers = await yamux.accept(BITSWAP);
    const { blocks } = await readMessage(answers);
    expect(blocks.map(({ data }) => Buffer.compare(data, kept.bytes))).toEqual([0]);
    await expectStillServing(target);
  });

  test('a block of 2 MiB is fetched', async () => {
    const { target, yamux, stream } = await exchanging();
    const large = blockOf(pattern(BLOCK_BYTES, 7));
    const fetched = collect(target, large);
    await readWants(await yamux.accept(BITSWAP), large);
    await sendAll(stream, encoded({ blocks: [wireBlock(large)] }));
    expect(Buffer.compare(await fetched, large.bytes)).toBe(0);
    expect(await target.node.blocks.has(large.cid)).toBe(true);
    await expectStillServing(target);
  });

  test.each([
    { wants: LIMITS.bitswapWantsPerPeer, answered: LIMITS.bitswapWantsPerPeer },
    { wants: LIMITS.bitswapWantsPerPeer + 1, answered: LIMITS.bitswapWantsPerPeer },
  ])('of $wants wants in a list, $answered are remembered', async ({ wants, answered }) => {
    const { target, yamux, stream } = await exchanging();
    // The last one has the lowest priority: it is the one to go, and the one whose answer would come last.
    const entries = Array.from({ length: wants }, (_, index) =>
      entry(blockOf(utf8(`missing ${index}`)).cid, { priority: wants - index }),
    );
    await sendAll(stream, encoded({ wantlist: { entries, full: true } }));
    const answers = await yamux.accept(BITSWAP);
    let presences = 0;
    while (presences < answered) presences += (await readMessage(answers)).presences.length;
    await expectNext(stream, answers);
    expect(presences).toBe(answered);
    await expectStillServing(target);
  });
});

/** A want after the others is served next: nothing was answered in between. */
async function expectNext(stream: HostileStream, answers: HostileStream): Promise<void> {
  stream.send(encoded({ wantlist: { entries: [entry(kept.cid, { priority: 9999 })], full: true } }));
  const { blocks, presences } = await readMessage(answers);
  expect([presences.length, blocks.length]).toEqual([0, 1]);
}

test('unfinished messages on many streams are bounded together', async () => {
  const { target, yamux } = await exchanging({ limits: { bitswapReceiveBytesPerPeer: 256 * 1024 } });
  const streams: HostileStream[] = [];
  for (let count = 0; count < 5; count++) {
    const stream = await yamux.openStream(BITSWAP);
    streams.push(stream);
    stream.send(encodeVarint(MESSAGE_BYTES), new Uint8Array(60_000));
  }
  await expectFailure(target, {
    event: 'stream.failed',
    code: 'ERR_BITSWAP_TOO_LARGE',
    machine: 'bitswapInbound',
    state: 'reading',
  });
  await eventually('one of them is reset', () => streams.some(({ wasReset }) => wasReset));
  expect(streams.filter(({ wasReset }) => wasReset).length).toBe(1);
  await expectServed(yamux);
  await expectStillServing(target);
});
