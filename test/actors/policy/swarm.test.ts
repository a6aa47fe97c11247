/** Policy in a swarm: several connections with one peer, scopes, and the gater, on virtual time. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { secioProtocol } from '../../../src/actors/connection/secio/handler.js';
import type { ResourceOptions } from '../../../src/actors/policy/resource-manager.js';
import { emptyHolding } from '../../../src/actors/policy/scope.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import { isBetter } from '../../../src/actors/swarm/connection-table.js';
import {
  during,
  newSwarm,
  newWorld,
  type SimSwarm,
  type SimSwarmOptions,
  type World,
} from '../../support/sim-nodes.js';

const ECHO = '/echo/1.0.0';

async function echo(stream: ProtocolStream): Promise<void> {
  for await (const chunk of stream) {
    stream.write(chunk);
    await stream.whenWritable();
  }
  stream.closeWrite();
}

interface Node extends SimSwarm {
  readonly address: string;
  /** Codes of refusals and failures, as they were told. */
  readonly told: string[];
}

const nodes: { readonly world: World; readonly node: Node }[] = [];

async function listening(world: World, seed: string, options: Omit<SimSwarmOptions, 'seed'> = {}): Promise<Node> {
  const made = newSwarm(world, { seed, ...options });
  const told: string[] = [];
  made.swarm.events$.subscribe((event) => {
    if ('error' in event && event.error !== undefined) told.push(`${event.type} ${event.error.code}`);
  });
  made.swarm.registerHandler(ECHO, echo, 1000);
  await made.swarm.listen(`/memory/${seed}`);
  const node = { ...made, told, address: `/memory/${seed}/p2p/${made.peerId}` };
  nodes.push({ world, node });
  return node;
}

/** Whatever a test did: in the end no scope counts anything, nothing lives, nothing broke. */
afterEach(async () => {
  for (const { world, node } of nodes.splice(0)) {
    await during(world, node.swarm.stop());
    const { system, transient, peers, protocols, connections } = node.swarm.policy.resources.snapshot;
    expect({ system: system.usage, transient: transient.usage, peers, protocols, connections }).toEqual({
      system: emptyHolding(),
      transient: emptyHolding(),
      peers: {},
      protocols: {},
      connections: {},
    });
    expect({ live: node.environment.liveActors, broken: node.broken }).toEqual({ live: 0, broken: [] });
  }
});

async function expectEcho(world: World, stream: ProtocolStream): Promise<void> {
  stream.write(Uint8Array.of(1, 2, 3));
  stream.closeWrite();
  const back = (async () => {
    let length = 0;
    for await (const chunk of stream) length += chunk.length;
    return length;
  })();
  expect(await during(world, back)).toBe(3);
}

