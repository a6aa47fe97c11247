/** What nodes know of each other and tell each other, on virtual time: signed records, pushes, pings, the peerstore. */
import { describe, expect, test } from '@jest/globals';
import { createNode, type CreateNodeOptions } from '../../src/create-node.js';
import type { Host } from '../../src/host/host.js';
import type { HostEvent, PeerInfo } from '../../src/index.js';
import { LIMITS } from '../../src/limits.js';
import type { Transport, TransportConnection } from '../../src/ports.js';
import { MemoryDataStore } from '../../src/sim/memory-store.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { multiaddrToBytes } from '../../src/wire/multiaddr.js';
import { hex } from '../support/decoding.js';
import { during, newWorld, type World } from '../support/sim-nodes.js';

const PUSH = '/ipfs/id/push/1.0.0';
const RELAY = '/libp2p/circuit/relay/0.1.0';

async function node(world: World, name: string, options: CreateNodeOptions = {}): Promise<Host> {
  return createNode({
    clock: world.clock,
    random: new SeededRandom(name),
    transports: [world.network.transport],
    listen: [`/memory/${name}`],
    ...options,
  });
}

/** Two nodes that have identified each other. */
async function pair(a: CreateNodeOptions = {}, b: CreateNodeOptions = {}) {
  const world = newWorld();
  const alice = await node(world, 'alice', a);
  const bob = await node(world, 'bob', b);
  await during(world, alice.dial(bob.addresses[0] ?? ''));
  await world.settle();
  const seen = async (by: Host, of: Host): Promise<PeerInfo | undefined> => during(world, by.peers.get(of.peerId));
  const stop = async (): Promise<void> => {
    await during(world, Promise.all([alice.stop(), bob.stop()]));
    expect([alice.liveActors, bob.liveActors, world.clock.pendingTimers]).toEqual([0, 0, 0]);
  };
  return { world, alice, bob, seen, stop };
}

describe('identify', () => {
  test('each knows of the other what it said, its addresses signed', async () => {
    const { alice, bob, seen, stop } = await pair();
    expect(await seen(bob, alice)).toMatchObject({
      addresses: [{ address: '/memory/alice', source: 'signed' }],
      agentVersion: 'swarmchart/0.1.0',
      protocolVersion: 'ipfs/0.1.0',
    });
    expect((await seen(bob, alice))?.protocols).toContain(PUSH);
    expect((await seen(alice, bob))?.addresses).toMatchObject([{ address: '/memory/bob', source: 'dialed' }]);
    await stop();
  });

  test('a record holds addresses of 2 KiB together, and no more', async () => {
    const listen = Array.from({ length: 25 }, (_, index) => `/memory/${String(index).padStart(100, 'x')}`);
    const { alice, bob, seen, stop } = await pair({ listen });
    const info = await seen(bob, alice);
    const size = (count: number): number =>
      listen.slice(0, count).reduce((sum, one) => sum + multiaddrToBytes(one).length, 0);
    const fit = listen.filter((_, index) => size(index + 1) <= LIMITS.peerRecordAddressBytes);
    expect(fit.length).toBeGreaterThan(10);
    expect(fit.length).toBeLessThan(listen.length);
    expect(info?.addresses.map(({ address, source }) => `${source} ${address}`)).toEqual(
      fit.map((one) => `signed ${one}`),
    );
    await stop();
  });

  test('without the option there is neither record nor push', async () => {
    const { alice, bob, seen, stop } = await pair({ identify: { push: false, signedRecord: false } });
    const info = await seen(bob, alice);
    expect(info?.addresses).toMatchObject([{ address: '/memory/alice', source: 'identify' }]);
    expect(info?.protocols).not.toContain(PUSH);
    await stop();
  });
});

