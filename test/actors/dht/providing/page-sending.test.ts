/** One page on its way: to whom, how many at once, and when a key counts as provided; and the bounds of a whole sweep. */
import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { BehaviorSubject } from 'rxjs';
import { Environment } from '../../../../src/actors/environment.js';
import type { RegionPeer } from '../../../../src/actors/dht/providing/exploration.js';
import { PageSending } from '../../../../src/actors/dht/providing/page-sending.js';
import { ProvidedKeys, type ProvidedKey } from '../../../../src/actors/dht/providing/provided-keys.js';
import { Sweep } from '../../../../src/actors/dht/providing/sweep.js';
import { LIMITS } from '../../../../src/limits.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import { MemoryDataStore } from '../../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../../src/sim/virtual-clock.js';
import type { KadMessage } from '../../../../src/wire/kad.js';
import { MadeNetwork } from '../../../support/provide-network.js';
import { drained, madeKeys, ProvideWorld, SELF } from '../../../support/provide-world.js';

const environment = new Environment({ clock: new VirtualClock(), random: new SeededRandom(1), ciphers: nodeCiphers });

const peers: readonly RegionPeer[] = Array.from({ length: 30 }, (_, index) => ({
  id: `peer ${index}`,
  addresses: [],
  point: Uint8Array.of(index),
  head: index,
}));
const keys: readonly ProvidedKey[] = Array.from({ length: 3 }, (_, index) => ({
  key: Uint8Array.of(index),
  point: Uint8Array.of(index),
  providedAtMs: 0,
}));

function begin(
  tell: (peer: RegionPeer, signal: AbortSignal) => Promise<void>,
  failed = new Set<string>(),
  closest = 20,
  few = keys,
) {
  let sent = 0;
  const asked: string[] = [];
  const page = new PageSending(
    environment,
    {
      keys: few,
      closestTo: ({ key }, gone) =>
        peers.filter(({ id, head }) => head >= (key[0] ?? 0) && !gone.has(id)).slice(0, closest),
      message: ({ key }) => ({ type: 'ADD_PROVIDER', key, closerPeers: [], providerPeers: [] }),
      tell: (peer, _, signal) => (asked.push(peer.id), tell(peer, signal)),
      failed,
    },
    () => sent++,
  );
  environment.turns.post(() => page.start());
  return { page, asked, failed, sent: () => sent };
}

const taking = (count: number) => (peer: RegionPeer) =>
  peer.head < count ? Promise.resolve() : Promise.reject(new Error('refused'));

test.each([
  [20, 5, 1],
  [20, 4, 0],
  [4, 1, 1],
  [1, 1, 1],
  [1, 0, 0],
])('of %i closest peers %i took the first key: provided %i times', async (closest, takers, provided) => {
  const { page, sent } = begin(taking(takers), new Set(), closest);
  await drained();
  expect([sent(), page.provided.has(keys[0] as ProvidedKey) ? 1 : 0]).toEqual([1, provided]);
});

test('as many peers at once as the limit says, and the next when one has ended', async () => {
  const ends: (() => void)[] = [];
  const { asked, sent, page } = begin(() => new Promise((resolve) => ends.push(resolve)));
  expect(asked.length).toBe(LIMITS.provideSendsAtOnce);
  ends.shift()?.();
  await drained();
  expect([asked.length, sent()]).toEqual([LIMITS.provideSendsAtOnce + 1, 0]);
  while (ends.length > 0) {
    ends.shift()?.();
    await drained();
  }
  expect([asked.length, sent(), page.calls, page.records]).toEqual([22, 1, 22, 60]);
});

test('each peer has a signal of its own, which is aborted with the page while it is sent to', async () => {
  const signals: AbortSignal[] = [];
  const ends: (() => void)[] = [];
  const { page } = begin((_, signal) => {
    signals.push(signal);
    // As a request does.
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      ends.push(resolve);
    });
  });
  expect(signals.map((signal) => getEventListeners(signal, 'abort').length)).toEqual(
    Array<number>(LIMITS.provideSendsAtOnce).fill(1),
  );
  ends[0]?.();
  await drained();
  environment.turns.post(() => page.stop());
  expect(signals.map(({ aborted }) => aborted)).toEqual([
    false,
    ...Array<boolean>(LIMITS.provideSendsAtOnce).fill(true),
  ]);
});

test('peers that failed before are left out, and those that fail are remembered', async () => {
  const { asked, failed, page } = begin(taking(10), new Set(['peer 0', 'peer 3']));
  await drained();
  // Of the first twenty of each key those from 10 on refuse, and then those who come next.
  expect([asked.includes('peer 0'), asked.includes('peer 3'), asked.length]).toEqual([false, false, 28]);
  expect([...failed].length).toBe(2 + 20);
  expect(page.provided.size).toBe(3);
});