describe('several connections with one peer', () => {
  test('force opens another one; they are listed apart and closed alone', async () => {
    const world = newWorld({ latencyMs: 5 });
    const [alice, bob] = [await listening(world, 'alice'), await listening(world, 'bob')];
    const first = await during(world, alice.swarm.dial(bob.address));
    expect(await during(world, alice.swarm.dial(bob.address))).toBe(first);
    const second = await during(world, alice.swarm.dial(bob.address, { force: true }));
    const third = await during(world, alice.swarm.dial(bob.peerId, { force: true }));
    expect(new Set([first, second, third]).size).toBe(3);
    await world.advance(10);
    expect([alice.swarm.connections.length, bob.swarm.connections.length]).toEqual([3, 3]);
    first.close();
    await world.advance(1000);
    expect(alice.swarm.connections).toEqual([second, third]);
    expect(bob.swarm.peers).toEqual([alice.peerId]);
    await expectEcho(world, await during(world, alice.swarm.openStream(bob.peerId, [ECHO])));
    second.close();
    third.close();
    await world.advance(1000);
    expect([alice.swarm.peers, bob.swarm.peers]).toEqual([[], []]);
  });

  test('a new stream goes to the connection that has most of them, on both sides alike', async () => {
    const world = newWorld({ latencyMs: 5 });
    const [alice, bob] = [await listening(world, 'alice'), await listening(world, 'bob')];
    const first = await during(world, alice.swarm.dial(bob.address));
    const second = await during(world, alice.swarm.dial(bob.address, { force: true }));
    expect(alice.swarm.connectionTo(bob.peerId)).toBe(first);
    const held = await during(world, alice.swarm.openStreamOn(second, [ECHO]));
    expect(alice.swarm.connectionTo(bob.peerId)).toBe(second);
    await world.advance(10);
    const theirs = bob.swarm.connectionTo(alice.peerId);
    expect(theirs?.muxer?.streams.size).toBe(1);
    const next = await during(world, bob.swarm.openStream(alice.peerId, [ECHO]));
    expect(next.connection.id).toBe(theirs?.address);
    held.reset();
    next.reset();
    await world.advance(10);
    expect(alice.swarm.connectionTo(bob.peerId)).toBe(first);
  });

  test.each<[string, object, object, boolean]>([
    ['direct before relayed, whatever the streams', { streams: 0 }, { relayed: true, streams: 9 }, true],
    ['relayed behind direct', { relayed: true, streams: 9 }, { streams: 0 }, false],
    ['one that takes streams before one that goes away', { relayed: true }, { leaving: true, streams: 9 }, true],
    ['of relayed ones the one with more streams', { relayed: true, streams: 2 }, { relayed: true, streams: 1 }, true],
    ['of equals the older', {}, {}, false],
  ])('%s', (_, one, other, expected) => {
    const like = ({ relayed = false, leaving = false, streams = 0 }) =>
      ({
        isOpen: true,
        remoteAddress: relayed ? '/memory/r/p2p-circuit' : '/memory/r',
        muxer: { takesStreams: !leaving, streams: { size: streams } },
      }) as unknown as ConnectionActor;
    expect(isBetter(like(one), like(other))).toBe(expected);
  });

  test('two peers that dial each other at once have two connections, both usable, and come to use one', async () => {
    const world = newWorld({ latencyMs: 20 });
    const [alice, bob] = [await listening(world, 'alice'), await listening(world, 'bob')];
    const [there, back] = await during(
      world,
      Promise.all([alice.swarm.openStream(bob.address, [ECHO]), bob.swarm.openStream(alice.address, [ECHO])]),
    );
    await world.advance(100);
    expect([alice.swarm.connections.length, bob.swarm.connections.length]).toEqual([2, 2]);
    expect(there.connection.direction).toBe('outbound');
    expect(back.connection.direction).toBe('outbound');
    for (const connection of alice.swarm.connections) {
      await expectEcho(world, await during(world, alice.swarm.openStreamOn(connection, [ECHO])));
    }
    const held = await during(world, alice.swarm.openStream(bob.peerId, [ECHO]));
    await world.advance(100);
    const chosen = alice.swarm.connectionTo(bob.peerId);
    const same = await during(world, bob.swarm.openStream(alice.peerId, [ECHO]));
    await world.advance(100);
    expect(chosen?.muxer?.streams.size).toBe(3);
    await expectEcho(world, there);
    for (const stream of [back, held, same]) stream.reset();
  });

  test('a stream that crosses the closing of its connection is opened on the other one', async () => {
    const world = newWorld({ latencyMs: 20 });
    const [alice, bob] = [await listening(world, 'alice'), await listening(world, 'bob')];
    const first = await during(world, alice.swarm.dial(bob.address));
    const second = await during(world, alice.swarm.dial(bob.address, { force: true }));
    await world.advance(100);
    const theirs = bob.swarm.connectionTo(alice.peerId);
    expect(theirs).toBeDefined();
    // Bob opens on the connection that Alice closes in the same instant: his SYN arrives where nobody is any more.
    const opening = Promise.all([1, 2, 3].map(() => bob.swarm.openStream(alice.peerId, [ECHO])));
    first.close();
    const streams = await during(world, opening);
    expect(new Set(streams.map(({ connection }) => connection.id)).size).toBe(1);
    expect(streams[0]?.connection.id).not.toBe(theirs?.address);
    for (const stream of streams) await expectEcho(world, stream);
    expect(alice.swarm.connections).toEqual([second]);
  });

  test('without another connection the failure is told', async () => {
    const world = newWorld({ latencyMs: 20 });
    const [alice, bob] = [await listening(world, 'alice'), await listening(world, 'bob')];
    const only = await during(world, alice.swarm.dial(bob.address));
    await world.advance(100);
    const opening = bob.swarm.openStream(alice.peerId, [ECHO]).catch((error: unknown) => error);
    only.close();
    expect(await during(world, opening)).toMatchObject({ name: 'EngineError', blame: 'remote' });
  });
});

