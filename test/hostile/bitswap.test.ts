/** What a peer may do wrong in bitswap, against a node over TCP: its stream is lost, its connection and the store are not. */
import { describe, expect, test } from '@jest/globals';
import type { ErrorCode } from '../../src/errors.js';
import { LIMITS } from '../../src/limits.js';
import type { StoredBlock } from '../../src/ports.js';
import { decodeBitswapMessage, type BitswapMessage } from '../../src/wire/bitswap.js';
import { encodeVarintPrefixed } from '../../src/wire/length-prefixed.js';
import { encodeVarint } from '../../src/wire/varint.js';
import { blockOf, encoded, entry, wireBlock } from '../actors/bitswap/fixtures.js';
import { eventually } from '../support/hostile-pipe.js';
import {
  expectFailure,
  expectRejected,
  expectStillServing,
  startTarget,
  type Target,
} from '../support/hostile-target.js';
import { upgradeToYamux, type HostileStream, type HostileYamux } from '../support/hostile-yamux.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { pattern } from '../support/streams.js';

const BITSWAP = '/ipfs/bitswap/1.2.0';
const MESSAGE_BYTES = LIMITS.bitswapMessageBytes;
const BLOCK_BYTES = LIMITS.bitswapBlockBytes;
const IMPATIENT = { limits: { bitswapWantTimeoutMs: 400, bitswapRebroadcastMs: 100 } } as const;

const kept = blockOf(pattern(5000, 1));
const wanted = blockOf(pattern(6000, 2));

/** A node with a block in its store, and a peer with a stream to its bitswap. */
async function exchanging(options: Parameters<typeof startTarget>[0] = {}): Promise<{
  readonly target: Target;
  readonly yamux: HostileYamux;
  readonly stream: HostileStream;
}> {
  const target = await startTarget(options);
  await target.node.blocks.putMany([kept]);
  const yamux = await upgradeToYamux(target.address, { speaks: [BITSWAP] });
  return { target, yamux, stream: await yamux.openStream(BITSWAP) };
}

/** Sends more than one window holds, at the pace of the credit. */
async function sendAll(stream: HostileStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    await eventually('the node gives credit', () => stream.creditBytes > 0 || stream.wasReset);
    const size = Math.min(65_536, stream.creditBytes, bytes.length - at);
    if (stream.wasReset) return;
    stream.send(bytes.subarray(at, at + size));
    at += size;
  }
}

/** The next message of the node on a stream that it opened. */
async function readMessage(stream: HostileStream): Promise<BitswapMessage> {
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const [byte = 0] = await stream.read(1);
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return decodeBitswapMessage(await stream.read(length));
}

/** The node's bitswap gives this peer the block that it has: nothing was lost, and the peer is still served. */
async function expectServed(yamux: HostileYamux): Promise<void> {
  const stream = await yamux.openStream(BITSWAP);
  stream.send(encoded({ wantlist: { entries: [entry(kept.cid)], full: false } }));
  const answers = await yamux.accept(BITSWAP);
  for (;;) {
    const { blocks } = await readMessage(answers);
    if (blocks.some(({ data }) => Buffer.compare(data, kept.bytes) === 0)) return;
  }
}

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

async function collect({ node }: Target, block: StoredBlock): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of node.cat(block.cid.toString())) chunks.push(chunk);
  return concat(...chunks);
}

/** Reads until the node has asked for the block. */
async function readWants(answers: HostileStream, { cid }: StoredBlock): Promise<void> {
  for (;;) {
    const { wantlist } = await readMessage(answers);
    if (wantlist?.entries.some((one) => Buffer.compare(one.cid, cid.bytes) === 0)) return;
  }
}

describe('a peer that is asked for a block', () => {
  test('and sends other bytes under its CID: they are never stored, and an honest peer is heard', async () => {
    // Nothing is asked again by the clock: it is the fault that makes the honest peer's offer count.
    const { target, yamux, stream } = await exchanging({ limits: { bitswapRebroadcastMs: 60_000 } });
    const fetched = collect(target, wanted);
    const asked = await yamux.accept(BITSWAP);
    await readWants(asked, wanted);
    stream.send(encoded({ presences: [{ cid: wanted.cid.bytes, has: true }] }));
    stream.send(encoded({ blocks: [{ ...wireBlock(wanted), data: pattern(6000, 3) }] }));
    await expectFailure(target, {
      event: 'stream.failed',
      code: 'ERR_BLOCK_MISMATCH',
      machine: 'bitswapInbound',
      state: 'reading',
    });
    expect(await target.node.blocks.has(wanted.cid)).toBe(false);
    const honest = await startTarget({ listen: [] });
    await honest.node.blocks.putMany([wanted]);
    await honest.node.dial(target.address);
    expect(Buffer.compare(await fetched, wanted.bytes)).toBe(0);
    expect(await target.node.blocks.has(wanted.cid)).toBe(true);
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('and says nothing: the want ends by its name, and who was asked is in it', async () => {
    const { target, yamux } = await exchanging(IMPATIENT);
    const fetched = collect(target, wanted);
    fetched.catch(() => undefined);
    await readWants(await yamux.accept(BITSWAP), wanted);
    const error = await fetched.then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string; details: { asked?: readonly string[] } },
    );
    expect(['ERR_BITSWAP_TIMEOUT', 'ERR_BLOCK_NOT_FOUND']).toContain(error?.code);
    expect(error?.details.asked).toEqual([expect.stringContaining('12D3Koo')]);
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('and promises it, and says nothing more', async () => {
    const { target, yamux, stream } = await exchanging(IMPATIENT);
    const fetched = collect(target, wanted);
    fetched.catch(() => undefined);
    await readWants(await yamux.accept(BITSWAP), wanted);
    stream.send(encoded({ presences: [{ cid: wanted.cid.bytes, has: true }] }));
    await expectRejected(fetched, {
      code: 'ERR_BITSWAP_TIMEOUT',
      machine: 'bitswapSession',
      state: expect.any(String) as unknown as string,
    });
    await yamux.expectEcho('the connection goes on');
    await expectStillServing(target);
  });

  test('and closes the connection in the middle of the block', async () => {
    const { target, yamux, stream } = await exchanging(IMPATIENT);
    const fetched = collect(target, wanted);
    fetched.catch(() => undefined);
    await readWants(await yamux.accept(BITSWAP), wanted);
    stream.send(encoded({ blocks: [wireBlock(wanted)] }).subarray(0, 3000));
    await eventually('the half is there', () => (target.node.connections()[0]?.bytesIn ?? 0) > 3000);
    yamux.pipe.raw.socket.destroy();
    const error = await fetched.then(
      () => undefined,
      (thrown: unknown) => thrown as { code: string },
    );
    expect(['ERR_BITSWAP_TIMEOUT', 'ERR_BLOCK_NOT_FOUND']).toContain(error?.code);
    expect(await target.node.blocks.has(kept.cid)).toBe(true);
    await expectStillServing(target);
  });
});

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
