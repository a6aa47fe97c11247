/** Publishing and renewing, in virtual time: numbers, lives, stores that fail, restarts, clocks that jump. */
import { describe, expect, test } from '@jest/globals';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { decodeIpnsEntry } from '../../../src/wire/ipns.js';
import { decodeOwnIpns } from '../../../src/wire/ipns-own.js';
import { ipnsNameText } from '../../../src/crypto/ipns-name.js';
import { readIpnsRecord } from '../../../src/crypto/ipns-record.js';
import { LIMITS } from '../../../src/limits.js';
import { utf8 } from '../../support/decoding.js';
import {
  A,
  alice,
  B,
  bob,
  carol,
  codeOf,
  during,
  HOUR,
  MadeNetwork,
  MINUTE,
  openNames,
  outcomeOf,
  pass,
  recordBy,
  settle,
  START,
  WallClock,
} from './fixtures.js';

const KEY = `/own/ipns/${ipnsNameText(alice.peerId)}`;

async function world(more: Omit<Parameters<typeof openNames>[0], 'clock'> = {}) {
  const clock = new WallClock(START);
  const network = more.network ?? new MadeNetwork(clock);
  const node = openNames({ clock, network, ...more });
  await settle();
  const close = async () => {
    await during(clock, node.names.stop());
    await settle();
    expect({
      actors: node.environment.liveActors,
      timers: clock.pendingTimers,
      open: network.open,
      broken: node.broken,
    }).toEqual({
      actors: 0,
      timers: 0,
      open: 0,
      broken: [],
    });
  };
  return { clock, ...node, network, close };
}

describe('a number', () => {
  test('begins with 0 and counts up with each publication', async () => {
    const { clock, names, network, close } = await world();
    const first = await during(clock, names.publish(A));
    expect(first).toMatchObject({
      name: `/ipns/${ipnsNameText(alice.peerId)}`,
      value: A,
      sequence: 0n,
      at: ['peer 1', 'peer 2'],
    });
    expect(first.validUntilMs).toBe(START + 10 + 48 * HOUR);
    expect(readIpnsRecord(first.record).ttlMs).toBe(5 * MINUTE);
    expect(decodeIpnsEntry(first.record).v1?.signature.length).toBe(64);
    expect((await during(clock, names.publish(B))).sequence).toBe(1n);
    expect((await during(clock, names.publish(B))).sequence).toBe(2n);
    expect(network.held(alice)).toMatchObject([{ value: B, sequence: 2n }]);
    await close();
  });

  test('is one above what the network holds', async () => {
    const { clock, names, network, close } = await world();
    network.hold(
      alice,
      recordBy(alice, B, { sequence: 41n }),
      recordBy(alice, B, { sequence: 40n }),
      recordBy(bob, B, { sequence: 99n }),
    );
    expect((await during(clock, names.publish(A))).sequence).toBe(42n);
    await close();
  });

  test('may be given, above all that are known', async () => {
    const { clock, names, network, close } = await world();
    network.hold(alice, recordBy(alice, B, { sequence: 5n }));
    expect(await codeOf(clock, names.publish(A, { sequence: 5n }))).toBe('ERR_IPNS_SEQUENCE');
    expect(network.puts).toEqual([]);
    expect((await during(clock, names.publish(A, { sequence: 6n }))).sequence).toBe(6n);
    await close();
  });

  test('ends where go reads no more', async () => {
    const { clock, names, close } = await world();
    await during(clock, names.publish(A, { sequence: (1n << 63n) - 1n }));
    expect(await codeOf(clock, names.publish(A))).toBe('ERR_INVALID_ARGUMENT');
    await close();
  });

  test('is not used twice by two calls at once', async () => {
    const { clock, names, network, close } = await world();
    const all = await during(clock, Promise.all([A, B, A].map((value) => names.publish(value))));
    expect(all.map(({ sequence, value }) => [sequence, value])).toEqual([
      [0n, A],
      [1n, B],
      [2n, A],
    ]);
    expect(network.puts.map(({ record }) => record.sequence)).toEqual([0n, 1n, 2n]);
    await close();
  });
});

test('names of other keys, of version 2 alone, with a life of their own', async () => {
  const { clock, names, close } = await world();
  const made = await during(clock, names.publish(B, { identity: carol, v2Only: true, lifeMs: HOUR, ttlMs: 7 }));
  expect(made.name).toBe(`/ipns/${ipnsNameText(carol.peerId)}`);
  expect(readIpnsRecord(made.record)).toMatchObject({ ttlMs: 7, validUntilMs: START + 10 + HOUR });
  const entry = decodeIpnsEntry(made.record);
  expect([entry.v1, entry.publicKey]).toEqual([undefined, carol.publicKeyProtobuf]);
  await close();
});

