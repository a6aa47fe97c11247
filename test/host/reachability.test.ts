/**
 * A node behind a router, in virtual time: its DHT answers while others see it at a public address, and its peers are told
 * when that begins and when it ends, without being asked.
 */
import { expect, test } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import type { HostEvent } from '../../src/host/host-events.js';
import { LIMITS } from '../../src/limits.js';
import type { Transport, TransportConnection } from '../../src/ports.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { during, newWorld, type World } from '../support/sim-nodes.js';

const KAD = '/ipfs/kad/1.0.0';
const PRIVATE = '/ip4/10.0.0.1/tcp/4001';
const PUBLIC = '/ip4/8.8.4.4/tcp/4001';
const LIFE_MS = LIMITS.observedLifeMs;

/** The router: the node listens inside, others dial it from outside, and see it where they dialed. */
function routed({ network: { transport } }: World): Transport {
  const inside = (address: string): string => (address.startsWith('/ip4/') ? '/memory/node' : address);
  const seenAt = (raw: TransportConnection, address: string): TransportConnection =>
    new Proxy(raw, {
      get: (inner, key) => {
        if (key === 'remoteAddress') return address;
        const value: unknown = Reflect.get(inner, key, inner);
        return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
      },
    });
  return {
    name: 'routed',
    handles: (address) => address.startsWith(PRIVATE) || address.startsWith(PUBLIC) || transport.handles(address),
    listen: (address, onConnection, onListening, onFailed) =>
      transport.listen(
        inside(address),
        onConnection,
        (listener) => onListening(address === PRIVATE ? { ...listener, addresses: [PRIVATE] } : listener),
        onFailed,
      ),
    dial: (address, onConnected, onFailed) =>
      transport.dial(inside(address), (raw) => onConnected(seenAt(raw, address)), onFailed),
  };
}

/** The node, and as many of its peers as are asked for, each with a DHT that only asks. */
async function behindRouter() {
  const world = newWorld();
  const transports = [routed(world)];
  const made: Host[] = [];
  const newNode = async (name: string, options: CreateNodeOptions): Promise<Host> => {
    const ports = { clock: world.clock, random: new SeededRandom(name), transports };
    const host = await createNode({ ...ports, ...options });
    made.push(host);
    return host;
  };
  const node = await newNode('node', { listen: [PRIVATE], routing: { dht: { mode: 'auto' } } });
  const told: string[] = [];
  node.events$.subscribe((event: HostEvent) => {
    if (event.type === 'address.confirmed' || event.type === 'address.expired') told.push(event.type);
  });
  let count = 0;
  const observer = async (): Promise<Host> => {
    const peer = await newNode(`peer ${count++}`, { listen: [], routing: { dht: { mode: 'client' } } });
    await during(world, peer.dial(`${PUBLIC}/p2p/${node.peerId}`));
    await world.settle();
    return peer;
  };
  /** What the node is, and what `peer` has heard of it. */
  const seen = async (peer: Host) => {
    const info = await during(world, peer.peers.get(node.peerId));
    return {
      mode: node.dhts[0]?.view.mode,
      handled: node.handledProtocols.includes(KAD),
      heard: info?.protocols.includes(KAD),
      inTable: peer.dhts[0]?.view.peers,
    };
  };
  const stop = async (): Promise<void> => {
    await during(world, Promise.all(made.map((host) => host.stop())));
    expect(made.map(({ liveActors }) => liveActors)).toEqual(made.map(() => 0));
    expect(world.clock.pendingTimers).toBe(0);
  };
  return { world, node, newNode, told, observer, seen, stop };
}

const ANSWERS = { mode: 'server', handled: true, heard: true, inTable: 1 };
const ASKS = { mode: 'client', handled: false, heard: false, inTable: 0 };

test('answers from when enough see it, as long as they are there; not any more when they are long gone; and again', async () => {
  const { world, node, told, observer, seen, stop } = await behindRouter();
  const watcher = await observer();
  const others = [await observer(), await observer()];
  await world.advance(2_000);
  expect([await seen(watcher), told, node.observedAddresses]).toEqual([ASKS, [], []]);

  others.push(await observer());
  await world.advance(2_000);
  expect([await seen(watcher), told, node.observedAddresses]).toEqual([ANSWERS, ['address.confirmed'], [PUBLIC]]);

  // What is seen on an open connection is seen still, however long ago it was said.
  await world.advance(3 * LIFE_MS);
  expect([await seen(watcher), told]).toEqual([ANSWERS, ['address.confirmed']]);

  for (const peer of others) await during(world, peer.stop());
  await world.advance(LIFE_MS - 10_000);
  expect([await seen(watcher), told]).toEqual([ANSWERS, ['address.confirmed']]);
  await world.advance(20_000);
  expect([await seen(watcher), told]).toEqual([ASKS, ['address.confirmed', 'address.expired']]);
  expect(node.observedAddresses).toEqual([]);

  for (let count = 0; count < 3; count++) await observer();
  await world.advance(2_000);
  expect([await seen(watcher), told]).toEqual([ANSWERS, ['address.confirmed', 'address.expired', 'address.confirmed']]);
  await stop();
});

test('a peer that it dialed is told the address, and that there is none any more', async () => {
  const { world, node, newNode, observer, stop } = await behindRouter();
  const watcher = await newNode('watcher', { listen: ['/memory/watcher'] });
  await during(world, node.dial(`/memory/watcher/p2p/${watcher.peerId}`));
  const addresses = async (): Promise<readonly string[]> =>
    ((await during(world, watcher.peers.get(node.peerId)))?.addresses ?? []).map(
      ({ address, source }) => `${source} ${address}`,
    );
  await world.settle();
  expect(await addresses()).toEqual([`signed ${PRIVATE}`]);
  const others = [await observer(), await observer(), await observer(), await observer()];
  await world.advance(2_000);
  expect(await addresses()).toEqual([`signed ${PRIVATE}`, `signed ${PUBLIC}`]);
  for (const peer of others) await during(world, peer.stop());
  await world.advance(LIFE_MS + 10_000);
  expect(await addresses()).toEqual([`signed ${PRIVATE}`]);
  await stop();
});

test('a stopped node waits for nothing', async () => {
  const { world, node, observer, stop } = await behindRouter();
  for (let count = 0; count < 4; count++) await observer();
  await world.advance(2_000);
  expect(node.observedAddresses).toEqual([PUBLIC]);
  await stop();
});