describe('push', () => {
  test('a handler that is registered, and one that is taken away, are told after a second', async () => {
    const { world, alice, bob, seen, stop } = await pair();
    alice.registerHandle('/chat/1', () => undefined);
    alice.registerHandle('/chat/2', () => undefined);
    await world.advance(999);
    expect((await seen(bob, alice))?.protocols).not.toContain('/chat/1');
    await world.advance(1);
    expect((await seen(bob, alice))?.protocols).toEqual(expect.arrayContaining(['/chat/1', '/chat/2']));
    alice.unregisterHandle('/chat/1');
    await world.advance(1000);
    expect((await seen(bob, alice))?.protocols).not.toContain('/chat/1');
    await stop();
  });

  test('several changes in a second are one push', async () => {
    const { world, alice, bob, stop } = await pair();
    const opened: string[] = [];
    bob.events$.subscribe((event) => {
      if (event.type === 'stream.opened' && event.stream.protocol === PUSH) opened.push(event.stream.id);
    });
    for (let index = 0; index < 50; index++) alice.registerHandle(`/chat/${index}`, () => undefined);
    await world.advance(5000);
    expect(opened.length).toBe(1);
    await stop();
  });

  test('a node alone pushes nothing, and leaves no timer', async () => {
    const world = newWorld();
    const alice = await node(world, 'alice');
    alice.registerHandle('/chat/1', () => undefined);
    expect(world.clock.pendingTimers).toBe(0);
    await during(world, alice.stop());
  });

  test('a peer that does not take it is left alone', async () => {
    const { world, alice, bob, seen, stop } = await pair({}, { identify: { push: false } });
    alice.registerHandle('/chat/1', () => undefined);
    await world.advance(5000);
    expect((await seen(bob, alice))?.protocols).not.toContain('/chat/1');
    await stop();
  });

  test('a hundred peers hear of it, 32 at once', async () => {
    const world = newWorld();
    const hub = await node(world, 'hub');
    let under = 0;
    let most = 0;
    hub.transitions$.subscribe(({ machine, from, to }) => {
      if (machine !== 'identifyPush') return;
      if (from === '') most = Math.max(most, ++under);
      else if (to !== 'awaitingClose') under--;
    });
    const peers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => node(world, `peer ${index}`, { listen: [] })),
    );
    for (const peer of peers) await during(world, peer.dial(hub.addresses[0] ?? ''));
    await world.settle();
    hub.registerHandle('/chat/1', () => undefined);
    await world.advance(3000);
    const known = await during(world, Promise.all(peers.map((peer) => peer.peers.get(hub.peerId))));
    expect(known.filter((info) => info?.protocols.includes('/chat/1') === true).length).toBe(100);
    expect([most, under]).toEqual([32, 0]);
    await during(world, Promise.all([hub, ...peers].map((one) => one.stop())));
  });

  test('a change between two asking and answering is told all the same', async () => {
    const world = newWorld();
    const alice = await node(world, 'alice');
    const bob = await node(world, 'bob');
    // Both know each other only after this; the change comes in the middle.
    const connected = new Promise<void>((resolve) => {
      bob.events$.subscribe(({ type }) => type === 'peer.connected' && resolve());
    });
    const dialed = alice.dial(bob.addresses[0] ?? '');
    await during(world, connected);
    alice.registerHandle('/chat/1', () => undefined);
    await during(world, dialed);
    await world.advance(5000);
    expect((await during(world, bob.peers.get(alice.peerId)))?.protocols).toContain('/chat/1');
    await during(world, Promise.all([alice.stop(), bob.stop()]));
  });
});

