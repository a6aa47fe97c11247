/** The provide system in virtual time, over made networks. */
import { describe, expect, jest, test } from '@jest/globals';
import type { DataStore } from '../../../../src/ports.js';
import { MemoryDataStore } from '../../../../src/sim/memory-store.js';
import { MadeNetwork } from '../../../support/provide-network.js';
import { HOUR_MS, madeKeys, ProvideWorld } from '../../../support/provide-world.js';

// A bound against hanging: a hundred thousand keys on a share of a busy core.
jest.setTimeout(600_000);

/** A store that finds a prefix without looking at every entry, as Level does: for many keys. */
class CellStore implements DataStore {
  readonly #cells = new Map<string, Map<string, Uint8Array>>();

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#cell(key).get(key));
  }

  put(key: string, value: Uint8Array): Promise<void> {
    this.#cell(key).set(key, value);
    return Promise.resolve();
  }

  delete(key: string): Promise<void> {
    this.#cell(key).delete(key);
    return Promise.resolve();
  }

  async *query(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    const isInside = prefix.length >= CELL_CHARS;
    const cells = isInside ? [prefix.slice(0, CELL_CHARS)] : [...this.#cells.keys()].sort();
    for (const cell of cells) {
      const entries = [...(this.#cells.get(cell) ?? [])].sort(([left], [right]) => (left < right ? -1 : 1));
      for (const entry of entries) if (entry[0].startsWith(prefix)) yield await Promise.resolve(entry);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #cell(key: string): Map<string, Uint8Array> {
    const name = key.slice(0, CELL_CHARS);
    const known = this.#cells.get(name) ?? new Map<string, Uint8Array>();
    this.#cells.set(name, known);
    return known;
  }
}

const CELL_CHARS = '/dht/provided/123'.length;
const CLEAN = { actors: 0, timers: 0 };
const RECORD_LIFE_MS = 48 * HOUR_MS;

/** Share of the records that the 20 closest peers of keys should have and do. */
function held(network: MadeNetwork, keys: readonly Uint8Array[]): number {
  return keys.reduce((sum, key) => sum + network.holders(key), 0) / (20 * keys.length);
}

/** Keys of which fewer than `least` of the 20 closest peers have a record that is not older than 48 h. */
function lapsed(world: ProvideWorld, keys: readonly Uint8Array[], least = 20): number {
  const now = world.clock.now();
  return keys.filter((key) => {
    const text = Buffer.from(key).toString('hex');
    const live = world.network
      .trueClosest(key)
      .filter(({ records }) => now - (records.get(text) ?? -Infinity) <= RECORD_LIFE_MS);
    return live.length < least;
  }).length;
}

describe('a thousand keys over a thousand peers', () => {
  test('are provided at once, at their 20 closest peers, by a few lookups', async () => {
    const world = new ProvideWorld({ peers: 1000, seed: 1 });
    const keys = madeKeys(1000, 7);
    expect(await world.keys.add(keys)).toBe(1000);
    await world.pass(1000);
    const { network } = world;
    expect(held(network, keys)).toBeGreaterThanOrEqual(0.99);
    expect(world.sweep.counts).toEqual({
      state: 'resting',
      keys: 1000,
      keysNew: 0,
      regionsUnderWay: 0,
      regionsProvided: 36,
      regionsFailed: 0,
      keysProvided: 1000,
      lookups: network.lookups,
      records: 20_000,
      peersFailed: 0,
    });
    // The same keys by one lookup each, over the same network: a fifth of them, times five.
    const oneByOne = new MadeNetwork({ clock: world.clock, peers: 1000, seed: 1 });
    const fifth = keys.slice(0, 200);
    for (const key of fifth) oneByOne.lookUp(key);
    const lookupsAsGo = 5 * oneByOne.lookupMessages;
    const lookupsAsJs = 5 * fifth.reduce((sum, key) => sum + oneByOne.messagesAsJs(key), 0);
    // Of the lookups there are 13 times fewer, each of a sixth of the messages. What has to be told stays: 20 records a key.
    expect(1000 / network.lookups).toBeGreaterThanOrEqual(12);
    expect(lookupsAsGo / network.lookupMessages).toBeGreaterThanOrEqual(60);
    expect((lookupsAsGo + 20_000) / network.messages).toBeGreaterThanOrEqual(3);
    expect((lookupsAsJs + 20_000) / network.messages).toBeGreaterThanOrEqual(5);
    // Each call to a peer is one stream: not one a record.
    // The figures of docs/providing.md.
    expect([network.lookups, network.messages, network.tellings]).toEqual([77, 20_676, 1062]);
    expect(await world.end()).toEqual(CLEAN);
    expect(world.broken).toEqual([]);
  });

  test('are looked up in regions and sent once, however they come', async () => {
    const world = new ProvideWorld({ peers: 1000, seed: 1 });
    const keys = madeKeys(1000, 7);
    for (let at = 0; at < keys.length; at += 50) await world.keys.add(keys.slice(at, at + 50));
    await world.pass(1000);
    expect([world.network.lookups < 100, world.network.records]).toEqual([true, 20_000]);
    expect(await world.keys.add(keys)).toBe(0);
    await world.pass(1000);
    expect(world.network.records).toBe(20_000);
    expect(await world.end()).toEqual(CLEAN);
  });
});

test('a single key costs one lookup and twenty records', async () => {
  const world = new ProvideWorld({ peers: 300, seed: 2 });
  const keys = madeKeys(3, 8);
  for (const [index, key] of keys.entries()) {
    await world.keys.add([key]);
    await world.pass(1000);
    expect([world.network.lookups, world.network.records]).toEqual([index + 1, 20 * (index + 1)]);
  }
  expect(held(world.network, keys)).toBe(1);
  expect(await world.end()).toEqual(CLEAN);
});

test.each([1, 5, 19, 20, 21, 45])('a network of %i peers has every key at its closest', async (peers) => {
  const world = new ProvideWorld({ peers, seed: peers });
  const keys = madeKeys(50, peers);
  await world.keys.add(keys);
  await world.pass(1000);
  for (const key of keys) expect(world.network.holders(key)).toBe(Math.min(20, peers));
  expect(world.network.lookups).toBeLessThanOrEqual(3 * Math.ceil(peers / 20));
  expect(await world.end()).toEqual(CLEAN);
});

describe('time', () => {
  test('for four days no record lapses, every key goes once in 22 hours, and every hour has its share', async () => {
    const world = new ProvideWorld({ peers: 1000, seed: 1 });
    const keys = madeKeys(1000, 7);
    await world.keys.add(keys);
    await world.pass(1000);
    const hours: number[] = [];
    let recordsBefore = world.network.records;
    for (let hour = 0; hour < 96; hour++) {
      await world.pass(HOUR_MS);
      hours.push((world.network.records - recordsBefore) / 20);
      recordsBefore = world.network.records;
      if (hour % 12 === 11) expect({ hour, lapsed: lapsed(world, keys) }).toEqual({ hour, lapsed: 0 });
    }
    // From the second day on: whoever was provided at the start has its own time by then.
    const settled = hours.slice(24, 24 + 66);
    expect(settled.reduce((sum, count) => sum + count, 0)).toBe(3000);
    // 45 an hour on average; a region has some thirty.
    expect(Math.max(...hours)).toBeLessThanOrEqual(3 * 45);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(45 / 4);
    expect(world.sweep.counts.regionsFailed).toBe(0);
    expect(await world.end()).toEqual(CLEAN);
  });

  test('a small network is provided to in parts too', async () => {
    const world = new ProvideWorld({ peers: 30, seed: 5 });
    const keys = madeKeys(400, 5);
    await world.keys.add(keys);
    await world.pass(30 * HOUR_MS);
    const before = world.events.length;
    await world.pass(22 * HOUR_MS);
    const parts = world.events
      .slice(before)
      .flatMap((event) => (event.type === 'region.provided' ? [event.progress.keys] : []));
    // Where the 22 hours begin and end, a part may be cut in two.
    const all = parts.reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThanOrEqual(380);
    expect(all).toBeLessThanOrEqual(420);
    expect(parts.length).toBeGreaterThanOrEqual(15);
    expect(Math.max(...parts)).toBeLessThanOrEqual(60);
    expect(await world.end()).toEqual(CLEAN);
  });

  test.each([
    { name: 'an hour back', jumpMs: -HOUR_MS, again: 0 },
    { name: 'a year back', jumpMs: -365 * 24 * HOUR_MS, again: 0 },
    { name: 'thirty seconds ahead', jumpMs: 30_000, again: 0 },
    { name: 'a year ahead: perhaps the machine slept', jumpMs: 365 * 24 * HOUR_MS, again: 300 },
  ])('wall time set $name provides $again keys at once, and none lapses', async ({ jumpMs, again }) => {
    const world = new ProvideWorld({ peers: 300, seed: 3 });
    const keys = madeKeys(300, 9);
    await world.keys.add(keys);
    await world.pass(1000);
    world.clock.wallAheadMs = jumpMs;
    const before = world.network.records;
    await world.pass(HOUR_MS);
    expect((world.network.records - before) / 20).toBeGreaterThanOrEqual(again);
    expect((world.network.records - before) / 20).toBeLessThanOrEqual(again === 0 ? 60 : 310);
    for (let half = 0; half < 8; half++) {
      await world.pass(12 * HOUR_MS);
      expect({ half, lapsed: lapsed(world, keys) }).toEqual({ half, lapsed: 0 });
    }
    // Nor after a restart, when stored times are far in the future, or long ago.
    expect(await world.end()).toEqual(CLEAN);
    world.begin();
    await world.pass(30 * HOUR_MS);
    expect(lapsed(world, keys)).toBe(0);
    expect(await world.end()).toEqual(CLEAN);
  });
});

describe('a restart', () => {
  test('in the middle of a re-provide goes on where it was: nothing is lost, nothing is sent twice', async () => {
    const world = new ProvideWorld({
      peers: 1000,
      seed: 1,
      telling: (_, signal) =>
        new Promise((resolve) => {
          const timer = world.clock.setTimeout(() => resolve(), 1000);
          signal?.addEventListener('abort', () => world.clock.clearTimeout(timer));
        }),
    });
    const keys = madeKeys(1000, 7);
    await world.keys.add(keys);
    await world.pass(120_000);
    expect(lapsed(world, keys)).toBe(0);
    expect(await world.end()).toEqual(CLEAN);
    // Down for two days: all of it is due at the start.
    await world.pass(50 * HOUR_MS);
    expect(lapsed(world, keys, 1)).toBe(1000);
    const before = world.network.records;
    world.begin();
    for (let step = 0; step < 60 && world.sweep.counts.keysProvided < 400; step++) await world.pass(500);
    const inTheMiddle = world.sweep.counts;
    expect(await world.end()).toEqual(CLEAN);
    expect(inTheMiddle.regionsUnderWay).toBeGreaterThan(0);
    expect(inTheMiddle.keysProvided).toBeGreaterThanOrEqual(400);
    expect(inTheMiddle.keysProvided).toBeLessThan(800);
    world.begin();
    await world.pass(120_000);
    expect(lapsed(world, keys)).toBe(0);
    // What was sent twice is at most what was under way: the pages of four regions.
    const sent = (world.network.records - before) / 20;
    expect(sent).toBeGreaterThanOrEqual(1000);
    expect(sent).toBeLessThanOrEqual(1000 + 4 * 60);
    expect(world.sweep.counts.keysProvided).toBeLessThanOrEqual(1000 - inTheMiddle.keysProvided + 4 * 60);
    expect(await world.end()).toEqual(CLEAN);
  });

  test('soon after a re-provide sends nothing', async () => {
    const world = new ProvideWorld({ peers: 300, seed: 3 });
    await world.keys.add(madeKeys(300, 9));
    await world.pass(1000);
    const before = world.network.messages;
    expect(await world.end()).toEqual(CLEAN);
    world.begin();
    await world.pass(60_000);
    expect([world.network.messages - before, world.sweep.counts.keys]).toEqual([0, 300]);
    expect(await world.end()).toEqual(CLEAN);
  });
});

describe('offline', () => {
  test('nothing is tried and no timer runs, until there are peers', async () => {
    const world = new ProvideWorld({ peers: 100, seed: 4, isOnline: false });
    const keys = madeKeys(100, 4);
    await world.keys.add(keys);
    await world.pass(100 * HOUR_MS);
    expect([world.network.lookups, world.clock.pendingTimers, world.sweep.counts.state]).toEqual([0, 0, 'offline']);
    world.environment.turns.post(() => world.available$.next(true));
    await world.pass(1000);
    expect(held(world.network, keys)).toBe(1);
    world.environment.turns.post(() => world.available$.next(false));
    await world.pass(100 * HOUR_MS);
    expect([world.network.records, world.clock.pendingTimers]).toEqual([2000, 0]);
    expect(await world.end()).toEqual(CLEAN);
  });

  test('without an address that others may be told, regions wait and are tried again', async () => {
    const world = new ProvideWorld({ peers: 100, seed: 4 });
    const keys = madeKeys(100, 4);
    world.addresses = [];
    await world.keys.add(keys);
    await world.pass(1000);
    expect(world.network.lookups).toBe(0);
    expect(world.events.at(-1)).toMatchObject({ type: 'region.failed', error: { code: 'ERR_PROVIDE_NO_ADDRESS' } });
    world.addresses = ['/ip4/192.0.2.9/tcp/4001'];
    await world.pass(120_000);
    expect(held(world.network, keys)).toBe(1);
    expect(await world.end()).toEqual(CLEAN);
  });
});

describe('what fails', () => {
  test('lookups: the pause doubles to an hour, and ends when peers are there again', async () => {
    let isBroken = true;
    const world = new ProvideWorld({
      peers: 100,
      seed: 4,
      lookingUp: () => (isBroken ? Promise.reject(new Error('no route')) : Promise.resolve()),
    });
    const keys = madeKeys(100, 4);
    await world.keys.add(keys);
    await world.pass(6 * HOUR_MS);
    const pauses = world.events.flatMap((event) => (event.type === 'region.failed' ? [event.retryInMs / 60_000] : []));
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]);
    isBroken = false;
    world.environment.turns.post(() => world.available$.next(true));
    await world.pass(HOUR_MS);
    expect(held(world.network, keys)).toBe(1);
    expect(await world.end()).toEqual(CLEAN);
  });

  test('lookups that never end are cut off', async () => {
    const world = new ProvideWorld({ peers: 100, seed: 4, lookingUp: () => new Promise(() => undefined) });
    await world.keys.add(madeKeys(100, 4));
    await world.pass(600_000);
    expect(world.sweep.counts.regionsFailed).toBe(0);
    await world.pass(1000);
    expect(world.events.at(-1)).toMatchObject({ type: 'region.failed', error: { code: 'ERR_PROVIDE_TIMEOUT' } });
    expect(await world.end()).toEqual(CLEAN);
  });

  test('every fifth peer refuses, every fifth times out: the next ones have every key, and all count as provided', async () => {
    const world = new ProvideWorld({
      peers: 300,
      seed: 6,
      telling: (peer, signal) => {
        const kind = (peer.point[31] ?? 0) % 5;
        if (kind === 0) return Promise.reject(new Error('refused'));
        if (kind > 1) return Promise.resolve();
        return new Promise((_, reject) => {
          const timer = world.clock.setTimeout(() => reject(new Error('time-out')), 10_000);
          signal?.addEventListener('abort', () => world.clock.clearTimeout(timer));
        });
      },
    });
    const keys = madeKeys(300, 6);
    await world.keys.add(keys);
    await world.pass(120_000);
    const failing = new Set(world.network.peers.filter(({ point }) => (point[31] ?? 0) % 5 < 2));
    const living = world.network.peers.filter((peer) => !failing.has(peer));
    const holders = keys.map((key) => {
      const text = Buffer.from(key).toString('hex');
      return world.network.closestOf(key, living).filter(({ records }) => records.has(text)).length;
    });
    // Not all of those who come next are known: a tenth are further away.
    expect(holders.reduce((sum, each) => sum + each) / holders.length).toBeGreaterThanOrEqual(17);
    expect(Math.min(...holders)).toBeGreaterThanOrEqual(10);
    expect(world.network.records).toBeGreaterThanOrEqual(0.95 * 20 * keys.length);
    expect(world.sweep.counts).toMatchObject({ keysNew: 0, regionsFailed: 0, state: 'resting' });
    expect(world.sweep.counts.peersFailed).toBeGreaterThanOrEqual(failing.size);
    expect(await world.end()).toEqual(CLEAN);
  });

  test('peers that never answer are cut off, and nobody else waits for them again', async () => {
    const world = new ProvideWorld({
      peers: 100,
      seed: 4,
      telling: ({ point }) => ((point[31] ?? 0) % 4 === 0 ? new Promise(() => undefined) : Promise.resolve()),
    });
    const keys = madeKeys(100, 4);
    await world.keys.add(keys);
    await world.pass(300_000);
    expect(world.sweep.counts.keysNew).toBe(100);
    await world.pass(600_000);
    expect(world.sweep.counts).toMatchObject({ keysNew: 0, regionsFailed: 0 });
    expect(await world.end()).toEqual(CLEAN);
  });

  test('nobody takes anything: the keys stay due, and go when somebody does', async () => {
    let isDeaf = true;
    const world = new ProvideWorld({
      peers: 100,
      seed: 4,
      telling: () => (isDeaf ? Promise.reject(new Error('refused')) : Promise.resolve()),
    });
    const keys = madeKeys(100, 4);
    await world.keys.add(keys);
    await world.pass(30_000);
    expect(world.sweep.counts).toMatchObject({ keysNew: 100, keysProvided: 0, records: 0 });
    expect(world.events.at(-1)).toMatchObject({ type: 'region.failed', error: { code: 'ERR_PROVIDE_UNREACHED' } });
    isDeaf = false;
    await world.pass(60_000);
    expect(held(world.network, keys)).toBe(1);
    expect(world.sweep.counts.keysNew).toBe(0);
    expect(await world.end()).toEqual(CLEAN);
  });
});

describe('a store', () => {
  test('that is full when keys were sent: told, and nothing is sent again before its time; a restart does it once', async () => {
    const data = new MemoryDataStore();
    const world = new ProvideWorld({ peers: 100, seed: 4, data });
    const keys = madeKeys(100, 4);
    await world.keys.add(keys);
    data.setCapacity(0);
    await world.pass(12 * HOUR_MS);
    expect(world.sweep.counts).toMatchObject({ keysNew: 0, regionsFailed: 0 });
    const sent = world.network.records;
    expect(sent).toBeLessThanOrEqual(2 * 2000);
    expect(new Set(world.problems.map(({ error }) => error.code))).toEqual(new Set(['ERR_STORE_FAILED']));
    for (let day = 0; day < 4; day++) {
      await world.pass(24 * HOUR_MS);
      expect({ day, lapsed: lapsed(world, keys) }).toEqual({ day, lapsed: 0 });
    }
    expect(await world.end()).toEqual(CLEAN);
    data.setCapacity(Infinity);
    const before = world.network.records;
    world.begin();
    await world.pass(1000);
    expect([world.network.records - before, world.sweep.counts.keys]).toEqual([2000, 100]);
    expect(await world.end()).toEqual(CLEAN);
  });

  test('that cannot be read for a while: regions wait, and nothing is lost', async () => {
    const data = new MemoryDataStore();
    const world = new ProvideWorld({ peers: 100, seed: 4, data });
    const keys = madeKeys(100, 4);
    await world.keys.add(keys);
    data.failWith(new Error('the disk is gone'), 'reads');
    await world.pass(1000);
    expect(world.events.at(-1)).toMatchObject({ type: 'region.failed', error: { code: 'ERR_STORE_FAILED' } });
    data.failWith(undefined);
    await world.pass(120_000);
    expect(held(world.network, keys)).toBe(1);
    expect(await world.end()).toEqual(CLEAN);
  });
});

test('stopping at any moment leaves no timer and no actor, and the next start provides the rest', async () => {
  for (let stopAfter = 1; stopAfter <= 40; stopAfter += 3) {
    const world = new ProvideWorld({ peers: 60, seed: 4 });
    const keys = madeKeys(60, 4);
    await world.keys.add(keys);
    world.clock.advance(500);
    for (let hop = 0; hop < stopAfter; hop++) await Promise.resolve();
    expect({ stopAfter, left: await world.end() }).toEqual({ stopAfter, left: CLEAN });
    world.begin();
    await world.pass(1000);
    expect({ stopAfter, held: held(world.network, keys) }).toEqual({ stopAfter, held: 1 });
    expect(await world.end()).toEqual(CLEAN);
    expect(world.broken).toEqual([]);
  }
});

test('a hundred thousand keys over a thousand peers take no more lookups than a thousand keys', async () => {
  const keys = madeKeys(100_000, 10);
  // All of two million records are counted; a two hundred and fiftieth of them is kept.
  const isKept = (key: Uint8Array): boolean => key[33] === 7;
  const world = new ProvideWorld({ peers: 1000, seed: 1, data: new CellStore(), keeps: isKept });
  await world.keys.add(keys);
  await world.pass(1000);
  const { network } = world;
  expect(held(network, keys.filter(isKept))).toBeGreaterThanOrEqual(0.99);
  expect(network.records).toBe(2_000_000);
  expect(network.lookups).toBeLessThanOrEqual(100);
  // The figures of docs/providing.md.
  expect([network.lookupMessages, network.messages, network.tellings]).toEqual([672, 2_000_672, 3328]);
  expect(await world.end()).toEqual(CLEAN);
});
