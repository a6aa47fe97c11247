/** How peers are served: what each want is answered with, in what order, and how much at once. */
import { describe, expect, test } from '@jest/globals';
import type { CID } from 'multiformats/cid';
import { EngineError } from '../../../src/errors.js';
import { LIMITS } from '../../../src/limits.js';
import type { StoredBlock } from '../../../src/ports.js';
import { MemoryBlockStore } from '../../../src/sim/memory-store.js';
import { create } from 'multiformats/hashes/digest';
import { CID as Cid } from 'multiformats/cid';
import type { BitswapVersion, WantlistEntry } from '../../../src/wire/bitswap.js';
import { FakeNetwork, type FakeNode, type FakeNodeOptions } from './fake-network.js';
import { blocks, blockOf, entry, messagesOn, nameOf, ScriptedPeer } from './fixtures.js';

interface Scene {
  readonly network: FakeNetwork;
  readonly server: FakeNode;
  readonly peer: ScriptedPeer;
}

async function scene(stored: readonly StoredBlock[], options: FakeNodeOptions = {}, reads = true): Promise<Scene> {
  const network = new FakeNetwork();
  const server = network.add('server', options);
  server.bitswap.start();
  await server.store.putMany(stored);
  const peer = new ScriptedPeer(network, network.add('peer'), server, reads);
  network.connect(server, peer.node);
  return { network, server, peer };
}

const [one, two, three] = blocks(3, 5_000) as [StoredBlock, StoredBlock, StoredBlock];
const want = (cid: CID, parts: Partial<WantlistEntry> = {}) => entry(cid, parts);
const wants = (...entries: WantlistEntry[]) => ({ wantlist: { entries, full: false } });
const sized = (size: number): StoredBlock => blockOf(new Uint8Array(size).fill(size % 251));