describe('scopes that are full', () => {
  const bounded = (resources: ResourceOptions) => ({ policy: { resources } });

  test('connections: an inbound one is dropped and told, an outbound one fails by name', async () => {
    const world = newWorld();
    const alice = await listening(
      world,
      'alice',
      bounded({ system: { connectionsInbound: 1, connectionsOutbound: 1 } }),
    );
    const others = await Promise.all(['b', 'c'].map((seed) => listening(world, seed)));
    await during(world, others[0]!.swarm.dial(alice.address));
    await expect(during(world, others[1]!.swarm.dial(alice.address))).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_ENDED',
    });
    expect(alice.told).toEqual(['connection.refused ERR_RESOURCE_LIMIT']);
    await during(world, alice.swarm.dial(others[1]!.address));
    await expect(during(world, alice.swarm.dial(others[0]!.address, { force: true }))).rejects.toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      blame: 'local',
      details: { scope: 'system', resource: 'connectionsOutbound', limit: 1 },
    });
  });

  test('connections of one peer: the one past the limit ends when its peer is proved', async () => {
    const world = newWorld();
    const alice = await listening(world, 'alice', bounded({ peer: { connections: 1 } }));
    const bob = await listening(world, 'bob');
    await during(world, bob.swarm.dial(alice.address));
    // With the muxer agreed inside noise the dialer is through before the listener has judged it.
    await during(world, bob.swarm.dial(alice.address, { force: true }));
    await world.advance(1000);
    expect(alice.told).toEqual(['connection.failed ERR_RESOURCE_LIMIT']);
    expect(bob.swarm.connections.length).toBe(1);
  });

  test('streams: at the limit opened, one past it refused both ways, and room comes back', async () => {
    const world = newWorld();
    const alice = await listening(world, 'alice', bounded({ peer: { streamsInbound: 2, streamsOutbound: 1 } }));
    const bob = await listening(world, 'bob');
    const open = () => during(world, bob.swarm.openStream(alice.address, [ECHO]));
    const streams = [await open(), await open()];
    await expect(open()).rejects.toMatchObject({ code: 'ERR_MULTISTREAM_ENDED', blame: 'remote' });
    streams[0]?.reset();
    await world.settle();
    streams.push(await open());
    const ours = await during(world, alice.swarm.openStream(bob.peerId, [ECHO]));
    await expect(during(world, alice.swarm.openStream(bob.peerId, [ECHO]))).rejects.toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      details: { scope: `peer:${bob.peerId}`, resource: 'streamsOutbound', limit: 1 },
    });
    for (const stream of [...streams.slice(1), ours]) await expectEcho(world, stream);
  });

  test('streams of one protocol: refused when it is agreed, others go on', async () => {
    const world = newWorld();
    const alice = await listening(world, 'alice', bounded({ protocols: { [ECHO]: { streams: 1 } } }));
    const bob = await listening(world, 'bob');
    alice.swarm.registerHandler('/other', echo);
    const kept = await during(world, bob.swarm.openStream(alice.address, [ECHO]));
    await expect(during(world, bob.swarm.openStream(alice.address, [ECHO]))).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_ENDED',
    });
    expect(alice.told).toEqual(['stream.failed ERR_RESOURCE_LIMIT']);
    await expectEcho(world, await during(world, bob.swarm.openStream(alice.address, ['/other'])));
    await expect(during(world, alice.swarm.openStream(bob.peerId, [ECHO]))).rejects.toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      details: { scope: `protocol:${ECHO}`, resource: 'streams', limit: 1 },
    });
    await expectEcho(world, kept);
  });

  test('memory: a stream that nobody reads is counted past its free bytes, and reset when there is no room', async () => {
    const world = newWorld();
    const memoryBytes = 64 * 1024 + 3 * 32 * 1024 + 256 * 1024;
    const alice = await listening(world, 'alice', bounded({ peer: { memoryBytes } }));
    const bob = await listening(world, 'bob');
    const taken: ProtocolStream[] = [];
    alice.swarm.registerHandler('/hold', (stream) => void taken.push(stream));
    const [first, second, third] = [
      await during(world, bob.swarm.openStream(alice.address, ['/hold'])),
      await during(world, bob.swarm.openStream(alice.address, ['/hold'])),
      await during(world, bob.swarm.openStream(alice.address, ['/hold'])),
    ];
    const used = () => alice.swarm.policy.resources.snapshot.peers[bob.peerId]?.usage.memoryBytes;
    expect(used()).toBe(64 * 1024 + 3 * 32 * 1024);
    first.write(new Uint8Array(16 * 1024));
    await world.settle();
    expect(used()).toBe(64 * 1024 + 3 * 32 * 1024);
    first.write(new Uint8Array(1));
    await world.settle();
    expect(used()).toBe(memoryBytes);
    second.write(new Uint8Array(16 * 1024 + 1));
    await expect(during(world, second.closed)).rejects.toMatchObject({ code: 'ERR_STREAM_RESET' });
    expect(taken[1]?.error).toMatchObject({
      code: 'ERR_RESOURCE_LIMIT',
      blame: 'remote',
      details: { scope: `peer:${bob.peerId}`, resource: 'memoryBytes', limit: memoryBytes },
    });
    expect(used()).toBe(memoryBytes - 32 * 1024);
    // Read, it is given back, and the next one finds room.
    const reading = taken[0]?.[Symbol.asyncIterator]();
    await during(world, reading!.next());
    await during(world, reading!.next());
    // The next chunk never comes: the stream ends with its connection.
    reading!.next().catch(() => undefined);
    await world.settle();
    expect(used()).toBe(64 * 1024 + 2 * 32 * 1024);
    third.write(new Uint8Array(16 * 1024 + 1));
    await world.settle();
    expect(taken[2]?.error).toBeUndefined();
    expect(used()).toBe(64 * 1024 + 2 * 32 * 1024 + 256 * 1024);
  });
});

