/** Whole nodes on virtual time: content both ways, targets by block, identify, and what a data frame costs. */
import { describe, expect, test } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { ConnectionMessage, HostEvent, TransitionNotice } from '../../src/index.js';
import type { Host } from '../../src/host/host.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { seededBytes } from '../peers/peers.js';
import { concat } from '../support/decoding.js';
import { during, newWorld, type World } from '../support/sim-nodes.js';

async function node(world: World, name: string, options: CreateNodeOptions = {}): Promise<Host & { address: string }> {
  const host = await createNode({
    clock: world.clock,
    random: new SeededRandom(name),
    transports: [world.network.transport],
    listen: [`/memory/${name}`],
    testProtocols: true,
    ...options,
  });
  return Object.assign(host, { address: host.addresses[0] ?? '' });
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return concat(...chunks);
}

async function* source(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += 60_000) yield bytes.subarray(offset, offset + 60_000);
}

describe('content', () => {
  test('a file added on one node is read on another, verified, stored, and read again without peers', async () => {
    const world = newWorld();
    const provider = await node(world, 'provider');
    const reader = await node(world, 'reader');
    const bytes = seededBytes(1, 3_500_000);
    const { cid } = await during(world, provider.add(source(bytes)));
    await during(world, reader.dial(provider.address));
    const progress: number[] = [];
    const fetched = await during(
      world,
      collect(reader.cat(cid, { onProgress: ({ blocks }) => progress.push(blocks) })),
    );
    expect(Buffer.compare(fetched, bytes)).toBe(0);
    expect(progress).toEqual([1, 2, 3, 4, 5]);
    reader.disconnect(provider.peerId);
    await world.advance(5_000);
    expect(reader.connections()).toEqual([]);
    expect(Buffer.compare(await during(world, collect(reader.cat(`/ipfs/${cid.toString()}`))), bytes)).toBe(0);
    await during(world, Promise.all([provider.stop(), reader.stop()]));
    expect([provider.liveActors, reader.liveActors]).toEqual([0, 0]);
  });

  test('reading part of a tree fetches that part and the way to it', async () => {
    const world = newWorld();
    const provider = await node(world, 'provider');
    const blocks = new MemoryBlockStore();
    const reader = await node(world, 'reader', { blocks });
    const entries = async function* () {
      for (let index = 0; index < 50; index++) {
        yield { path: `dir/file-${index}`, content: source(seededBytes(index, 1000)) };
      }
    };
    const { cid } = await during(world, provider.addTree(entries()));
    await during(world, reader.dial(provider.address));
    const part = await during(world, collect(reader.cat(`${cid.toString()}/dir/file-7`)));
    expect(Buffer.compare(part, seededBytes(7, 1000))).toBe(0);
    const stored: string[] = [];
    for await (const { multihash } of blocks.cids()) stored.push(Buffer.from(multihash.digest).toString('hex'));
    expect(stored.length).toBe(3);
    const names: string[] = [];
    const listing = (async () => {
      for await (const entry of reader.get(cid.toString())) names.push(`${entry.kind} ${entry.names.join('/')}`);
    })();
    await during(world, listing);
    expect(names.length).toBe(52);
    expect(names.slice(0, 3)).toEqual(['directory ', 'directory dir', 'file dir/file-0']);
  });

  test('a stream to whoever has a block', async () => {
    const world = newWorld();
    const [empty, owner, asker] = [await node(world, 'empty'), await node(world, 'owner'), await node(world, 'asker')];
    const { cid } = await during(world, owner.add(source(seededBytes(3, 2000))));
    await during(world, Promise.all([asker.dial(empty.address), asker.dial(owner.address)]));
    const stream = await during(world, asker.openStream({ blockId: cid }));
    expect(stream.connection.remotePeer).toBe(owner.peerId);
    expect(stream.protocol).toBe('/ipfs/bitswap/1.2.0');
    const echo = await during(world, asker.openStream({ blockId: cid.toString() }, '/echo/1.0.0'));
    expect(echo.connection.remotePeer).toBe(owner.peerId);
    const unknown = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
    await expect(during(world, asker.openStream({ blockId: unknown }))).rejects.toMatchObject({
      code: 'ERR_BLOCK_NOT_FOUND',
    });
  });

  test.each([undefined, null, 7])('%p is no target, no path and no protocol, and that is said', async (wrong) => {
    const world = newWorld();
    const alone = await node(world, 'alone');
    const given = wrong as never;
    const calls: (() => Promise<unknown>)[] = [
      () => alone.dial(given),
      () => alone.openStream(given, '/echo/1.0.0'),
      () => alone.openStream({ blockId: given }),
      () => collect(alone.cat(given)),
      () => Promise.resolve().then(() => alone.registerHandle(given, () => undefined)),
    ];
    for (const call of calls) {
      await expect(during(world, call())).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(String(wrong)),
      });
    }
  });

  test('nobody is connected: the miss is told at once', async () => {
    const world = newWorld();
    const alone = await node(world, 'alone');
    const cid = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
    await expect(during(world, collect(alone.cat(cid)))).rejects.toMatchObject({ code: 'ERR_BLOCK_NOT_FOUND' });
    expect(world.clock.now()).toBe(0);
  });
});

