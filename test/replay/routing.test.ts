/** A recorded node that takes part in a DHT goes the same way again: as a client that asks, and as a server that answers. */
import { afterEach, expect, test } from '@jest/globals';
import { NEVER } from 'rxjs';
import { createNode } from '../../src/create-node.js';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import type { Host } from '../../src/host/host.js';
import type { Discovery, ValueValidator } from '../../src/routing/router.js';
import { recordedNode } from '../../src/replay/index.js';
import { nodeOptionsOf } from '../../src/replay/node-config.js';
import type { Datagrams } from '../../src/ports.js';
import type { Trace } from '../../src/trace/format.js';
import { all, bytes, expectSame, recordedTrace } from './recorded-use.js';

const SERVER = { dht: { mode: 'server', peers: 'any' } } as const;
const CLIENT = { dht: { mode: 'client', peers: 'any' } } as const;

const NO_DATAGRAMS: Datagrams = { open: () => () => undefined };
const NOBODY: Discovery = { name: 'nobody', peers$: NEVER, start: () => undefined, stop: () => Promise.resolve() };
const ANYTHING: ValueValidator = { validate: () => undefined, select: () => 0 };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function server(...bootstrap: readonly string[]): Promise<Host> {
  const node = await createNode({ bootstrap, routing: SERVER });
  open.push(() => node.stop());
  return node;
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
  const trace = await recordedTrace({ routing, bootstrap: [address] }, async (node) => {
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
  const trace = await recordedTrace({ routing: SERVER, listen: ['/ip4/127.0.0.1/tcp/0'] }, async (node) => {
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
    mdns: { silent: true, queryIntervalMs: 2000, port: 5399, group: '224.0.0.99', interfaces: ['127.0.0.1'] },
    delegated: ['http://127.0.0.1:1/there'],
    trackers: ['udp://127.0.0.1:1', 'http://127.0.0.1:1/announce'],
    privateAddresses: true,
  } as const;
  const trace = await recordedTrace({ routing, datagrams: NO_DATAGRAMS }, () => Promise.resolve());
  expect(nodeOptionsOf(trace).routing).toEqual(routing);
  await expectSame(trace);
  const { header } = trace;
  const config = Object.fromEntries(Object.entries(header.engine.config).filter(([name]) => name !== 'routing'));
  const former = { ...trace, header: { ...header, engine: { ...header.engine, config } } };
  expect(nodeOptionsOf(former)).not.toHaveProperty('routing');
});

test.each([
  [{ routers: [[]] }, 'routing.routers'],
  [{ discovery: [NOBODY] }, 'routing.discovery'],
  [{ validators: { t: ANYTHING } }, 'routing.validators'],
  [{ mdns: true, validators: { t: ANYTHING }, routers: [[]] }, 'routing.validators, routing.routers'],
] as const)("an embedder's own %j is not recorded for a replay", async (routing, named) => {
  const to = { write: () => undefined };
  await expect(recordedNode({ to, listen: [], routing })).rejects.toMatchObject({
    code: 'ERR_TRACE_NOT_REPLAYABLE',
    message: expect.stringContaining(`what ${named} does is not recorded`),
  });
});

test('class redacted takes them, for it is not replayed', async () => {
  const to = { write: () => undefined };
  const { close } = await recordedNode({ to, listen: [], class: 'redacted', routing: { discovery: [NOBODY] } });
  await close();
});