describe('answers', () => {
  test.each([
    { name: 'want-block for what is there', entries: [want(one.cid)], heard: [`block ${nameOf(one)}`] },
    {
      name: 'want-have for what is there',
      entries: [want(one.cid, { wantType: 'have' })],
      heard: [`have ${nameOf(one)}`],
    },
    { name: 'want-block for what is not', entries: [want(three.cid)], heard: [`dont-have ${nameOf(three)}`] },
    {
      name: 'want-have for what is not',
      entries: [want(three.cid, { wantType: 'have' })],
      heard: [`dont-have ${nameOf(three)}`],
    },
    { name: 'silence where no dont-have is asked for', entries: [want(three.cid, { sendDontHave: false })], heard: [] },
    {
      name: 'several at once',
      entries: [want(one.cid), want(three.cid), want(two.cid, { wantType: 'have' })],
      heard: [`dont-have ${nameOf(three)}`, `have ${nameOf(two)}`, `block ${nameOf(one)}`],
    },
  ])('$name', async ({ entries, heard }) => {
    const { peer } = await scene([one, two]);
    await peer.say(wants(...entries));
    expect(peer.heard.flat()).toEqual(heard);
  });

  test('a small block takes the place of have, up to the limit', async () => {
    const [small, larger] = [sized(LIMITS.bitswapReplaceHaveBytes), sized(LIMITS.bitswapReplaceHaveBytes + 1)];
    const { peer } = await scene([small, larger]);
    await peer.say(wants(...[small, larger].map(({ cid }) => want(cid, { wantType: 'have' }))));
    expect(peer.heard).toEqual([[`have ${nameOf(larger)}`, `block ${nameOf(small)}`]]);
  });

  test('where blocks are large they are not read to say have', async () => {
    const large = blocks(4, 300_000, 'large');
    const { peer, server } = await scene(large);
    await peer.say(wants(want(large[0]!.cid)));
    const read: number[] = [];
    const getMany = server.store.getMany.bind(server.store);
    server.store.getMany = (cids) => {
      read.push(cids.length);
      return getMany(cids);
    };
    await peer.say(wants(...[...large.slice(1), three].map(({ cid }) => want(cid, { wantType: 'have' }))));
    expect(read).toEqual([]);
    expect(peer.heard.slice(1).flat()).toEqual([
      ...large.slice(1).map((block) => `have ${nameOf(block)}`),
      `dont-have ${nameOf(three)}`,
    ]);
  });

  test('a block over 2 MiB that came into the store somehow is not sent', async () => {
    const [largest, over] = [sized(LIMITS.bitswapBlockBytes), sized(LIMITS.bitswapBlockBytes + 1)];
    const { peer } = await scene([largest, over]);
    await peer.say(wants(want(over.cid), want(largest.cid)));
    expect(peer.heard.flat().sort()).toEqual([`block ${nameOf(largest)}`, `dont-have ${nameOf(over)}`]);
  });

  test.each([
    { version: '1.1.0' as const, prefixed: true },
    { version: '1.0.0' as const, prefixed: false },
  ])(
    '$version: blocks, and nothing else',
    async ({ version, prefixed }: { version: BitswapVersion; prefixed: boolean }) => {
      const network = new FakeNetwork();
      const server = network.add('server');
      server.bitswap.start();
      await server.store.putMany([one]);
      const peer = new ScriptedPeer(network, network.add('peer', { protocols: [`/ipfs/bitswap/${version}`] }), server);
      network.connect(server, peer.node);
      await peer.say(wants(want(one.cid), want(three.cid)), version);
      expect(peer.heard.flat()).toEqual([`block ${nameOf(one)}`]);
      expect(messagesOn(peer.inbound[0]!)[0]!.blocks[0]!.prefix !== undefined).toBe(prefixed);
    },
  );

  test('the prefix is that of the CID that was asked for', async () => {
    const { peer } = await scene([one]);
    const asked = blockOf(one.bytes, 0x70);
    await peer.say(wants(want(asked.cid)));
    expect([...messagesOn(peer.inbound[0]!)[0]!.blocks[0]!.prefix!]).toEqual([1, 0x70, 0x12, 32]);
    await peer.say(wants(want(Cid.createV0(create(0x12, one.cid.multihash.digest)))));
    expect([...messagesOn(peer.inbound[0]!)[1]!.blocks[0]!.prefix!]).toEqual([0, 0x70, 0x12, 32]);
  });

  test('the ledger counts', async () => {
    const { server, peer } = await scene([one, two]);
    await peer.say(wants(want(one.cid), want(two.cid), want(three.cid)));
    expect(server.bitswap.ledgers.get('peer')).toMatchObject({ blocksSent: 2, bytesSent: 10_000, blocksReceived: 0 });
  });

  test('a store that fails to read: dont-have, and the node goes on', async () => {
    const store = new MemoryBlockStore();
    const { server, peer } = await scene([one], { store });
    store.failWith(new Error('disk is gone'), 'reads');
    await peer.say(wants(want(one.cid)));
    expect(peer.heard).toEqual([[`dont-have ${nameOf(one)}`]]);
    expect(server.bitswap.storeFailures).toBe(1);
    store.failWith(undefined, 'all');
    await peer.say(wants(want(one.cid)));
    expect(peer.heard.at(-1)).toEqual([`block ${nameOf(one)}`]);
    expect(server.broken).toEqual([]);
  });

  test('people can watch', async () => {
    const { server, peer } = await scene([one, two]);
    const seen: string[] = [];
    server.bitswap.events$.subscribe(({ type, peer: id, bytes }) => seen.push(`${type} ${id} ${bytes ?? ''}`));
    await peer.say(wants(want(one.cid), want(two.cid, { wantType: 'have' }), want(three.cid)));
    expect(seen).toEqual([
      'want-block.received peer ',
      'want-have.received peer ',
      'want-block.received peer ',
      'block.served peer 5000',
      'have.served peer ',
      'dont-have.served peer ',
    ]);
  });
});