describe('seeing', () => {
  test('16 MiB cost no XState transition per data frame, only edges', async () => {
    const world = newWorld();
    const server = await node(world, 'server');
    const client = await node(world, 'client', { listen: [] });
    const stream = await during(world, client.openStream(server.address, '/echo/1.0.0'));
    await world.advance(1000);
    const steps: TransitionNotice[] = [];
    let frames = 0;
    client.transitions$.subscribe((notice) => steps.push(notice));
    server.transitions$.subscribe((notice) => steps.push(notice));
    client.messages$.subscribe(({ layer, length }: ConnectionMessage) => {
      if (layer === 'yamux' && length > 0) frames++;
    });
    const total = 16 * 1024 * 1024;
    let received = 0;
    const reading = (async () => {
      for await (const chunk of stream) received += chunk.length;
    })();
    const writing = (async () => {
      for (let sent = 0; sent < total; sent += 65_536) {
        if (!stream.write(new Uint8Array(65_536))) await stream.whenWritable();
      }
      stream.closeWrite();
    })();
    await during(world, Promise.all([reading, writing]));
    expect(received).toBe(total);
    expect(frames).toBeGreaterThan(512);
    const edges = new Set([
      'window.exhausted',
      'window.opened',
      'queue.drained',
      'local.close',
      'local.abandon',
      'wire.fin',
    ]);
    const others = steps.filter(({ event }) => !edges.has(event)).map(({ machine, event }) => `${machine} ${event}`);
    expect(others.filter((step) => !step.startsWith('yamuxSession'))).toEqual([]);
    expect(steps.length).toBeLessThan(frames / 2);
  });

  test('events tell of connections, peers and streams as plain data', async () => {
    const world = newWorld();
    const server = await node(world, 'server');
    const client = await node(world, 'client', { listen: [] });
    const events: HostEvent[] = [];
    server.events$.subscribe((event) => events.push(event));
    const identify = await during(world, client.identify(server.address));
    expect(identify).toMatchObject({ agentVersion: 'swarmchart/0.1.0', listenAddresses: ['/memory/server'] });
    expect(identify.protocols).toContain('/ipfs/bitswap/1.2.0');
    await world.settle();
    await during(world, client.stop());
    await world.advance(5_000);
    expect(events.map(({ type }) => type)).toEqual([
      'connection.opened',
      'peer.connected',
      ...events.filter(({ type }) => type.startsWith('stream.')).map(({ type }) => type),
      'connection.closed',
      'peer.disconnected',
    ]);
    expect(events[0]).toMatchObject({
      info: { remotePeer: client.peerId, security: '/noise', muxer: '/yamux/1.0.0', direction: 'inbound' },
    });
  });

  test('a trace of the same run is the same, line by line', async () => {
    const run = async (): Promise<string> => {
      const world = newWorld({ latencyMs: 2 });
      const lines: string[] = [];
      const server = await node(world, 'server', {
        trace: { detail: 'digests', record: (record) => lines.push(JSON.stringify(record)) - 1 },
      });
      const client = await node(world, 'client', { listen: [] });
      const { cid } = await during(world, server.add(source(seededBytes(9, 400_000))));
      await during(world, client.dial(server.address));
      await during(world, collect(client.cat(cid.toString())));
      return lines.join('\n');
    };
    const first = await run();
    expect(first.split('\n').length).toBeGreaterThan(50);
    expect(await run()).toBe(first);
  });
});

test('a taken address is told, and leaves nothing open', async () => {
  const world = newWorld();
  await node(world, 'one');
  await expect(node(world, 'one')).rejects.toMatchObject({ code: 'ERR_LISTEN_FAILED' });
});

test('a stopped node says so', async () => {
  const world = newWorld();
  const stopped = await node(world, 'one');
  await during(world, stopped.stop());
  await stopped.stop();
  await expect(stopped.dial('/memory/two')).rejects.toMatchObject({ code: 'ERR_NODE_STOPPED' });
});
