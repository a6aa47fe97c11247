/** What peers must not send, at each limit and one past it: a named failure, the others go on, nothing bad is stored. */
import { describe, expect, test } from '@jest/globals';
import { LIMITS } from '../../../src/limits.js';
import type { StoredBlock } from '../../../src/ports.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import { encodeVarint } from '../../../src/wire/varint.js';
import { FakeNetwork, V110, V120, type FakeNode, type FakeNodeOptions } from './fake-network.js';
import { blocks, blockOf, encoded, entry, nameOf, ScriptedPeer, wireBlock } from './fixtures.js';

const [wanted, other] = blocks(2, 5_000) as [StoredBlock, StoredBlock];

interface Scene {
  readonly network: FakeNetwork;
  readonly client: FakeNode;
  readonly bad: ScriptedPeer;
  readonly good: ScriptedPeer;
}

/** A client between a peer that will misbehave and one that will not; `wanted` is asked of the bad one. */
async function scene(options: FakeNodeOptions = {}): Promise<Scene & { readonly got: Promise<Uint8Array> }> {
  const network = new FakeNetwork();
  const client = network.add('client', options);
  client.bitswap.start();
  const bad = new ScriptedPeer(network, network.add('bad'), client);
  const good = new ScriptedPeer(network, network.add('good'), client);
  for (const { node } of [bad, good]) network.connect(client, node);
  const session = client.bitswap.createSession({ peers: ['bad'] });
  const got = session.want(wanted.cid);
  got.catch(() => undefined);
  await network.idle();
  session.addPeer('good');
  return { network, client, bad, good, got };
}

/** Multihashes of what a node has stored. */
async function stored(node: FakeNode): Promise<string[]> {
  const multihashes: string[] = [];
  for await (const cid of node.store.cids()) multihashes.push(cid.toString());
  return multihashes;
}

const zeros = (size: number): Uint8Array => new Uint8Array(size);
const flipped = Uint8Array.from(wanted.bytes, (byte, index) => (index === 100 ? byte ^ 1 : byte));
/** A message that is one block of `size` bytes, as our encoder writes it. */
const blockMessage = (size: number): Uint8Array => encoded({ blocks: [wireBlock(blockOf(zeros(size)))] });
/** A message of exactly `size` body bytes: unknown field 15, filled up. */
function filledMessage(size: number): Uint8Array {
  const head = [0x7a, ...encodeVarint(size - 5)];
  return Uint8Array.from([...encodeVarint(size), ...head, ...zeros(size - head.length)]);
}