describe('the keys of who fails go to those who come next', () => {
  const gone =
    (...heads: number[]) =>
    (peer: RegionPeer) =>
      heads.includes(peer.head) ? Promise.reject(new Error('gone')) : Promise.resolve();

  test('and to nobody twice', async () => {
    const { page, asked, sent } = begin(gone(4, 9));
    await drained();
    expect([sent(), page.records]).toEqual([1, 60]);
    expect(asked.slice(0, 22)).toEqual(peers.slice(0, 22).map(({ id }) => id));
    // The first key ended at 19, the last at 21; both have lost two.
    expect(asked.slice(22)).toEqual(['peer 20', 'peer 21', 'peer 22', 'peer 23']);
  });

  test.each([
    [LIMITS.provideSendRounds - 1, 20],
    [LIMITS.provideSendRounds, 19],
  ])('%i rounds of failures in a row leave a key with %i', async (rounds, holders) => {
    // Each round fails at the one that came in for the one before.
    const failing = gone(...Array.from({ length: rounds }, (_, round) => 19 + round));
    const { page, asked, sent } = begin(failing, new Set(), 20, keys.slice(0, 1));
    await drained();
    expect([sent(), page.records, asked.length]).toEqual([1, holders, 19 + LIMITS.provideSendRounds]);
  });

  test('until nobody is left', async () => {
    const { page, asked, sent } = begin(taking(0), new Set(), 30);
    await drained();
    expect([sent(), asked.length, page.records, page.provided.size]).toEqual([1, 30, 0, 0]);
  });
});

test('when it is cut, what was taken counts, the others have failed, and what they do later is nothing', async () => {
  const ends: (() => void)[] = [];
  const { page, failed, sent } = begin((peer) =>
    peer.head < 8 ? Promise.resolve() : new Promise((resolve) => ends.push(resolve)),
  );
  await drained();
  environment.turns.post(() => page.cut());
  expect([sent(), page.calls, failed.size, page.provided.size]).toEqual([1, 8, 14, 3]);
  for (const end of ends) end();
  await drained();
  expect([sent(), page.calls]).toEqual([1, 8]);
});

describe('a sweep', () => {
  test('holds no more keys of a region at once than a page, and sends them all', async () => {
    let most = 0;
    const world = new ProvideWorld({ peers: 45, seed: 4, limits: { providePageKeys: 7 } });
    const { tellMany } = world.network;
    Object.assign(world.network, {
      tellMany: (id: string, messages: readonly KadMessage[]) => {
        most = Math.max(most, messages.length);
        return tellMany(id, messages);
      },
    });
    await world.end();
    world.begin();
    const made = madeKeys(100, 4);
    await world.keys.add(made);
    await world.pass(2000);
    expect(most).toBe(7);
    for (const key of made) expect(world.network.holders(key)).toBe(20);
    expect(world.sweep.counts).toMatchObject({ keysNew: 0, keysProvided: 100 });
    expect(await world.end()).toEqual({ actors: 0, timers: 0 });
  });

  test('has no more regions under way than the limit, and needs all of them', async () => {
    const world = new ProvideWorld({
      peers: 1000,
      seed: 1,
      limits: { provideRegionsAtOnce: 3 },
      telling: () => new Promise((resolve) => world.clock.setTimeout(() => resolve(), 1000)),
    });
    await world.keys.add(madeKeys(300, 4));
    const underWay = new Set<number>();
    for (let step = 0; step < 40; step++) {
      await world.pass(250);
      underWay.add(world.sweep.counts.regionsUnderWay);
    }
    expect(Math.max(...underWay)).toBe(3);
    await world.pass(60_000);
    expect(world.sweep.counts).toMatchObject({ keysNew: 0, regionsUnderWay: 0 });
    expect(await world.end()).toEqual({ actors: 0, timers: 0 });
  });

  test('tells one by one where the requester knows no more, tells who we are, and hands addresses on', async () => {
    const clock = new VirtualClock(1_764_000_000_000);
    const network = new MadeNetwork({ clock, peers: 45, seed: 4 });
    const env = new Environment({ clock, random: new SeededRandom(1), ciphers: nodeCiphers });
    const provided = new ProvidedKeys(env, new MemoryDataStore());
    const told: KadMessage[] = [];
    const learnt = new Map<string, readonly string[]>();
    const sweep = new Sweep({
      environment: env,
      keys: provided,
      requester: {
        tell: (peer, message) => {
          told.push(message);
          return network.tellMany(peer, [message]);
        },
      },
      peersNear: network.peersNear,
      learn: (peer, addresses) => learnt.set(peer, addresses),
      self: SELF,
      addresses: () => ['/ip4/192.0.2.9/tcp/4001'],
      peersAvailable$: new BehaviorSubject(true),
    });
    sweep.start();
    const made = madeKeys(5, 4);
    await provided.add(made);
    await drained();
    clock.advance(500);
    await drained();
    clock.advance(500);
    await drained();
    for (const key of made) expect(network.holders(key)).toBe(20);
    expect([told.length, network.tellings]).toEqual([100, 100]);
    expect(new Set(told.map(({ type, closerPeers }) => `${type} ${closerPeers.length}`))).toEqual(
      new Set(['ADD_PROVIDER 0']),
    );
    const [first] = told;
    expect(first?.providerPeers.map(({ addresses, id }) => [addresses, id.length])).toEqual([
      [['/ip4/192.0.2.9/tcp/4001'], 38],
    ]);
    const [peer] = network.peers.filter(({ records }) => records.size > 0);
    expect(learnt.get(peer?.id ?? '')).toEqual(peer?.addresses);
    await sweep.stop();
    expect([env.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });
});
