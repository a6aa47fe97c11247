/** The connection manager over real swarms, on virtual time: trimming, and peers that are kept. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { ConnectionManager, type ConnectionManagerOptions } from '../../../src/actors/policy/connection-manager.js';
import {
  during,
  newSwarm,
  newWorld,
  type SimSwarm,
  type SimSwarmOptions,
  type World,
} from '../../support/sim-nodes.js';

interface Managed extends SimSwarm {
  readonly manager: ConnectionManager;
  readonly address: string;
  readonly trimmed: string[];
  readonly world: World;
}

const managed: Managed[] = [];

async function managing(
  world: World,
  seed: string,
  options: ConnectionManagerOptions = {},
  more: Partial<SimSwarmOptions> = {},
): Promise<Managed> {
  const node = newSwarm(world, { seed, ...more });
  const manager = new ConnectionManager(node.environment, node.swarm, options);
  const trimmed: string[] = [];
  manager.events$.subscribe(({ connection }) => trimmed.push(connection.secured?.remotePeer ?? ''));
  await node.swarm.listen(`/memory/${seed}`);
  node.swarm.registerHandler('/hold', () => undefined);
  const one = { ...node, manager, trimmed, world, address: `/memory/${seed}/p2p/${node.peerId}` };
  managed.push(one);
  return one;
}

/** Whatever a test did: no actor and no timer is left. */
afterEach(async () => {
  const all = managed.splice(0);
  for (const { manager, swarm, world } of all) {
    manager.stop();
    await during(world, swarm.stop());
  }
  expect(all.map(({ environment, broken }) => [environment.liveActors, broken])).toEqual(all.map(() => [0, []]));
  expect(all.map(({ world }) => world.clock.pendingTimers)).toEqual(all.map(() => 0));
});

async function connected(world: World, hub: Managed, count: number): Promise<SimSwarm[]> {
  const others: SimSwarm[] = [];
  for (let at = 0; at < count; at++) {
    const other = await managing(world, `${hub.address.slice(8, 11)}-${at}`);
    await during(world, other.swarm.dial(hub.address));
    others.push(other);
    await world.advance(1000);
  }
  return others;
}

describe('trimming', () => {
  test('at the high mark nothing goes; one past it, all down to the low mark, by value and then age', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub', { highWater: 4, lowWater: 2, graceMs: 0 });
    const others = await connected(world, hub, 4);
    expect([hub.trimmed, hub.environment.liveActors > 0]).toEqual([[], true]);
    hub.manager.tags.tag(others[1]!.peerId, 'useful', { value: 10 });
    hub.manager.tags.tag(others[3]!.peerId, 'useful', { value: 5 });
    const [last] = await connected(world, await managing(world, 'ubh'), 1);
    await during(world, last!.swarm.dial(hub.address));
    await world.advance(100);
    expect(hub.trimmed).toEqual([last!.peerId, others[2]!.peerId, others[0]!.peerId]);
    expect(hub.swarm.peers).toEqual([others[1]!.peerId, others[3]!.peerId]);
  });

  test('protected and kept peers stay, and so do the young until their grace is over', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub', { highWater: 1, lowWater: 0, graceMs: 20_000, checkMs: 5_000 });
    const others = await connected(world, hub, 3);
    hub.manager.tags.protect(others[0]!.peerId, 'friend');
    hub.manager.keepAlive(others[1]!.peerId);
    expect(hub.manager.keptPeers).toEqual({ [others[1]!.peerId]: 'connected' });
    await world.advance(15_000);
    expect(hub.trimmed).toEqual([]);
    await world.advance(10_000);
    expect(hub.trimmed).toEqual([others[2]!.peerId]);
    await world.advance(60_000);
    expect(hub.swarm.peers).toEqual([others[0]!.peerId, others[1]!.peerId]);
    hub.manager.tags.unprotect(others[0]!.peerId, 'friend');
    await world.advance(10_000);
    expect(hub.swarm.peers).toEqual([others[1]!.peerId]);
  });

  test('a connection on which we opened a stream goes after the idle ones', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub', { highWater: 2, lowWater: 1, graceMs: 0 });
    const others = await connected(world, hub, 2);
    const stream = await during(world, hub.swarm.openStream(others[1]!.peerId, ['/hold']));
    hub.manager.tags.tag(others[0]!.peerId, 'worth', { value: 100 });
    await connected(world, hub, 1).catch(() => undefined);
    const third = await managing(world, 'third');
    await during(world, third.swarm.dial(hub.address));
    await world.advance(100);
    expect(hub.swarm.peers).toEqual([others[1]!.peerId]);
    expect(stream.error).toBeUndefined();
  });

  test('of two connections with one peer the idle one is surplus and goes first, and no stream is lost', async () => {
    const world = newWorld({ latencyMs: 10 });
    const hub = await managing(world, 'hub', { highWater: 2, lowWater: 2, graceMs: 0 });
    const [other] = await connected(world, hub, 1);
    const first = await during(world, other!.swarm.openStream(hub.address, ['/hold']));
    await during(world, other!.swarm.dial(hub.address, { force: true }));
    await world.advance(100);
    const stranger = await managing(world, 'stranger');
    await during(world, stranger.swarm.dial(hub.address));
    const opened = await during(world, other!.swarm.openStream(hub.peerId, ['/hold']));
    await world.advance(100);
    expect(hub.trimmed).toEqual([other!.peerId]);
    expect(hub.swarm.peers).toEqual([other!.peerId, stranger.peerId]);
    expect([first.error, opened.error]).toEqual([undefined, undefined]);
  });

  test('nothing of it runs below the high mark, and it ends with the node above it', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub', { highWater: 1, lowWater: 1 });
    await connected(world, hub, 1);
    const quiet = hub.environment.liveActors;
    await connected(world, await managing(world, 'ubh'), 1);
    const third = await managing(world, 'third');
    await during(world, third.swarm.dial(hub.address));
    await world.settle();
    // The connection and its session, and the trimming that waits for their grace.
    expect(hub.environment.liveActors).toBe(2 * quiet + 1);
    for (const connection of third.swarm.connections) connection.close();
    await world.advance(100);
    expect(hub.environment.liveActors).toBe(quiet);
  });

  test.each<ConnectionManagerOptions>([
    { highWater: 1, lowWater: 2 },
    { highWater: -1 },
    { graceMs: -1 },
    { checkMs: 0 },
    { highWater: Number.NaN },
  ])('%j cannot be', (options) => {
    const world = newWorld();
    const { environment, swarm } = newSwarm(world, { seed: 'odd' });
    expect(() => new ConnectionManager(environment, swarm, options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
  });
});