test.each([
  { name: 'a value that is no path', value: 'hello', options: {}, code: 'ERR_IPNS_VALUE_INVALID' },
  {
    name: 'a life under the shortest',
    value: A,
    options: { lifeMs: LIMITS.ipnsShortestLifeMs - 1 },
    code: 'ERR_INVALID_ARGUMENT',
  },
  { name: 'the shortest life', value: A, options: { lifeMs: LIMITS.ipnsShortestLifeMs }, code: 'it resolved' },
  { name: 'an endless life', value: A, options: { lifeMs: Infinity }, code: 'ERR_INVALID_ARGUMENT' },
  { name: 'a TTL below 0', value: A, options: { ttlMs: -1 }, code: 'ERR_INVALID_ARGUMENT' },
  { name: 'a path over 10 KiB', value: `${A}/${'a'.repeat(6000)}`, options: {}, code: 'ERR_IPNS_TOO_LARGE' },
])('$name: $code', async ({ value, options, code }) => {
  const { clock, names, network, close } = await world();
  expect(await codeOf(clock, names.publish(value, options))).toBe(code);
  expect(network.puts.length).toBe(code === 'it resolved' ? 1 : 0);
  await close();
});

describe('kept alive', () => {
  test('the record goes out every four hours with the same number and a later end', async () => {
    const { clock, names, network, close } = await world();
    await during(clock, names.publish(A));
    await pass(clock, 24 * HOUR);
    expect(network.puts.map(({ record }) => record.sequence)).toEqual(Array.from({ length: 6 }, () => 0n));
    const hours = network.puts.map(({ atMs }) => Math.round((atMs - START) / HOUR));
    expect(hours).toEqual([0, 4, 8, 12, 16, 20]);
    const lives = network.puts.map(({ atMs, record }) => Math.round((record.validUntilMs - atMs) / HOUR));
    expect(lives).toEqual([48, 48, 48, 48, 48, 48]);
    await close();
  });

  test('a short life is renewed when half of it is over, so that there is always one', async () => {
    const { clock, names, network, close } = await world();
    await during(clock, names.publish(A, { lifeMs: 10 * MINUTE }));
    for (let minute = 0; minute < 60; minute++) {
      await pass(clock, MINUTE);
      expect(network.held(alice)[0]?.validUntilMs).toBeGreaterThan(clock.wallTime());
    }
    expect(network.puts.length).toBe(12);
    await close();
  });

  test('a network that takes nothing is tried again after five minutes, and what was stored is not lost', async () => {
    const { clock, names, network, codes, close } = await world();
    network.putting = 'takes nothing';
    expect(await codeOf(clock, names.publish(A))).toBe('ERR_IPNS_NOT_STORED');
    network.putting = 'fails';
    await pass(clock, 11 * MINUTE);
    expect(codes()).toEqual(['ERR_IPNS_NOT_STORED', 'ERR_IPNS_NOT_STORED']);
    network.putting = 'answers';
    await pass(clock, 5 * MINUTE);
    expect(network.held(alice)).toMatchObject([{ value: A, sequence: 0n }]);
    await close();
  });

  test('a network that never answers is not waited for without end', async () => {
    const { clock, names, network, close } = await world();
    network.getting = 'silent';
    network.putting = 'silent';
    expect(await codeOf(clock, names.publish(A))).toBe('ERR_IPNS_NOT_STORED');
    expect(clock.now() - START).toBe(LIMITS.ipnsLookUpTimeoutMs + LIMITS.ipnsPutTimeoutMs);
    await close();
  });

  test('a newer record of another node with the same key is left to it', async () => {
    const { clock, names, network, data, close } = await world();
    await during(clock, names.publish(A));
    network.hold(alice, recordBy(alice, B, { sequence: 7n }));
    await pass(clock, 24 * HOUR);
    expect(network.puts.length).toBe(1);
    expect(network.held(alice)).toMatchObject([{ value: B, sequence: 7n }]);
    expect(decodeOwnIpns((await data.get(KEY)) ?? utf8(''))).toMatchObject({ superseded: true });
    expect((await during(clock, names.publish(A))).sequence).toBe(8n);
    await close();
  });

  test('only so many are on their way at once', async () => {
    const { clock, names, network, close } = await world({ limits: { ipnsPublishesAtOnce: 2 } });
    let most = 0;
    const all = Promise.all([alice, bob, carol].map((identity) => names.publish(A, { identity })));
    for (let step = 0; step < 20; step++) {
      await pass(clock, 5);
      most = Math.max(most, network.open);
    }
    expect([most, (await all).length]).toEqual([2, 3]);
    await close();
  });
});