describe('node.peers', () => {
  test('a peer given by hand is dialed by its id', async () => {
    const world = newWorld();
    const alice = await node(world, 'alice', { listen: [] });
    const bob = await node(world, 'bob');
    await expect(during(world, alice.dial(bob.peerId))).rejects.toMatchObject({ code: 'ERR_DIAL_NO_ADDRESS' });
    await during(world, alice.peers.merge(bob.peerId, { addresses: bob.addresses, metadata: { note: hex('01') } }));
    expect(await during(world, alice.dial(bob.peerId))).toMatchObject({ remotePeer: bob.peerId });
    expect(await during(world, alice.peers.get(bob.peerId))).toMatchObject({
      addresses: [{ address: '/memory/bob', source: 'manual' }],
      metadata: { note: hex('01') },
    });
    await during(world, Promise.all([alice.stop(), bob.stop()]));
  });

  test('merge adds, patch replaces, delete forgets, and each is told', async () => {
    const world = newWorld();
    const alice = await node(world, 'alice', { listen: [] });
    const { peerId: id } = await node(world, 'bob');
    const changes: (readonly string[] | undefined)[] = [];
    alice.peers.changes$.subscribe(({ after }) => changes.push(after?.protocols));
    await during(world, alice.peers.merge(id, { protocols: ['/a'], metadata: { x: hex('01') } }));
    await during(world, alice.peers.merge(id, { protocols: ['/b'], metadata: { y: hex('02') } }));
    const patched = await during(world, alice.peers.patch(id, { protocols: ['/c'], addresses: ['/memory/x'] }));
    expect(patched).toEqual({
      id,
      addresses: [{ address: '/memory/x', source: 'manual' }],
      protocols: ['/c'],
      metadata: { x: hex('01'), y: hex('02') },
    });
    expect((await during(world, alice.peers.list())).map((peer) => peer.id)).toEqual([id]);
    expect([await during(world, alice.peers.delete(id)), await during(world, alice.peers.delete(id))]).toEqual([
      true,
      false,
    ]);
    expect(await during(world, alice.peers.get(id))).toBeUndefined();
    expect(changes).toEqual([['/a'], ['/a', '/b'], ['/c'], undefined]);
    await during(world, alice.stop());
  });

  test('what cannot be is refused, and changes nothing', async () => {
    const world = newWorld();
    const alice = await node(world, 'alice', { listen: [] });
    const bob = await node(world, 'bob');
    const id = bob.peerId;
    const refused = async (promise: Promise<unknown>): Promise<unknown> =>
      during(world, promise).catch((thrown: unknown) => (thrown as { code: string }).code);
    const kilobyte = new Uint8Array(1023);
    expect([
      await refused(alice.peers.get('nobody')),
      await refused(alice.peers.merge('nobody', {})),
      await refused(alice.peers.merge(id, { addresses: ['here'] })),
      await refused(alice.peers.merge(id, { addresses: [`/memory/x/p2p/${alice.peerId}`] })),
      await refused(alice.peers.merge(id, { publicKey: hex('00') })),
      await refused(alice.peers.merge(id, { metadata: { xx: kilobyte } })),
      await refused(
        alice.peers.merge(id, {
          metadata: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`${at}`, hex('')])),
        }),
      ),
    ]).toEqual([
      'ERR_PEER_ID_INVALID',
      'ERR_PEER_ID_INVALID',
      'ERR_INVALID_ARGUMENT',
      'ERR_INVALID_ARGUMENT',
      'ERR_KEY_INVALID',
      'ERR_INVALID_ARGUMENT',
      'ERR_INVALID_ARGUMENT',
    ]);
    expect(await during(world, alice.peers.list())).toEqual([]);
    expect(await refused(alice.peers.merge(id, { metadata: { x: kilobyte } }))).toMatchObject({ id });
    await during(world, Promise.all([alice.stop(), bob.stop()]));
  });

  test('it survives the node: the next one dials by id alone', async () => {
    const world = newWorld();
    const data = new MemoryDataStore();
    const bob = await node(world, 'bob');
    const first = await node(world, 'alice', { listen: [], data });
    await during(world, first.dial(bob.addresses[0] ?? ''));
    await world.settle();
    await during(world, first.stop());
    const second = await node(world, 'alice', { listen: [], data: await reopened(data) });
    expect(await during(world, second.dial(bob.peerId))).toMatchObject({ remotePeer: bob.peerId });
    await during(world, Promise.all([second.stop(), bob.stop()]));
  });
});

test('what is stored and does not read is told to who subscribes when the node is there, and the node goes on', async () => {
  const world = newWorld();
  const data = new MemoryDataStore();
  await data.put('/peers/damaged', hex('ff'));
  await data.put('/peers/newer', hex('0802'));
  await data.put('/own/peer-record-sequence', hex('ff'));
  const alice = await node(world, 'alice', { data });
  const problems: unknown[] = [];
  alice.events$.subscribe((event) => event.type === 'peers.problem' && problems.push([event.peer, event.error.code]));
  await world.settle();
  expect(problems).toEqual([
    ['damaged', 'ERR_PEERSTORE_DAMAGED'],
    ['newer', 'ERR_PEERSTORE_VERSION'],
  ]);
  expect(await during(world, alice.peers.list())).toEqual([]);
  await during(world, alice.stop());
});

/** A store in memory closes with its node: what was in it, in another one. */
async function reopened(data: MemoryDataStore): Promise<MemoryDataStore> {
  const copy = new MemoryDataStore();
  for await (const [key, value] of data.query('')) await copy.put(key, value);
  return copy;
}

describe('where others see us', () => {
  /** The network as it looks to one outside: the hub has another address there. */
  const outside = ({ network: { transport } }: World): Transport => ({
    name: 'outside',
    handles: (address) => transport.handles(address),
    listen: (...rest) => transport.listen(...rest),
    dial: (address, onConnected, onFailed) =>
      transport.dial(
        address.replace('/memory/public', '/memory/hub'),
        (raw) => onConnected(new Proxy(raw, { get: (inner, key) => seenAs(inner, key, address) })),
        onFailed,
      ),
  });
  const seenAs = (inner: TransportConnection, key: string | symbol, address: string): unknown => {
    if (key === 'remoteAddress') return address;
    const value: unknown = Reflect.get(inner, key, inner);
    return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
  };

  test('an address counts when four have seen it, and is told to everybody then', async () => {
    const world = newWorld();
    const hub = await node(world, 'hub');
    const events: HostEvent[] = [];
    hub.events$.subscribe((event) => event.type.startsWith('address.') && events.push(event));
    const peers: Host[] = [];
    for (let index = 0; index < 4; index++) {
      expect([hub.observedAddresses, events]).toEqual([[], []]);
      const peer = await node(world, `peer ${index}`, { listen: [], transports: [outside(world)] });
      await during(world, peer.dial(`/memory/public/p2p/${hub.peerId}`));
      await world.settle();
      peers.push(peer);
    }
    expect(hub.observedAddresses).toEqual(['/memory/public']);
    expect(events).toEqual([{ type: 'address.confirmed', address: '/memory/public' }]);
    await world.advance(1000);
    for (const peer of peers) {
      const info = await during(world, peer.peers.get(hub.peerId));
      expect(info?.addresses.map(({ address, source }) => `${source} ${address}`)).toEqual([
        'dialed /memory/public',
        'signed /memory/hub',
      ]);
    }
    await during(world, Promise.all([hub, ...peers].map((one) => one.stop())));
  });
});