const faults: { name: string; bytes: Uint8Array; code: string; protocol?: string }[] = [
  {
    name: 'a block whose bytes are not what its CID says',
    bytes: encoded({ blocks: [{ ...wireBlock(wanted), data: flipped }] }),
    code: 'ERR_BLOCK_MISMATCH',
  },
  { name: 'a block that nobody asked for', bytes: encoded({ blocks: [wireBlock(other)] }), code: 'ERR_BLOCK_MISMATCH' },
  {
    name: 'a block with a hash that nobody knows',
    bytes: encoded({ blocks: [{ prefix: Uint8Array.of(1, 0x55, 0x99, 1, 32), data: wanted.bytes }] }),
    code: 'ERR_BLOCK_MISMATCH',
  },
  {
    name: 'a block with an identity hash',
    bytes: encoded({ blocks: [{ prefix: Uint8Array.of(1, 0x55, 0, 3), data: Uint8Array.of(1, 2, 3) }] }),
    code: 'ERR_BLOCK_MISMATCH',
  },
  {
    name: 'a digest cut to nothing',
    bytes: encoded({ blocks: [{ prefix: Uint8Array.of(1, 0x55, 0x12, 0), data: wanted.bytes }] }),
    code: 'ERR_BLOCK_MISMATCH',
  },
  {
    name: 'a prefix that is none',
    bytes: encoded({ blocks: [{ prefix: Uint8Array.of(9), data: wanted.bytes }] }),
    code: 'ERR_BITSWAP_BAD_MESSAGE',
  },
  {
    name: 'a bare block of other bytes',
    bytes: encoded({ blocks: [wireBlock(other)] }, '1.0.0'),
    code: 'ERR_BLOCK_MISMATCH',
    protocol: '/ipfs/bitswap/1.0.0',
  },
  {
    name: 'a block of 2 MiB and a byte',
    bytes: blockMessage(LIMITS.bitswapBlockBytes + 1),
    code: 'ERR_BLOCK_TOO_LARGE',
  },
  {
    name: 'a message of 4 MiB and a byte',
    bytes: encodeVarint(LIMITS.bitswapMessageBytes + 1),
    code: 'ERR_BITSWAP_TOO_LARGE',
  },
  { name: 'a length without end', bytes: zeros(12).fill(0xff), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  { name: 'bytes that are no message', bytes: Uint8Array.of(3, 0xff, 0xff, 0xff), code: 'ERR_BITSWAP_BAD_MESSAGE' },
  {
    name: 'a want that is no CID',
    bytes: encoded({ wantlist: { entries: [{ ...entry(other.cid), cid: Uint8Array.of(1, 2) }], full: false } }),
    code: 'ERR_BITSWAP_BAD_MESSAGE',
  },
  {
    name: 'a presence that is no CID',
    bytes: encoded({ presences: [{ cid: Uint8Array.of(1, 2), has: true }] }),
    code: 'ERR_BITSWAP_BAD_MESSAGE',
  },
];

describe('a peer that breaks the protocol', () => {
  test.each(faults)('$name: the stream is reset, another peer is asked', async ({ bytes, code, protocol = V120 }) => {
    const { network, client, bad, good, got } = await scene();
    const codes: unknown[] = [];
    client.bitswap.events$.subscribe((event) => event.type === 'peer.fault' && codes.push(event.code));
    const stream = await bad.send(bytes, protocol);
    expect(codes).toEqual([code]);
    expect(stream.error?.code).toBe('ERR_STREAM_RESET');
    expect(good.heard).toEqual([[`want-block ${nameOf(wanted)}`]]);
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 1, blocksReceived: 0 });
    await good.say({ blocks: [wireBlock(wanted)] });
    await expect(got).resolves.toEqual(wanted.bytes);
    await network.idle();
    expect(await stored(client)).toEqual([wanted.cid.toString()]);
    expect(client.broken).toEqual([]);
    // The node goes on serving, the bad peer too, on a new stream.
    await bad.say({ wantlist: { entries: [entry(wanted.cid)], full: false } });
    expect(bad.heard.at(-1)).toEqual([`block ${nameOf(wanted)}`]);
  });

  test('a good block beside a bad one is taken', async () => {
    const { bad, got, client } = await scene();
    await bad.say({ blocks: [wireBlock(other), wireBlock(wanted)] });
    await expect(got).resolves.toEqual(wanted.bytes);
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ unrequested: 1, faults: 1, blocksReceived: 1 });
  });

  test('the stream ends in the middle of a message', async () => {
    const { network, bad, good, client } = await scene();
    const stream = await bad.send(encoded({ blocks: [wireBlock(wanted)] }).subarray(0, 100));
    stream.closeWrite();
    await network.idle();
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 1 });
    expect(good.heard).toEqual([[`want-block ${nameOf(wanted)}`]]);
  });

  test('the stream ends between two messages: no fault', async () => {
    const { network, bad, client, got } = await scene();
    const stream = await bad.say({ blocks: [wireBlock(wanted)] });
    stream.closeWrite();
    await network.idle();
    await expect(got).resolves.toEqual(wanted.bytes);
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 0 });
  });

  test('the stream is reset in the middle of a message: no fault, the want stays', async () => {
    const { network, bad, client, got } = await scene();
    const stream = await bad.send(encoded({ blocks: [wireBlock(wanted)] }).subarray(0, 100));
    stream.reset();
    await network.idle();
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 0 });
    await bad.say({ blocks: [wireBlock(wanted)] });
    await expect(got).resolves.toEqual(wanted.bytes);
  });

  test('after three faults it is asked nothing more', async () => {
    const { network, client, bad } = await scene();
    for (let count = 0; count < LIMITS.bitswapFaults; count++) {
      await bad.send(Uint8Array.of(3, 0xff, 0xff, 0xff));
    }
    const heard = bad.heard.length;
    const session = client.bitswap.createSession({ peers: ['bad'] });
    session.want(other.cid).catch(() => undefined);
    await network.idle();
    expect(session.providers).toEqual([]);
    expect(bad.heard.slice(heard).flat()).not.toContain(`want-block ${nameOf(other)}`);
    expect(bad.heard.slice(heard).flat()).not.toContain(`want-have ${nameOf(other)}`);
    session.close();
  });

  test('the only peer breaks the protocol: it is asked again, for there is no other', async () => {
    const network = new FakeNetwork();
    const client = network.add('client');
    client.bitswap.start();
    const bad = new ScriptedPeer(network, network.add('bad'), client);
    network.connect(client, bad.node);
    const got = client.bitswap.createSession({ peers: ['bad'] }).want(wanted.cid);
    await network.idle();
    await bad.send(Uint8Array.of(3, 0xff, 0xff, 0xff));
    expect(bad.heard).toEqual([[`want-block ${nameOf(wanted)}`], [`want-block ${nameOf(wanted)}`]]);
    await bad.say({ blocks: [wireBlock(wanted)] });
    await expect(got).resolves.toEqual(wanted.bytes);
  });
});