describe('frames of a secure channel', () => {
  const secio = { security: [secioProtocol] };
  /** Bytes come in pieces as from a socket, so that a frame is in the middle of arriving for a while. */
  const cutting = () =>
    newWorld({
      latencyMs: 1,
      rechunk: (chunks) =>
        chunks.flatMap((chunk) =>
          Array.from({ length: Math.ceil(chunk.length / 16_384) }, (_, index) =>
            chunk.subarray(index * 16_384, (index + 1) * 16_384),
          ),
        ),
    });

  test.each([
    // What the connection, its stream and its window take: 64, 32 and 256 KiB, and a first step of 256 for the frame.
    ['with room for one that is unfinished it goes on', 608, []],
    [
      'without, the connection ends by name',
      351,
      ['connection.closed ERR_RESOURCE_LIMIT', 'stream.failed ERR_RESOURCE_LIMIT'],
    ],
  ] as const)('%s', async (_, kibibytes, told) => {
    const world = cutting();
    const policy = { resources: { connection: { memoryBytes: kibibytes * 1024 } } };
    const [alice, bob] = [await listening(world, 'alice', { ...secio, policy }), await listening(world, 'bob', secio)];
    let heard = 0;
    alice.swarm.registerHandler('/sink/1.0.0', async (stream) => {
      for await (const chunk of stream) heard += chunk.length;
    });
    const stream = await during(world, bob.swarm.openStream(alice.address, ['/sink/1.0.0']));
    await world.advance(10);
    const used = () => alice.swarm.policy.resources.snapshot.system.usage.memoryBytes;
    expect(used()).toBe(96 * 1024);
    stream.write(new Uint8Array(100 * 1024));
    await world.advance(1000);
    expect(alice.told).toEqual(told);
    expect([heard, used()]).toEqual(told.length === 0 ? [100 * 1024, 96 * 1024] : [0, 0]);
  });
});

describe('the gater', () => {
  test('refuses a peer and an address before anything is dialed', async () => {
    const world = newWorld();
    const bob = await listening(world, 'bob');
    const alice = await listening(world, 'alice', { policy: { gater: { deny: { peers: [bob.peerId] } } } });
    await expect(during(world, alice.swarm.dial(bob.address))).rejects.toMatchObject({
      code: 'ERR_CONNECTION_DENIED',
      details: { stage: 'dialPeer', peer: bob.peerId },
    });
    const carol = await listening(world, 'carol', { policy: { gater: { dialAddress: () => false } } });
    await expect(during(world, carol.swarm.dial(bob.address))).rejects.toMatchObject({
      code: 'ERR_CONNECTION_DENIED',
      details: { stage: 'dialAddress', address: '/memory/bob' },
    });
    expect(bob.swarm.connections).toEqual([]);
  });

  test('refuses an inbound connection unread, and a proved peer before its muxer', async () => {
    const world = newWorld();
    const bob = await listening(world, 'bob');
    const alice = await listening(world, 'alice', { policy: { gater: { accept: () => false } } });
    const carol = await listening(world, 'carol', { policy: { gater: { deny: { peers: [bob.peerId] } } } });
    await expect(during(world, bob.swarm.dial(alice.address))).rejects.toMatchObject({ code: 'ERR_TRANSPORT_ENDED' });
    expect(alice.told).toEqual(['connection.refused ERR_CONNECTION_DENIED']);
    const dialed = await during(
      world,
      bob.swarm.dial(carol.address).catch((error: unknown) => error),
    );
    await world.advance(1000);
    expect(dialed).toBeDefined();
    expect(carol.told).toEqual(['connection.failed ERR_CONNECTION_DENIED']);
    expect([bob.swarm.connections, carol.swarm.connections]).toEqual([[], []]);
  });
});