describe('the ping monitor', () => {
  test('keeps the round-trip time of who answers', async () => {
    const { world, alice, bob, seen, stop } = await pair({ pingMonitor: true });
    expect((await seen(alice, bob))?.latencyMs).toBeUndefined();
    await world.advance(11_000);
    expect((await seen(alice, bob))?.latencyMs).toBe(0);
    await world.advance(60_000);
    expect(alice.connections().length).toBe(1);
    await stop();
  });

  test('three pings without an answer close the connection, and say so', async () => {
    const { world, alice, bob, stop } = await pair({ pingMonitor: { intervalMs: 1000 } });
    bob.unregisterHandle('/ipfs/ping/1.0.0');
    bob.registerHandle('/ipfs/ping/1.0.0', (stream) => void stream.data$.subscribe({ error: () => undefined }));
    const events: HostEvent[] = [];
    alice.events$.subscribe((event) => events.push(event));
    await world.advance(45_000);
    const lost = events.filter((event) => event.type === 'connection.unanswered');
    expect(lost).toMatchObject([
      { error: { code: 'ERR_PING_MONITOR_LOST', details: { machine: 'pingMonitor', state: 'pinging' } } },
    ]);
    expect(alice.connections()).toEqual([]);
    await stop();
  });

  test('who does not speak ping is left alone', async () => {
    const { world, alice, bob, stop } = await pair({ pingMonitor: { intervalMs: 1000 } });
    bob.unregisterHandle('/ipfs/ping/1.0.0');
    await world.advance(60_000);
    expect(alice.connections().length).toBe(1);
    await stop();
  });

  test.each([{ intervalMs: 0 }, { maxFailures: 0 }, { maxFailures: 1.5 }])('%j is refused', async (pingMonitor) => {
    await expect(createNode({ listen: [], pingMonitor })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('circuit relay 0.1.0', () => {
  async function asked(question: string): Promise<{ readonly answer: string; readonly events: readonly HostEvent[] }> {
    const { world, alice, bob, stop } = await pair({}, { relayV1: true });
    const events: HostEvent[] = [];
    bob.events$.subscribe((event) => event.type === 'stream.failed' && events.push(event));
    const stream = await during(world, alice.openStream(bob.peerId, RELAY));
    stream.write(hex(question));
    stream.closeWrite();
    const read = async (): Promise<string> => {
      let answer = '';
      for await (const chunk of stream) answer += Buffer.from(chunk).toString('hex');
      return answer;
    };
    const answer = await during(world, read());
    await world.settle();
    await stop();
    return { answer, events };
  }

  test.each([
    { name: 'CAN_HOP: 270', question: '02 0804', answer: '050803208e02' },
    { name: 'HOP: 270', question: '02 0801', answer: '050803208e02' },
    { name: 'STOP: 390', question: '02 0802', answer: '050803208603' },
  ])('$name', async ({ question, answer }) => {
    expect(await asked(question)).toEqual({ answer, events: [] });
  });

  test('nonsense: 400, and it is told', async () => {
    const { answer, events } = await asked('02 0809');
    expect(answer).toBe('050803209003');
    expect(events).toMatchObject([{ error: { code: 'ERR_RELAY_V1_BAD_MESSAGE' } }]);
  });

  test('a node answers it where it speaks secio, or is told to', async () => {
    const world = newWorld();
    const speaks = async (name: string, options: CreateNodeOptions): Promise<boolean> => {
      const host = await node(world, name, { ...options, listen: [] });
      const taken = ((): boolean => {
        try {
          host.registerHandle(RELAY, () => undefined);
          return false;
        } catch {
          return true;
        }
      })();
      await during(world, host.stop());
      return taken;
    };
    expect([
      await speaks('a', {}),
      await speaks('b', { security: ['secio'] }),
      await speaks('c', { relayV1: true }),
      await speaks('d', { security: ['secio'], relayV1: false }),
    ]).toEqual([false, true, true, false]);
  });
});