describe('over a restart', () => {
  async function twice(between: { waitMs?: number; identities?: 'none' | 'both' } = {}) {
    const { waitMs = 0, identities = 'both' } = between;
    const data = new MemoryDataStore();
    const clock = new WallClock(START);
    const network = new MadeNetwork(clock);
    const first = openNames({ clock, network, data, identity: bob });
    await during(clock, first.names.publish(A, { identity: alice }));
    await during(clock, first.names.stop());
    await pass(clock, waitMs);
    const second = openNames({
      clock,
      network,
      data,
      identity: bob,
      moreIdentities: identities === 'both' ? [alice] : [],
    });
    await settle();
    return { clock, ...second, network };
  }

  test('the next renewal comes when it was due', async () => {
    const { clock, network, names, environment } = await twice({ waitMs: HOUR });
    await pass(clock, 3 * HOUR - MINUTE);
    expect(network.puts.length).toBe(1);
    await pass(clock, 2 * MINUTE);
    expect(network.puts.length).toBe(2);
    await during(clock, names.stop());
    expect([environment.liveActors, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('what was due meanwhile goes out once routers have peers, and not before', async () => {
    const { clock, network, names } = await twice({ waitMs: 10 * HOUR });
    await pass(clock, LIMITS.ipnsStartDelayMs - 1);
    expect(network.puts.length).toBe(1);
    await pass(clock, 1000);
    expect(network.puts.length).toBe(2);
    await during(clock, names.stop());
  });

  test('a record that has ended is renewed with its number', async () => {
    const { clock, network, names } = await twice({ waitMs: 72 * HOUR });
    await pass(clock, 2 * MINUTE);
    expect(network.held(alice)[0]).toMatchObject({ sequence: 0n, value: A });
    expect(network.held(alice)[0]?.validUntilMs).toBeGreaterThan(clock.wallTime() + 47 * HOUR);
    await during(clock, names.stop());
  });

  test('without the key it goes out as it is, until it ends', async () => {
    const { clock, network, names, codes } = await twice({ identities: 'none' });
    await pass(clock, 60 * HOUR);
    expect(network.puts.length).toBe(12);
    expect(new Set(network.puts.map(({ record }) => record.validUntilNanos)).size).toBe(1);
    expect(codes()).toEqual([]);
    await during(clock, names.stop());
  });

  test('the number goes on, even where the network has forgotten', async () => {
    const { clock, network, names } = await twice();
    network.values.clear();
    expect((await during(clock, names.publish(B, { identity: alice }))).sequence).toBe(1n);
    await during(clock, names.stop());
  });

  test.each([
    { when: 'it asks the network', afterMs: 5 },
    { when: 'it puts the record', afterMs: 15 },
  ])('a stop while $when loses nothing: it goes out after the start', async ({ afterMs }) => {
    const data = new MemoryDataStore();
    const clock = new WallClock(START);
    const network = new MadeNetwork(clock);
    const first = openNames({ clock, network, data });
    const publishing = first.names.publish(A);
    const outcome = outcomeOf(publishing);
    await pass(clock, afterMs);
    await first.names.stop();
    expect(await outcome).toBe('ERR_NODE_STOPPED');
    expect([first.environment.liveActors, clock.pendingTimers, network.open, network.puts.length]).toEqual([
      0, 0, 0, 0,
    ]);
    const second = openNames({ clock, network, data });
    await pass(clock, 2 * MINUTE);
    // Before it is written, nothing was promised to be kept.
    expect(network.held(alice).length).toBe(afterMs === 5 ? 0 : 1);
    expect((await during(clock, second.names.publish(B))).sequence).toBe(afterMs === 5 ? 0n : 1n);
    await during(clock, second.names.stop());
  });
});

describe('a clock that jumps', () => {
  test('forward over the life: the record is renewed within the hour', async () => {
    const { clock, names, network, close } = await world();
    await during(clock, names.publish(A));
    clock.wallShiftMs = 30 * 24 * HOUR;
    await pass(clock, LIMITS.ipnsCheckMs + MINUTE);
    expect(network.puts.at(-1)?.record.validUntilMs).toBeGreaterThan(clock.wallTime() + 47 * HOUR);
    await close();
  });

  test('back by a year: it still goes out, and its end does not come nearer', async () => {
    const { clock, names, network, close } = await world();
    const { validUntilMs } = await during(clock, names.publish(A));
    clock.wallShiftMs = -365 * 24 * HOUR;
    await pass(clock, 5 * HOUR);
    expect(network.puts.length).toBeGreaterThan(1);
    expect(network.puts.at(-1)?.record.validUntilMs).toBe(validUntilMs);
    await close();
  });
});

describe('a store', () => {
  test('that is full: nothing leaves, and the number is not used up', async () => {
    const data = new MemoryDataStore();
    const { clock, names, network, close } = await world({ data });
    data.setCapacity(10);
    expect(await codeOf(clock, names.publish(A))).toBe('ERR_STORE_FAILED');
    expect(network.puts).toEqual([]);
    data.setCapacity(Infinity);
    expect((await during(clock, names.publish(B))).sequence).toBe(0n);
    await close();
  });

  test('that is full when a renewal is due: it goes out all the same', async () => {
    const data = new MemoryDataStore();
    const { clock, names, network, codes, close } = await world({ data });
    await during(clock, names.publish(A));
    data.failWith(new Error('disk full'), 'writes');
    await pass(clock, 5 * HOUR);
    expect(network.puts.length).toBe(2);
    expect(new Set(codes())).toEqual(new Set(['ERR_STORE_FAILED']));
    data.failWith(undefined);
    await close();
  });

  test('that cannot be read: it is told', async () => {
    const data = new MemoryDataStore();
    data.failWith(new Error('broken'), 'reads');
    const { codes, close } = await world({ data });
    expect(codes()).toEqual(['ERR_STORE_FAILED']);
    await close();
  });

  test('whose entry is damaged: it is told, left, and not counted over without the network', async () => {
    const data = new MemoryDataStore();
    await data.put(KEY, utf8('garbage'));
    await data.put('/own/ipns/nobody', utf8('garbage'));
    const { clock, names, network, codes, close } = await world({ data });
    expect(codes()).toEqual(['ERR_IPNS_DAMAGED']);
    network.getting = 'fails';
    expect(await codeOf(clock, names.publish(A))).toBe('ERR_IPNS_DAMAGED');
    expect(await data.get(KEY)).toEqual(utf8('garbage'));
    network.getting = 'answers';
    network.hold(alice, recordBy(alice, B, { sequence: 3n }));
    expect((await during(clock, names.publish(A))).sequence).toBe(4n);
    await close();
  });

  test('with more damaged entries than are told one by one', async () => {
    const data = new MemoryDataStore();
    for (const identity of [alice, bob, carol]) await data.put(`/own/ipns/${ipnsNameText(identity.peerId)}`, utf8('x'));
    const { codes, close } = await world({ data, limits: { ipnsReports: 2 } });
    expect(codes()).toEqual(['ERR_IPNS_DAMAGED', 'ERR_IPNS_DAMAGED']);
    await close();
  });
});

describe('bounds', () => {
  test('as many names as the limit, and no more; those beyond stay stored', async () => {
    const data = new MemoryDataStore();
    const { clock, names, close } = await world({ data, limits: { ipnsOwnNames: 2 } });
    for (const identity of [alice, bob]) await during(clock, names.publish(A, { identity }));
    expect(await codeOf(clock, names.publish(A, { identity: carol }))).toBe('ERR_IPNS_LIMIT');
    await close();
    const again = openNames({ clock: new WallClock(START), data, limits: { ipnsOwnNames: 1 } });
    await settle();
    expect(again.codes()).toEqual(['ERR_IPNS_LIMIT']);
    await again.names.stop();
    const stored: string[] = [];
    for await (const [key] of data.query('/own/ipns/')) stored.push(key);
    expect(stored.length).toBe(2);
  });

  test('as many calls wait for a name as the limit, and no more', async () => {
    const { clock, names, close } = await world({ limits: { ipnsWaitingPublishes: 2 } });
    const calls = [0, 1, 2, 3].map(() => outcomeOf(names.publish(A)));
    expect(await during(clock, Promise.all(calls))).toEqual([
      'it resolved',
      'it resolved',
      'it resolved',
      'ERR_IPNS_LIMIT',
    ]);
    await close();
  });

  test('without routers that store, it says so', async () => {
    const { clock, names, close } = await world({ router: { name: 'mdns' } });
    expect(await codeOf(clock, names.publish(A))).toBe('ERR_IPNS_NO_ROUTER');
    await close();
  });
});

describe('cancelled', () => {
  test.each([
    { when: 'before', afterMs: 0, puts: 0 },
    { when: 'while the network is asked', afterMs: 5, puts: 0 },
    { when: 'when it is on its way', afterMs: 15, puts: 1 },
  ])('$when: ERR_ABORTED', async ({ afterMs, puts }) => {
    const { clock, names, network, close } = await world();
    const controller = new AbortController();
    if (afterMs === 0) controller.abort();
    const outcome = outcomeOf(names.publish(A, { signal: controller.signal }));
    await pass(clock, afterMs);
    controller.abort();
    expect(await outcome).toBe('ERR_ABORTED');
    await pass(clock, 100);
    expect(network.puts.length).toBe(puts);
    await close();
  });
});
