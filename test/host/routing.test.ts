/** Ten whole nodes with DHTs in virtual time: joining, providing, finding, fetching, and the same again from the same seed. */
import { describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import { World } from '../../src/sim/index.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { Transport } from '../../src/ports.js';
import { importBytes, readAll } from '../sim/world/content.js';
import { during, newWorld } from '../support/sim-nodes.js';

const KAD = '/ipfs/kad/1.0.0';
const NODES = 10;
const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));

/** Ten servers that know only the first, and a reader that knows only the last of them; what they come to, line by line. */
async function tenNodes(seed: number) {
  const lines: string[] = [];
  const traceFor = (name: string) => ({
    detail: 'frames' as const,
    record: (draft: object) => lines.push(`${name} ${JSON.stringify(draft)}`),
  });
  const world = new World({ seed, ciphers: 'toy', links: { latencyMs: 20 }, traceFor });
  const dht = { mode: 'server', peers: 'any' } as const;
  const first = world.addNode('n0', { routing: { dht } });
  for (let index = 1; index < NODES; index++) {
    world.addNode(`n${index}`, { routing: { dht }, bootstrap: [first.address] });
  }
  await world.run({ untilMs: 30_000 });
  const last = world.node(`n${NODES - 1}`);
  const routing = { dht: { mode: 'client', peers: 'any' }, bootstrapAt: 'need', dialDiscovered: false } as const;
  const reader = world.addNode('reader', { listen: [], routing, bootstrap: [last.address] });
  await world.run({ untilMs: 31_000 });
  return { world, lines, first, last, reader };
}

async function provided(seed: number) {
  const net = await tenNodes(seed);
  const provider = net.world.node('n4');
  const bytes = new SeededRandom(seed).bytes('content', 50_000);
  const cid = await net.world.during(provider.run((host) => importBytes(host, bytes)));
  const stored = await net.world.during(provider.run((host) => all(host.routing.provide(CID.parse(cid)))));
  return { ...net, provider, bytes, cid, stored };
}

async function expectCleanEnd({ world }: { readonly world: World }): Promise<void> {
  expect(await world.close()).toEqual([]);
  expect(world.nodes.flatMap(({ broken }) => broken)).toEqual([]);
}

describe('ten nodes', () => {
  test('who joined through one knows the others, and what one provides all can find', async () => {
    const net = await provided(1);
    for (const node of net.world.nodes.slice(0, NODES)) {
      expect(node.host.dhts.map(({ view }) => [view.name, view.mode, view.peers])).toEqual([
        ['dht', 'server', NODES - 1],
      ]);
    }
    expect(net.stored.map(({ at }) => at)).toHaveLength(NODES - 1);
    const found = await net.world.during(net.last.run((host) => all(host.routing.findProviders(CID.parse(net.cid)))));
    expect(found).toMatchObject([{ source: 'dht', provider: { id: net.provider.peerId } }]);
    await expectCleanEnd(net);
  });

  test('cat by nothing but a CID: joins on need, finds, dials, fetches; a block the same', async () => {
    const net = await provided(2);
    const { world, reader, cid, bytes, provider } = net;
    expect(reader.host.connections()).toEqual([]);
    expect(await world.during(reader.run((host) => readAll(host.cat(cid))))).toEqual(bytes);
    expect(reader.host.connections().map(({ remotePeer }) => remotePeer)).toContain(provider.peerId);
    await expectCleanEnd(net);
  });

  test('openStream({ blockId }) goes to a provider that the DHT found', async () => {
    const net = await provided(3);
    const { world, reader, cid, provider } = net;
    const stream = await world.during(reader.run((host) => host.openStream({ blockId: cid })));
    expect(stream.connection.remotePeer).toBe(provider.peerId);
    expect(stream.protocol).toBe('/ipfs/bitswap/1.2.0');
    void stream.close();
    await expectCleanEnd(net);
  });

  test('the same seed gives the same trace, another another', async () => {
    const runs: string[][] = [];
    for (const seed of [4, 4, 5]) {
      const net = await provided(seed);
      await net.world.during(net.reader.run((host) => readAll(host.cat(net.cid))));
      await expectCleanEnd(net);
      runs.push(net.lines);
    }
    const [one = [], two = [], other = []] = runs;
    expect(one.length).toBeGreaterThan(1000);
    expect([one.findIndex((line, at) => line !== two[at]), two.length]).toEqual([-1, one.length]);
    expect(other).not.toEqual(one);
  });
});

test('in mode auto, who has a public address answers, and who has none only asks', async () => {
  const world = newWorld();
  const { transport } = world.network;
  const PUBLIC = '/ip4/8.8.4.4/tcp/4001';
  /** A network in which the server listens at a public address. */
  const atPublic: Transport = {
    ...transport,
    handles: (address) => address.startsWith('/ip4/') || transport.handles(address),
    listen: (address, onConnection, onListening, onFailed) =>
      transport.listen(
        address === PUBLIC ? '/memory/server' : address,
        onConnection,
        (listener) => onListening(address === PUBLIC ? { ...listener, addresses: [PUBLIC] } : listener),
        onFailed,
      ),
    dial: (address, ...rest) => transport.dial(address.startsWith(PUBLIC) ? '/memory/server' : address, ...rest),
  };
  const node = (name: string, listen: readonly string[]): Promise<Host> =>
    createNode({
      ...{ clock: world.clock, random: new SeededRandom(name), transports: [atPublic], listen },
      routing: { dht: { mode: 'auto' } },
    });
  const server = await node('server', [PUBLIC]);
  const hidden = await node('hidden', ['/memory/hidden']);
  expect([server, hidden].map(({ dhts }) => dhts[0]?.view.mode)).toEqual(['server', 'client']);
  expect([server, hidden].map(({ handledProtocols }) => handledProtocols.includes(KAD))).toEqual([true, false]);
  await during(world, hidden.identify(`${PUBLIC}/p2p/${server.peerId}`));
  await world.settle();
  expect(hidden.dhts[0]?.view.peers).toBe(1);
  expect(server.dhts[0]?.view.peers).toBe(0);
  await during(world, Promise.all([server.stop(), hidden.stop()]));
  expect([server.liveActors, hidden.liveActors, world.clock.pendingTimers]).toEqual([0, 0, 0]);
});