describe('the wantlist of a peer', () => {
  test('what is not there is remembered, and sent when it comes', async () => {
    const { network, server, peer } = await scene([]);
    await peer.say(wants(want(one.cid), want(two.cid, { wantType: 'have' })));
    expect(server.bitswap.wantlistOf('peer').map(({ wantType }) => wantType)).toEqual(['block', 'have']);
    await server.store.putMany([one, two]);
    server.bitswap.notifyNewBlocks([one, two]);
    await network.idle();
    expect(peer.heard.at(-1)).toEqual([`have ${nameOf(two)}`, `block ${nameOf(one)}`]);
    expect(server.bitswap.wantlistOf('peer')).toEqual([]);
  });

  test('what one peer brings is passed on to another who wants it', async () => {
    const { network, server, peer } = await scene([]);
    const provider = network.add('provider');
    provider.bitswap.start();
    await provider.store.putMany([one]);
    network.connect(server, provider);
    await peer.say(wants(want(one.cid)));
    await server.bitswap.createSession().want(one.cid);
    await network.idle();
    expect(peer.heard.at(-1)).toEqual([`block ${nameOf(one)}`]);
  });

  test('a cancelled want is forgotten', async () => {
    const { network, server, peer } = await scene([]);
    await peer.say(wants(want(one.cid), want(two.cid)));
    await peer.say(wants(want(one.cid, { cancel: true })));
    await server.store.putMany([one, two]);
    server.bitswap.notifyNewBlocks([one, two]);
    await network.idle();
    expect(peer.heard.at(-1)).toEqual([`block ${nameOf(two)}`]);
  });

  test('a full wantlist takes the place of the old one', async () => {
    const { server, peer } = await scene([]);
    await peer.say(wants(want(one.cid), want(two.cid)));
    await peer.say({ wantlist: { entries: [want(three.cid)], full: true } });
    expect(server.bitswap.wantlistOf('peer').map(({ cid }) => cid)).toEqual([three.cid.toString()]);
  });

  test('a want that is said again is answered again', async () => {
    const { peer } = await scene([]);
    await peer.say(wants(want(one.cid)));
    await peer.say(wants(want(one.cid)));
    expect(peer.heard).toEqual([[`dont-have ${nameOf(one)}`], [`dont-have ${nameOf(one)}`]]);
  });

  test('want-have, then want-block: both are answered, and want-have does not undo a want-block', async () => {
    const { network, server, peer } = await scene([]);
    await peer.say(wants(want(one.cid, { wantType: 'have' })));
    await peer.say(wants(want(one.cid)));
    await peer.say(wants(want(one.cid, { wantType: 'have' })));
    await server.store.putMany([one]);
    server.bitswap.notifyNewBlocks([one]);
    await network.idle();
    expect(peer.heard.at(-1)).toEqual([`block ${nameOf(one)}`]);
  });

  test('1,024 wants are remembered; of one more, the lowest priority and newest goes', async () => {
    const missing = blocks(LIMITS.bitswapWantsPerPeer + 2, 100, 'missing');
    const { server, peer } = await scene([]);
    const listed = () => server.bitswap.wantlistOf('peer').map(({ cid }) => cid);
    await peer.say(wants(...missing.slice(0, LIMITS.bitswapWantsPerPeer).map(({ cid }) => want(cid))));
    expect(listed()).toHaveLength(LIMITS.bitswapWantsPerPeer);
    expect(server.bitswap.ledgers.get('peer')).toMatchObject({ wantsDropped: 0 });
    await peer.say(wants(want(missing.at(-2)!.cid)));
    expect(listed()).not.toContain(missing.at(-2)!.cid.toString());
    await peer.say(wants(want(missing.at(-1)!.cid, { priority: 2 })));
    expect(listed()).toHaveLength(LIMITS.bitswapWantsPerPeer);
    expect(listed()).toContain(missing.at(-1)!.cid.toString());
    expect(listed()).not.toContain(missing.at(-3)!.cid.toString());
    expect(server.bitswap.ledgers.get('peer')).toMatchObject({ wantsDropped: 2, faults: 0 });
  });

  test('a CID of 168 bytes is remembered, one byte more and identity CIDs are not', async () => {
    const long = (digestBytes: number): CID => Cid.createV1(0x55, create(0x12, new Uint8Array(digestBytes)));
    // Version, codec and hash code take a byte each, the digest's length two.
    const [fits, over] = [long(LIMITS.bitswapCidBytes - 5), long(LIMITS.bitswapCidBytes - 4)];
    expect([fits.bytes.length, over.bytes.length]).toEqual([168, 169]);
    const { server, peer } = await scene([]);
    await peer.say(wants(want(fits), want(over), want(Cid.createV1(0x55, create(0, Uint8Array.of(1))))));
    expect(server.bitswap.wantlistOf('peer').map(({ cid }) => cid)).toEqual([fits.toString()]);
    expect(server.bitswap.ledgers.get('peer')).toMatchObject({ wantsIgnored: 2, faults: 0 });
  });

  test('a peer that leaves is forgotten, its ledger is not', async () => {
    const { network, server, peer } = await scene([one]);
    await peer.say(wants(want(one.cid), want(two.cid)));
    network.disconnect(server, peer.node);
    await network.idle();
    expect(server.bitswap.wantlistOf('peer')).toEqual([]);
    server.bitswap.notifyNewBlocks([two]);
    network.connect(server, peer.node);
    await network.idle();
    expect(server.bitswap.ledgers.get('peer')).toMatchObject({ blocksSent: 1 });
    expect(peer.heard.flat()).toEqual([`dont-have ${nameOf(two)}`, `block ${nameOf(one)}`]);
  });
});