describe('peers that are kept', () => {
  test('dialed at once, again when they go, with pauses that double up to their bound, and left when released', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub', {}, { limits: { keepAliveRetryMs: 1000, keepAliveRetryMaxMs: 8000 } });
    const peer = await managing(world, 'peer');
    const dials: number[] = [];
    hub.environment.transitions$.subscribe(({ machine, to, timeMs }) => {
      if (machine === 'keepAlive' && to === 'dialing') dials.push(timeMs);
    });
    expect(hub.manager.keepAlive(peer.address)).toBe(peer.peerId);
    await world.advance(10);
    expect([hub.swarm.peers, hub.manager.keptPeers]).toEqual([[peer.peerId], { [peer.peerId]: 'connected' }]);

    const goneAtMs = world.clock.now();
    peer.manager.stop();
    await during(world, peer.swarm.stop());
    await world.advance(60_000);
    expect(hub.manager.keptPeers).toEqual({ [peer.peerId]: 'awaitingRetry' });
    const pauses = [goneAtMs, ...dials.slice(1)].map((at, index, all) => at - (all[index - 1] ?? at)).slice(1, 7);
    const expected = [1000, 2000, 4000, 8000, 8000, 8000];
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual((expected[index] ?? 0) / 2);
      expect(pause).toBeLessThanOrEqual(expected[index] ?? 0);
    }
    expect(pauses.length).toBe(6);

    expect([hub.manager.release(peer.peerId), hub.manager.release(peer.peerId)]).toEqual([true, false]);
    const before = dials.length;
    await world.advance(60_000);
    expect([dials.length, hub.manager.keptPeers]).toEqual([before, {}]);
  });

  test('a peer that comes back by itself is connected, and its next absence begins with the first pause', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub');
    const first = await managing(world, 'peer');
    hub.manager.keepAlive(first.peerId);
    await world.advance(20_000);
    expect(hub.manager.keptPeers).toEqual({ [first.peerId]: 'awaitingRetry' });
    await during(world, first.swarm.dial(hub.address));
    await world.settle();
    expect(hub.manager.keptPeers).toEqual({ [first.peerId]: 'connected' });
  });

  test('as many as the limit, and one past it; what is no peer is refused', async () => {
    const world = newWorld();
    const hub = await managing(world, 'hub', {}, { limits: { keepAlivePeers: 1 } });
    const peer = await managing(world, 'peer');
    hub.manager.keepAlive(peer.address);
    hub.manager.keepAlive(peer.peerId);
    expect(() => hub.manager.keepAlive('12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5')).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
    );
    expect(() => hub.manager.keepAlive('/memory/peer')).toThrow(expect.objectContaining({ name: 'EngineError' }));
    await world.settle();
  });

  test('the options’ peers are kept from the start', async () => {
    const world = newWorld();
    const peer = await managing(world, 'peer');
    const hub = await managing(world, 'hub', { keepAlive: [peer.address] });
    hub.manager.start();
    await world.advance(10);
    expect(hub.manager.keptPeers).toEqual({ [peer.peerId]: 'connected' });
  });
});
