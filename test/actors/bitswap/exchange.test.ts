/** Nodes that trade blocks with each other, over every version of the protocol, and with peers that come and go. */
import { expect, test } from '@jest/globals';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { FakeNetwork, V100, V110, V120, type FakeNode } from './fake-network.js';
import { blocks } from './fixtures.js';

function pair(protocols: readonly string[]): { network: FakeNetwork; client: FakeNode; server: FakeNode } {
  const network = new FakeNetwork();
  const client = network.add('client');
  const server = network.add('server', { protocols });
  for (const node of [client, server]) node.bitswap.start();
  return { network, client, server };
}

test.each([V120, V110, V100])('%s: 3,000 blocks of many sizes come whole', async (protocol) => {
  const { network, client, server } = pair([protocol]);
  const content = [...blocks(2_990, 256), ...blocks(8, 300_000, 'large'), ...blocks(2, 2 * 1024 * 1024, 'largest')];
  await server.store.putMany(content);
  network.connect(client, server);
  const session = client.bitswap.createSession();
  const got = await Promise.all(content.map(({ cid }) => session.want(cid)));
  expect(got.every((bytes, index) => Buffer.compare(bytes, content[index]!.bytes) === 0)).toBe(true);
  await session.flush();
  expect(await client.store.getMany(content.map(({ cid }) => cid))).not.toContain(undefined);
  expect(session.stats).toMatchObject({ blocks: 3_000, duplicates: 0 });
  expect(session.openWants).toBe(0);
  expect(client.bitswap.ledgers.get('server')).toMatchObject({ blocksReceived: 3_000, unrequested: 0, faults: 0 });
  expect(server.bitswap.ledgers.get('client')).toMatchObject({ blocksSent: 3_000, wantsDropped: 0 });
});

test('a block is asked for once, whatever the session has seen before', async () => {
  const { network, client, server } = pair([V120]);
  const content = blocks(500, 2_000);
  await server.store.putMany(content);
  network.connect(client, server);
  const session = client.bitswap.createSession();
  const asked: string[] = [];
  session.events$.subscribe(({ type, cid }) => type.startsWith('want-') && asked.push(`${type} ${cid!.toString()}`));
  for (const { cid } of content) await session.want(cid);
  // The first one is looked for; all the others are asked of the peer that had it.
  expect(asked).toHaveLength(501);
  expect(new Set(asked).size).toBe(501);
  expect(asked.filter((line) => line.startsWith('want-have'))).toHaveLength(1);
});

test('the store is slow: peers get no credit while much waits for it', async () => {
  const limits = { bitswapStoreBacklogBytes: 1_000_000, bitswapStoreBatchBytes: 500_000 };
  const network = new FakeNetwork();
  const client = network.add('client', { limits });
  const server = network.add('server');
  for (const node of [client, server]) node.bitswap.start();
  const content = blocks(40, 250_000);
  await server.store.putMany(content);
  const putMany = client.store.putMany.bind(client.store);
  const batches: { readonly bytes: number; readonly write: () => Promise<void> }[] = [];
  client.store.putMany = (batch) =>
    new Promise((resolve, reject) => {
      const bytes = batch.reduce((sum, block) => sum + block.bytes.length, 0);
      batches.push({ bytes, write: () => putMany(batch).then(resolve, reject) });
    });
  network.connect(client, server);
  const session = client.bitswap.createSession();
  const wanted = Promise.all(content.map(({ cid }) => session.want(cid)));
  await network.idle();
  // The mark, what a window holds beyond it, and the message that passed the mark.
  expect(session.stats.bytes).toBeGreaterThanOrEqual(1_000_000);
  expect(session.stats.bytes).toBeLessThanOrEqual(1_000_000 + 2 * 256 * 1024 + 524_288);
  let flushed = false;
  const flush = wanted.then(() => session.flush()).then(() => (flushed = true));
  for (let written = 0; written < content.length * 250_000;) {
    expect(flushed).toBe(false);
    const batch = batches.shift();
    expect(batch?.bytes).toBeLessThanOrEqual(500_000);
    written += batch?.bytes ?? Infinity;
    await batch?.write();
    await network.idle();
  }
  await flush;
  expect(await client.store.getMany(content.map(({ cid }) => cid))).not.toContain(undefined);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'peers with parts of the content come, go and reset streams (seed %i)',
  async (seed) => {
    const random = new SeededRandom(seed);
    const below = (label: string, bound: number): number => (random.bytes(label, 1)[0] ?? 0) % bound;
    const network = new FakeNetwork();
    const client = network.add('client', { limits: { bitswapWantsInFlightPerPeer: 4 } });
    client.bitswap.start();
    const versions = [[V120], [V120, V110], [V110], [V100]];
    const servers = versions.map((protocols, index) => network.add(`server${index}`, { protocols }));
    const content = blocks(600, 20_000, `seed ${seed}`);
    for (const server of servers) {
      server.bitswap.start();
      await server.store.putMany(content.filter(() => below('has', 3) > 0));
    }
    // Whatever the dice say, somebody has it.
    await servers[0]!.store.putMany(content.filter((_, index) => index % 2 === 0));
    await servers[1]!.store.putMany(content.filter((_, index) => index % 2 === 1));
    const session = client.bitswap.createSession();
    const all = Promise.all(content.map(({ cid }) => session.want(cid)));
    const disturbances = { disconnects: 0, resets: 0 };
    for (let round = 0; session.openWants > 0 && round < 1_000; round++) {
      const server = servers[below('server', servers.length)]!;
      const stream = client.streams.filter(({ error }) => error === undefined).at(-1 - below('stream', 4));
      if (!client.connected.has(server.id)) {
        network.connect(client, server);
      } else if (below('leaves', 3) === 0) {
        disturbances.disconnects++;
        network.disconnect(client, server);
      } else if (below('resets', 3) === 0 && stream !== undefined) {
        disturbances.resets++;
        stream.environment.turns.post(() => stream.reset());
      }
      for (let hop = below('hops', 4); hop > 0; hop--) await Promise.resolve();
      if (below('time', 16) === 0) await network.advance(100 * below('tenths', 20) + 1);
    }
    for (const server of servers) if (!client.connected.has(server.id)) network.connect(client, server);
    for (let second = 0; session.openWants > 0 && second < 60; second++) await network.advance(1_000);
    await all;
    await session.flush();
    const found = await client.store.getMany(content.map(({ cid }) => cid));
    expect({ seed, missing: found.filter((bytes) => bytes === undefined).length }).toEqual({ seed, missing: 0 });
    expect(disturbances.disconnects + disturbances.resets).toBeGreaterThan(2);
    session.close();
    for (const node of [client, ...servers]) {
      node.bitswap.stop();
      expect({ seed, broken: node.broken }).toEqual({ seed, broken: [] });
    }
    await network.idle();
    expect([client, ...servers].map((node) => node.environment.liveActors)).toEqual([0, 0, 0, 0, 0]);
    expect(network.clock.pendingTimers).toBe(0);
  },
);