describe('how much at once', () => {
  const large = blocks(40, 500_000, 'large');

  test('highest priority first', async () => {
    const { peer } = await scene(large.slice(0, 4));
    const priorities = [1, 4, 2, 3];
    await peer.say(wants(...priorities.map((priority, index) => want(large[index]!.cid, { priority }))));
    expect(peer.heard.flat()).toEqual([1, 3, 2, 0].map((index) => `block ${nameOf(large[index]!)}`));
  });

  test('small blocks share a message, a large one goes alone', async () => {
    const { peer } = await scene([...blocks(20, 1_000, 'small'), large[0]!, large[1]!]);
    await peer.say(wants(...blocks(20, 1_000, 'small').map(({ cid }) => want(cid))));
    // The first lookup is small, for nothing is known yet of how large blocks are.
    expect(peer.heard.map((lines) => lines.length)).toEqual([8, 12]);
    await peer.say(wants(want(large[0]!.cid), want(large[1]!.cid)));
    expect(peer.heard.slice(2).map((lines) => lines.length)).toEqual([1, 1]);
  });

  test('a peer that does not read stops the reading of the store, and goes on where it stopped', async () => {
    const { network, server, peer } = await scene(large, {}, false);
    let readBytes = 0;
    const getMany = server.store.getMany.bind(server.store);
    server.store.getMany = async (cids) => {
      const found = await getMany(cids);
      for (const bytes of found) readBytes += bytes?.length ?? 0;
      return found;
    };
    await peer.say(wants(...large.map(({ cid }) => want(cid))));
    // What waits for the peer, one batch beyond it, and what its window and the stream's own queue took.
    expect(readBytes).toBeLessThanOrEqual(LIMITS.bitswapServeBytesPerPeer + 2 * 1024 * 1024 + 1024 * 1024);
    expect(readBytes).toBeGreaterThan(LIMITS.bitswapServeBytesPerPeer / 2);
    const [stream] = peer.inbound;
    // Now it reads: credit for everything that crosses.
    for (let round = 0; round < 60; round++) {
      stream!.consume(512 * 1024);
      await network.idle();
    }
    expect(messagesOn(stream!).flatMap(({ blocks: sent }) => sent)).toHaveLength(large.length);
  });

  test('a peer that reads nothing for two minutes is given up, its stream reset', async () => {
    const { network, server, peer } = await scene(large, {}, false);
    await peer.say(wants(...large.map(({ cid }) => want(cid))));
    await network.advance(LIMITS.bitswapSendTimeoutMs - 1_000, 30_000);
    expect(peer.inbound[0]!.error).toBeUndefined();
    await network.advance(1_000);
    expect(peer.inbound[0]!.error?.code).toBe('ERR_STREAM_RESET');
    // When it says something it is served again.
    await peer.say(wants(want(large[0]!.cid)));
    expect(peer.inbound).toHaveLength(2);
    expect(server.broken).toEqual([]);
  });

  test('one greedy peer does not keep another waiting', async () => {
    const { network, server, peer } = await scene(large);
    const modest = new ScriptedPeer(network, network.add('modest'), server);
    network.connect(server, modest.node);
    const order: string[] = [];
    server.bitswap.events$.subscribe((event) => event.type === 'block.served' && order.push(event.peer));
    const greedy = peer.say(wants(...large.map(({ cid }) => want(cid))));
    const little = modest.say(wants(want(large[30]!.cid), want(large[31]!.cid)));
    await Promise.all([greedy, little]);
    expect(order).toHaveLength(42);
    expect(order.lastIndexOf('modest')).toBeLessThan(20);
  });

  test('pending bytes say what is still to come', async () => {
    const { peer } = await scene(large.slice(0, 3));
    await peer.say(wants(...large.slice(0, 3).map(({ cid }) => want(cid))));
    expect(messagesOn(peer.inbound[0]!).map(({ pendingBytes }) => pendingBytes)).toEqual([1_000_000, 500_000, 0]);
  });
});

describe('the stream to a peer', () => {
  test('one carries many messages, is closed when unused, and another is opened later', async () => {
    const { network, peer } = await scene([one, two]);
    await peer.say(wants(want(one.cid)));
    await peer.say(wants(want(two.cid)));
    expect(peer.inbound).toHaveLength(1);
    await network.advance(2 * LIMITS.bitswapStreamIdleMs);
    expect(peer.inbound[0]!.other.writeClosed).toBe(true);
    expect(network.clock.pendingTimers).toBe(0);
    await peer.say(wants(want(one.cid)));
    expect(peer.inbound).toHaveLength(2);
    expect(peer.heard).toEqual([[`block ${nameOf(one)}`], [`block ${nameOf(two)}`], [`block ${nameOf(one)}`]]);
  });

  test('it cannot be opened: three attempts, then the peer is let be until it says something', async () => {
    const { network, server, peer } = await scene([one]);
    peer.node.refuse = new EngineError('ERR_STREAM_LIMIT', 'remote', 'too many');
    await peer.say(wants(want(one.cid)));
    await network.advance(20_000, LIMITS.bitswapOpenBackoffMs);
    expect(peer.node.opens).toBe(LIMITS.bitswapOpenAttempts);
    peer.node.refuse = undefined;
    await peer.say(wants(want(one.cid)));
    expect(peer.heard).toEqual([[`block ${nameOf(one)}`]]);
    expect(server.broken).toEqual([]);
  });
});