describe('at the limit', () => {
  test('a block of 2 MiB', async () => {
    const largest = blockOf(zeros(LIMITS.bitswapBlockBytes));
    const { client, bad } = await scene();
    const got = client.bitswap.createSession({ peers: ['bad'] }).want(largest.cid);
    await bad.send(encoded({ blocks: [wireBlock(largest)] }));
    expect((await got).length).toBe(LIMITS.bitswapBlockBytes);
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 0 });
  });

  test('a message of 4 MiB', async () => {
    const { client, bad } = await scene();
    const stream = await bad.send(filledMessage(LIMITS.bitswapMessageBytes));
    expect(stream.error).toBeUndefined();
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 0 });
  });

  test('unfinished messages on many streams, and one byte past what a peer may have of them', async () => {
    const { network, client, bad } = await scene({ limits: { bitswapReceiveBytesPerPeer: 3_000 } });
    const part = filledMessage(1_000_000).subarray(0, 1_003);
    const streams = [];
    for (let count = 0; count < 3; count++) {
      const stream = await network.openStream(bad.node, 'client', [V120]);
      stream.write(part);
      streams.push(stream);
    }
    await network.idle();
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 0 });
    streams[0]!.write(zeros(1));
    await network.idle();
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 1 });
    expect(streams.map(({ error }) => error?.code)).toEqual(['ERR_STREAM_RESET', undefined, undefined]);
  });
});

describe('answers on the stream that we opened', () => {
  test('they are read, and what must not be sent is a fault there too', async () => {
    const { network, client, bad, got } = await scene();
    // Not the habit of Go or helia, whose answers come on streams of their own.
    const answers = bad.inbound[0]!;
    answers.write(encoded({ blocks: [wireBlock(wanted)] }));
    await network.idle();
    await expect(got).resolves.toEqual(wanted.bytes);
    answers.write(encoded({ blocks: [wireBlock(other)] }));
    await network.idle();
    expect(answers.error?.code).toBe('ERR_STREAM_RESET');
    expect(client.bitswap.ledgers.get('bad')).toMatchObject({ faults: 1 });
  });
});

describe('a store that fails', () => {
  async function fetchInto(
    store: MemoryBlockStore,
  ): Promise<Scene & { readonly session: ReturnType<FakeNode['bitswap']['createSession']> }> {
    const { network, client, bad, good } = await scene({ store });
    return { network, client, bad, good, session: client.bitswap.createSession({ peers: ['good'] }) };
  }

  test('it is full: the session that wanted the block hears it, the node goes on', async () => {
    const store = new MemoryBlockStore({ capacityBytes: 6_000 });
    const { network, client, good, session } = await fetchInto(store);
    const first = session.want(wanted.cid);
    await network.idle();
    await good.say({ blocks: [wireBlock(wanted)] });
    await first;
    await expect(session.flush()).resolves.toBeUndefined();
    const second = session.want(other.cid);
    await network.idle();
    await good.say({ blocks: [wireBlock(other)] });
    await expect(second).resolves.toEqual(other.bytes);
    await expect(session.flush()).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', blame: 'local' });
    await expect(session.want(blockOf(zeros(3)).cid)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect(session.state).toBe('failed');
    // The block that was stored is still there and served.
    expect(await store.get(wanted.cid)).toEqual(wanted.bytes);
    await good.say({ wantlist: { entries: [entry(wanted.cid)], full: false } });
    expect(good.heard.at(-1)).toEqual([`block ${nameOf(wanted)}`]);
    expect(client.broken).toEqual([]);
  });

  test('it fails while wants are open: they reject, peers hear cancels', async () => {
    const store = new MemoryBlockStore();
    const { network, client, good, session } = await fetchInto(store);
    const first = session.want(wanted.cid);
    const second = session.want(other.cid);
    second.catch(() => undefined);
    await network.idle();
    store.failWith(new Error('disk is gone'), 'writes');
    await good.say({ blocks: [wireBlock(wanted)] });
    await first;
    await expect(second).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect(good.heard.at(-1)).toEqual([`cancel ${nameOf(other)}`]);
    // Another session is none the worse for it once the store works again.
    store.failWith(undefined, 'all');
    const later = client.bitswap.createSession({ peers: ['good'] });
    const again = later.want(other.cid);
    await network.idle();
    await good.say({ blocks: [wireBlock(other)] });
    await expect(again).resolves.toEqual(other.bytes);
    await later.flush();
    expect(store.size).toBe(1);
  });

  test('a flush that waits hears it', async () => {
    const store = new MemoryBlockStore();
    store.failWith(new Error('disk is gone'), 'writes');
    const { network, client, good, session } = await fetchInto(store);
    const first = session.want(wanted.cid);
    await network.idle();
    const flushed = first.then(() => session.flush());
    flushed.catch(() => undefined);
    await good.say({ blocks: [wireBlock(wanted)] });
    await expect(flushed).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect(client.broken).toEqual([]);
  });
});

test('a handler without bitswap running resets the stream', async () => {
  const network = new FakeNetwork();
  const [client, server] = [network.add('client'), network.add('server')];
  network.connect(client, server);
  const stream = await network.openStream(client, 'server', [V110]);
  await network.idle();
  expect(stream.error?.code).toBe('ERR_STREAM_RESET');
});
