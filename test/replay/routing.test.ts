/** A recorded node that takes part in a DHT goes the same way again: as a client that asks, and as a server that answers. */
import { afterEach, expect, test } from '@jest/globals';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import { createNode } from '../../src/create-node.js';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import type { Host } from '../../src/host/host.js';
import type { NodeRoutingOptions } from '../../src/host/routing/options.js';
import { recordedNode, replayTrace } from '../../src/replay/index.js';
import { nodeOptionsOf } from '../../src/replay/node-config.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

const SERVER = { dht: { mode: 'server', peers: 'any' } } as const;
const CLIENT = { dht: { mode: 'client', peers: 'any' } } as const;

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function server(...bootstrap: readonly string[]): Promise<Host> {
  const node = await createNode({ bootstrap, routing: SERVER });
  open.push(() => node.stop());
  return node;
}

interface RecordedWith {
  readonly routing: NodeRoutingOptions;
  readonly bootstrap?: readonly string[];
  readonly listen?: readonly string[];
}

async function recorded(options: RecordedWith, use: (node: Host) => Promise<unknown>): Promise<Trace> {
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { node, close } = await recordedNode({ to, listen: [], ...options, seed: 'routing' });
  open.push(close);
  await use(node);
  await close();
  return parseTrace(lines.join(''));
}

const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));

async function expectSame(trace: Trace): Promise<void> {
  const result = await replayTrace(trace);
  expect(result.difference?.report).toBeUndefined();
  expect(result.ok).toBe(true);
}

async function* bytes(size: number): AsyncIterable<Uint8Array> {
  yield new SeededRandom(7).bytes('content', size);
}

const targets = (trace: Trace): unknown[] =>
  trace.records
    .filter(({ name }) => name === 'api:called')
    .map(({ data }) => `${String(data['target'])}.${String(data['method'])}`);

test('a client: joined on need, every kind of question, and a file by nothing but its CID', async () => {
  const first = await server();
  const [address = ''] = first.addresses;
  const second = await server(address);
  const { cid } = await second.add(bytes(100_000));
  await second.identify(first.peerId);
  expect(await all(second.routing.provide(cid))).toMatchObject([{ source: 'dht', at: first.peerId }]);

  const routing = { ...CLIENT, bootstrapAt: 'need' } as const;
  const trace = await recorded({ routing, bootstrap: [address] }, async (node) => {
    let length = 0;
    for await (const chunk of node.cat(cid.toString())) length += chunk.length;
    expect(length).toBe(100_000);
    expect(await all(node.routing.findProviders(cid))).toMatchObject([{ provider: { id: second.peerId } }]);
    expect((await all(node.routing.closestPeers(peerIdToBytes(second.peerId)))).map(({ peer }) => peer.id)).toEqual(
      expect.arrayContaining([first.peerId, second.peerId]),
    );
    const { name } = await node.names.publish(`/ipfs/${cid.toString()}`);
    expect(await node.names.resolveBest(name)).toMatchObject({ path: `/ipfs/${cid.toString()}` });
  });
  expect(targets(trace)).toEqual([
    'node.cat',
    'routing.findProviders',
    'routing.closestPeers',
    'names.publish',
    'names.resolveBest',
    'node.stop',
  ]);
  await expectSame(trace);
}, 60_000);

test('a server: what others ask, store and find', async () => {
  const trace = await recorded({ routing: SERVER, listen: ['/ip4/127.0.0.1/tcp/0'] }, async (node) => {
    const [address = ''] = node.addresses;
    const provider = await server(address);
    await provider.identify(address);
    const { cid } = await provider.add(bytes(10));
    expect(await all(provider.routing.provide(cid))).toMatchObject([{ at: node.peerId }]);
    const asker = await server(address);
    await asker.identify(address);
    expect(await all(asker.routing.findProviders(cid))).toMatchObject([{ provider: { id: provider.peerId } }]);
    await asker.stop();
    await provider.stop();
  });
  await expectSame(trace);
}, 60_000);

test('the header tells all that a replay needs, and no more where there is no routing', async () => {
  const routing = {
    dht: { mode: 'client', peers: 'any', paths: 2 },
    lanDht: false,
    randomWalk: { intervalMs: 5000 },
    dialDiscovered: false,
    bootstrapAt: 'need',
    rendezvous: [],
    rendezvousPoint: true,
  } as const;
  const trace = await recorded({ routing }, () => Promise.resolve());
  expect(nodeOptionsOf(trace).routing).toEqual(routing);
  await expectSame(trace);
  const { header } = trace;
  const config = Object.fromEntries(Object.entries(header.engine.config).filter(([name]) => name !== 'routing'));
  const former = { ...trace, header: { ...header, engine: { ...header.engine, config } } };
  expect(nodeOptionsOf(former)).not.toHaveProperty('routing');
});

test.each([
  [{ mdns: true }, 'routing.mdns'],
  [{ delegated: ['http://127.0.0.1:1'] }, 'routing.delegated'],
  [{ trackers: ['udp://127.0.0.1:1'] }, 'routing.trackers'],
  [{ mdns: true, routers: [[]] }, 'routing.mdns, routing.routers'],
] as const)('%j is not recorded for a replay', async (routing, named) => {
  const to = { write: () => undefined };
  await expect(recordedNode({ to, listen: [], routing })).rejects.toMatchObject({
    code: 'ERR_TRACE_NOT_REPLAYABLE',
    message: expect.stringContaining(`what ${named} hears is not recorded`),
  });
});

test('class redacted takes them, for it is not replayed', async () => {
  const to = { write: () => undefined };
  const { close } = await recordedNode({
    to,
    listen: [],
    class: 'redacted',
    routing: { delegated: ['http://127.0.0.1:1'] },
  });
  await close();
});
