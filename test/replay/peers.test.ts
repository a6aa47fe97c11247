/** What a node does about peers, recorded and replayed: signed records, pushes, pings, the stored peers, calls. */
import { expect, test } from '@jest/globals';
import { createNode } from '../../src/create-node.js';
import { nodeOptionsOf } from '../../src/replay/node-config.js';
import { recordedNode, replayTrace, type RecordOptions } from '../../src/replay/index.js';
import { MemoryDataStore } from '../../src/sim/memory-store.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { parseTrace } from '../../src/trace/reader.js';
import type { Trace } from '../../src/trace/format.js';
import { during, newWorld } from '../support/sim-nodes.js';

const ALL: Partial<RecordOptions> = {
  identify: { push: true, signedRecord: true },
  peerstore: { persistent: true },
  relayV1: true,
  pingMonitor: { intervalMs: 1000 },
};

/** A node that meets another one, tells it something and is told something. */
async function recording(options: Partial<RecordOptions>): Promise<Trace> {
  const world = newWorld();
  world.clock.advance(1_764_000_000_000);
  const lines: string[] = [];
  const { transport } = world.network;
  const bob = await createNode({
    clock: world.clock,
    random: new SeededRandom('bob'),
    transports: [transport],
    listen: ['/memory/bob'],
  });
  const { node, close } = await during(
    world,
    recordedNode({
      to: { write: (text) => void lines.push(text) },
      seed: 'alice',
      clock: world.clock,
      transports: [transport],
      listen: ['/memory/alice'],
      data: new MemoryDataStore(),
      defer: (work) => void world.clock.setTimeout(work, 0),
      ...options,
    }),
  );
  await during(world, node.peers.merge(bob.peerId, { addresses: bob.addresses }));
  await during(world, node.dial(bob.peerId));
  await world.settle();
  node.registerHandle('/chat/1', () => undefined);
  bob.registerHandle('/chat/2', () => undefined);
  await world.advance(6000);
  const known = await during(world, node.peers.get(bob.peerId));
  expect(known?.protocols.includes('/chat/2')).toBe(options.identify !== undefined);
  await during(world, close());
  await during(world, bob.stop());
  return parseTrace(lines.join(''));
}

test.each([
  { name: 'with all of it', options: ALL },
  { name: 'with none of it', options: {} },
])('a recording $name replays byte for byte', async ({ options }) => {
  const trace = await recording(options);
  const result = await replayTrace(trace);
  expect(result.difference?.report).toBeUndefined();
  expect(result.ok).toBe(true);
});

test('the header tells what is on, and nothing of what is off', async () => {
  const { header } = await recording(ALL);
  expect(header.engine.config).toMatchObject({
    identify: { push: true, signed_record: true },
    peerstore: { persistent: true },
    relay_v1: true,
    ping_monitor: { intervalMs: 1000 },
  });
  expect(nodeOptionsOf({ header, records: [] })).toMatchObject(ALL);
  const quiet = await recording({});
  expect(Object.keys(quiet.header.engine.config)).not.toEqual(expect.arrayContaining(['identify']));
  expect(nodeOptionsOf(quiet)).toMatchObject({
    identify: { push: false, signedRecord: false },
    peerstore: { persistent: false },
    relayV1: false,
    pingMonitor: false,
  });
});

test('on the real clock too: what was signed then is signed again, with the time of day that it was', async () => {
  const remote = await createNode();
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { node, close } = await recordedNode({ to, seed: 'alice', identify: { push: true, signedRecord: true } });
  try {
    await node.identify(remote.addresses[0] ?? '');
    const [mine] = await remote.peers.list();
    expect(mine?.id).toBe(node.peerId);
    node.registerHandle('/chat/1', () => undefined);
    await node.peers.merge(remote.peerId, { addresses: ['/ip4/192.0.2.1/tcp/1'] });
    expect((await node.peers.get(remote.peerId))?.addresses.length).toBe(2);
  } finally {
    await close();
    await remote.stop();
  }
  const result = await replayTrace(parseTrace(lines.join('')));
  expect(result.difference?.report).toBeUndefined();
});
