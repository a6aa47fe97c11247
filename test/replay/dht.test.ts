/**
 * Nodes of a DHT go the same way again when their embedder calls them in the midst of what they do: the moment that
 * identify answers is the one in which the table fills and the first query begins.
 */
import { afterEach, describe, expect, test } from '@jest/globals';
import { CID } from 'multiformats/cid';
import { lastValueFrom, toArray, type Observable } from 'rxjs';
import { createNode } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import type { NodeRoutingOptions } from '../../src/host/routing/options.js';
import { recordedNode, replayTrace } from '../../src/replay/index.js';
import { World, type SimNode } from '../../src/sim/index.js';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { utf8 } from '../support/decoding.js';
import { expectSame, recordedTrace } from './recorded-use.js';

const CONTENT = CID.parse('bafkreicvlo3bbc7bxzvrictsjhqx3eheiiefahj7hop7zdohhjv3edutui');
const KEY = utf8('a key');

const MODES: Readonly<Record<string, NodeRoutingOptions>> = {
  client: { lanDht: { mode: 'client', peers: 'any' } },
  server: { lanDht: { mode: 'server', peers: 'any' } },
  auto: { lanDht: { peers: 'any' } },
  'two clients, one with two paths': {
    dht: { mode: 'client', peers: 'any', paths: 2 },
    lanDht: { mode: 'client', peers: 'any' },
  },
};
const SERVER: NodeRoutingOptions = {
  dht: { mode: 'server', peers: 'any' },
  lanDht: { mode: 'server', peers: 'any' },
};

/** A peer as a use needs it. */
interface Peer {
  readonly address: string;
  readonly peerId: string;
}
type Use = (node: Host, one: Peer, other: Peer) => Promise<unknown>;

/** What a call came to: its answers, or the code of its error. */
const settled = (answers: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(answers.pipe(toArray())).catch((thrown: unknown) => (thrown as { readonly code?: string }).code);
const met = async (node: Host, ...peers: readonly Peer[]): Promise<void> => {
  for (const { address, peerId } of peers) {
    await node.dial(address);
    await node.identify(peerId);
  }
};

const USES: Readonly<Record<string, Use>> = {
  'dials and identifies': (node, one) => met(node, one),
  'dials and identifies two, one after the other': (node, one, other) => met(node, one, other),
  'two at once': (node, one, other) => Promise.all([met(node, one), met(node, other)]),
  'looks up at once': async (node, one, other) => {
    await met(node, one);
    // Both peers, of each DHT.
    expect(await settled(node.routing.closestPeers(KEY))).toHaveLength(2 * node.dhts.length);
    expect(await settled(node.routing.findPeer(other.peerId))).toContainEqual(
      expect.objectContaining({ peer: expect.objectContaining({ id: other.peerId }) }),
    );
    expect(await settled(node.routing.findProviders(CONTENT))).toEqual([]);
  },
  'four calls at once': async (node, one, other) => {
    await met(node, one, other);
    const { routing } = node;
    const calls = [routing.closestPeers(KEY), routing.findPeer(other.peerId), routing.findProviders(CONTENT)];
    await Promise.all([...calls.map(settled), settled(routing.provide(CONTENT))]);
  },
  provides: async (node, one) => {
    await met(node, one);
    await settled(node.routing.provide(CONTENT));
  },
  'is stopped in the middle': async (node, one) => {
    await met(node, one);
    void settled(node.routing.closestPeers(KEY));
    void settled(node.routing.provide(CONTENT));
  },
  'is cancelled in the middle': async (node, one) => {
    await met(node, one);
    const caller = new AbortController();
    const answers = settled(node.routing.closestPeers(KEY, { signal: caller.signal }));
    caller.abort();
    expect(await answers).toBe('ERR_ABORTED');
  },
};

/** The trace of a node in virtual time, in a network of two servers that know each other. */
async function recordedInWorld(routing: NodeRoutingOptions, latencyMs: number, use: Use): Promise<Trace> {
  const world = new World({ seed: 1, links: { latencyMs } });
  const during = <Value>(work: Promise<Value>): Promise<Value> => world.during(work, { withinMs: 600_000 });
  const one = world.addNode('one', { routing: SERVER });
  const other = world.addNode('other', { routing: SERVER, bootstrap: [one.address] });
  await world.run({ untilMs: 5_000 });
  const lines: string[] = [];
  const to = { write: (line: string) => void lines.push(line) };
  const { clock, ciphers, transports, defer } = world.portsFor('node');
  const ports = { clock, ciphers, transports, defer };
  const { node, close } = await during(recordedNode({ ...ports, to, seed: '1', listen: ['/memory/node'], routing }));
  await during(use(node, peerOf(one), peerOf(other)));
  await during(close());
  expect(await world.close()).toEqual([]);
  return parseTrace(lines.join(''));
}

const peerOf = ({ address, peerId }: SimNode): Peer => ({ address, peerId });

describe.each(Object.entries(MODES))('%s, in virtual time', (_, routing) => {
  test.each(Object.entries(USES))('%s', async (_, use) => {
    for (const latencyMs of [0, 20]) await expectSame(await recordedInWorld(routing, latencyMs, use));
  });
});

const started: Host[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((node) => node.stop()));
});

async function server(...bootstrap: readonly string[]): Promise<Peer & { readonly node: Host }> {
  const node = await createNode({ bootstrap, routing: SERVER });
  started.push(node);
  return { node, address: node.addresses[0] ?? '', peerId: node.peerId };
}

test.each(Object.entries(USES))('over sockets: %s', async (_, use) => {
  const one = await server();
  const other = await server(one.address);
  await other.node.identify(one.peerId);
  const trace = await recordedTrace({ routing: { lanDht: { mode: 'client' } } }, (node) => use(node, one, other));
  // Some of its inputs found the node half done: that is what this is about.
  expect(trace.records.filter(({ data }) => typeof data['hops'] === 'number').length).toBeGreaterThan(1);
  const { difference } = await replayTrace(trace);
  expect(difference?.report).toBeUndefined();
});
