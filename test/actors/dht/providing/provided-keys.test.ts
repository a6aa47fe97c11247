/** What is provided, on a store: order, batches, damage, a full disk, the bound. */
import { describe, expect, test } from '@jest/globals';
import { Environment } from '../../../../src/actors/environment.js';
import { cellOf, cellsOf } from '../../../../src/actors/dht/providing/key-cells.js';
import { ProvidedKeys, type ProvidedKeyProblem } from '../../../../src/actors/dht/providing/provided-keys.js';
import {
  EVERYWHERE,
  headOf,
  holds,
  regionAround,
  type Region,
} from '../../../../src/actors/dht/providing/region-space.js';
import { LIMITS, type Limits } from '../../../../src/limits.js';
import { nodeCiphers } from '../../../../src/platform/node-ciphers.js';
import type { DataStore } from '../../../../src/ports.js';
import { MemoryDataStore } from '../../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../../src/sim/seeded-random.js';
import { toHex } from '../../../../src/wire/hex.js';
import { encodeProvidedRecord } from '../../../../src/wire/provided-key.js';
import { hex } from '../../../support/decoding.js';
import { drained, madeKeys, SettableClock, START_MS } from '../../../support/provide-world.js';

type Entry = readonly [key: string, value: Uint8Array];

/** Counts writes, with how many records each has. */
class CountingStore extends MemoryDataStore {
  readonly writes: number[] = [];

  override putMany(entries: readonly Entry[]): Promise<void> {
    this.writes.push(entries.length);
    return super.putMany(entries);
  }
}

function open(data: DataStore = new MemoryDataStore(), limits: Partial<Limits> = {}) {
  const clock = new SettableClock(START_MS);
  const environment = new Environment({ clock, random: new SeededRandom(1), ciphers: nodeCiphers, limits });
  const keys = new ProvidedKeys(environment, data);
  const problems: ProvidedKeyProblem[] = [];
  keys.problems$.subscribe((problem) => problems.push(problem));
  return { clock, keys, problems, data };
}

const pointOf = (key: Uint8Array): Uint8Array => nodeCiphers.hash('sha256', [key]);
const recordOf = (key: Uint8Array): string => `/dht/provided/${toHex(pointOf(key))}`;

async function listed(keys: ProvidedKeys, region: Region = EVERYWHERE) {
  const found = [];
  for await (const key of keys.keysIn(region)) found.push(key);
  return found;
}

test('keys are listed by region, in order of their points, with when they were provided', async () => {
  const { keys, clock } = open();
  const made = madeKeys(500, 1);
  expect(await keys.add(made)).toBe(500);
  const inOrder = made
    .map((key) => [toHex(pointOf(key)), key] as const)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  expect((await listed(keys)).map(({ key }) => key)).toEqual(inOrder.map(([, key]) => key));
  for (const length of [1, 3, 4, 6, 9]) {
    const region = regionAround(0xb6f00000, length);
    const inside = inOrder.filter(([, key]) => holds(region, headOf(pointOf(key)))).map(([, key]) => key);
    expect({ length, listed: (await listed(keys, region)).map(({ key }) => key) }).toEqual({ length, listed: inside });
  }
  const [first, second] = await listed(keys);
  if (first === undefined || second === undefined) throw new Error('no keys');
  clock.advance(5000);
  await keys.stamp([first]);
  expect((await listed(keys)).slice(0, 2).map(({ providedAtMs }) => providedAtMs)).toEqual([START_MS + 5000, 0]);
});

test('a key is provided once, however often it is added, and until it is removed', async () => {
  const { keys } = open();
  const [one, two] = madeKeys(2, 1) as [Uint8Array, Uint8Array];
  expect([await keys.add([one, two, one]), await keys.add([two]), keys.size]).toEqual([2, 0, 2]);
  expect([await keys.has(one), await keys.remove([one, one]), await keys.has(one), keys.size]).toEqual([
    true,
    1,
    false,
    1,
  ]);
  expect(keys.cells.totalFresh).toBe(1);
  const added: number[] = [];
  keys.added$.subscribe((count) => added.push(count));
  await keys.add([one, two]);
  expect(added).toEqual([1]);
});

test('a key that was removed while it was sent is not written again', async () => {
  const { keys } = open();
  await keys.add(madeKeys(1, 1));
  const sent = await listed(keys);
  await keys.remove(madeKeys(1, 1));
  await keys.stamp(sent);
  expect([await listed(keys), keys.size]).toEqual([[], 0]);
});

test('what is added and stamped is written in batches of the limit', async () => {
  const data = new CountingStore();
  const { keys } = open(data);
  await keys.add(madeKeys(2 * LIMITS.provideBatchKeys + 1, 1));
  expect(data.writes).toEqual([256, 256, 1]);
  await keys.stamp(await listed(keys));
  expect(data.writes.slice(3)).toEqual([256, 256, 1]);
});

test('a store that knows no batches is written one by one', async () => {
  const inner = new MemoryDataStore();
  const puts: string[] = [];
  const plain: DataStore = {
    get: (key) => inner.get(key),
    put: (key, value) => (puts.push(key), inner.put(key, value)),
    delete: (key) => inner.delete(key),
    query: (prefix) => inner.query(prefix),
    close: () => inner.close(),
  };
  const { keys } = open(plain);
  await keys.add(madeKeys(3, 1));
  expect([puts.length, (await listed(keys)).length]).toEqual([3, 3]);
});

describe('the bound of keys', () => {
  test('takes the last one, and no more', async () => {
    const { keys } = open(new MemoryDataStore(), { providedKeys: 3 });
    const made = madeKeys(4, 1);
    expect(await keys.add(made.slice(0, 3))).toBe(3);
    await expect(keys.add(made)).rejects.toMatchObject({ code: 'ERR_PROVIDE_FULL', blame: 'local' });
    expect(keys.size).toBe(3);
    await keys.remove(made.slice(0, 1));
    expect(await keys.add(made.slice(3))).toBe(1);
  });

  test('keeps those of a batch that fit', async () => {
    const { keys } = open(new MemoryDataStore(), { providedKeys: 3 });
    await expect(keys.add(madeKeys(5, 1))).rejects.toMatchObject({ code: 'ERR_PROVIDE_FULL' });
    expect([keys.size, (await listed(keys)).length]).toEqual([3, 3]);
  });

  test.each([
    [0, false],
    [1, true],
    [LIMITS.kadKeyBytes, true],
    [LIMITS.kadKeyBytes + 1, false],
  ])('a key of %i bytes is taken: %s', async (length, isTaken) => {
    const { keys } = open();
    const added = keys.add([new Uint8Array(length)]);
    if (isTaken) expect(await added).toBe(1);
    else await expect(added).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
  });
});

describe('a restart', () => {
  test('counts what is stored by cell, with its age', async () => {
    const { keys, data, clock } = open();
    const made = madeKeys(100, 1);
    await keys.add(made);
    const [first] = await listed(keys);
    if (first === undefined) throw new Error('no keys');
    clock.advance(60_000);
    await keys.stamp([first]);
    const again = open(data);
    again.clock.advance(120_000);
    await again.keys.read();
    const cell = cellOf(headOf(first.point));
    expect([again.keys.size, again.keys.cells.totalFresh, again.keys.cells.oldestMs(cell)]).toEqual([
      100,
      99,
      START_MS + 60_000,
    ]);
    const [begin, end] = cellsOf(EVERYWHERE);
    let sum = 0;
    for (let at = begin; at < end; at++) sum += again.keys.cells.keys(at);
    expect(sum).toBe(100);
  });

  test('times in the future are of a clock that was wrong', async () => {
    const { keys, data, clock } = open();
    await keys.add(madeKeys(2, 1));
    const [first, second] = await listed(keys);
    if (first === undefined || second === undefined) throw new Error('no keys');
    clock.wallAheadMs = 60_001;
    await keys.stamp([first]);
    clock.wallAheadMs = 60_000;
    await keys.stamp([second]);
    const again = open(data);
    await again.keys.read();
    const oldest = [first, second].map(({ point }) => again.keys.cells.oldestMs(cellOf(headOf(point))));
    expect(oldest).toEqual([-Infinity, START_MS]);
  });
});

describe('records that cannot be read', () => {
  const [key, other] = madeKeys(2, 1) as [Uint8Array, Uint8Array];
  const damaged: [string, string, Uint8Array][] = [
    ['no protobuf', recordOf(key), hex('ffff')],
    ['nothing', recordOf(key), hex('')],
    ['a newer version', recordOf(key), hex('08021203122000')],
    ['under the point of another key', recordOf(key), encodeProvidedRecord({ key: other, providedAtMs: 0 })],
    ['under no point', '/dht/provided/zz', encodeProvidedRecord({ key, providedAtMs: 0 })],
  ];

  test.each(damaged)('%s: told, left where it is, and nothing else is harmed', async (_, record, value) => {
    const data = new MemoryDataStore();
    await data.put(record, value);
    await data.put(recordOf(other), encodeProvidedRecord({ key: other, providedAtMs: 7 }));
    const { keys, problems } = open(data);
    await keys.read();
    await drained();
    expect(problems.map((problem) => [problem.record, problem.error.code])).toEqual([
      [record, 'ERR_PROVIDE_UNREADABLE'],
    ]);
    expect([keys.size, (await listed(keys)).map((one) => one.key)]).toEqual([1, [other]]);
    expect(await data.get(record)).toEqual(value);
  });

  test('an added key takes the place of its damaged record', async () => {
    const data = new MemoryDataStore();
    await data.put(recordOf(key), hex('ffff'));
    const { keys } = open(data);
    expect([await keys.has(key), await keys.add([key]), await keys.has(key)]).toEqual([false, 1, true]);
  });

  test('very many are told one by one up to the limit, and then summed', async () => {
    const data = new MemoryDataStore();
    for (let count = 0; count < 5; count++) await data.put(`/dht/provided/x${count}`, hex('ff'));
    const { keys, problems } = open(data, { provideReports: 3 });
    await keys.read();
    await drained();
    expect(problems.map(({ record, error }) => record ?? error.message)).toEqual([
      '/dht/provided/x0',
      '/dht/provided/x1',
      '/dht/provided/x2',
      '2 more records of provided keys cannot be read',
    ]);
  });
});

describe('a store that fails', () => {
  test('full: adding rejects, and what was there stays', async () => {
    const data = new MemoryDataStore();
    const { keys } = open(data);
    const made = madeKeys(10, 1);
    await keys.add(made.slice(0, 5));
    data.setCapacity(5 * 38);
    await expect(keys.add(made)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect([keys.size, (await listed(keys)).length]).toEqual([5, 5]);
    data.setCapacity(Infinity);
    expect(await keys.add(made)).toBe(5);
  });

  test('unreadable at the start: told, and adding goes on', async () => {
    const data = new MemoryDataStore();
    data.failWith(new Error('the disk is gone'), 'reads');
    const { keys, problems } = open(data);
    await keys.read();
    await drained();
    expect(problems.map(({ error }) => error.code)).toEqual(['ERR_STORE_FAILED']);
    await expect(keys.add(madeKeys(1, 1))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    await expect(keys.remove(madeKeys(1, 1))).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    data.failWith(undefined);
    expect(await keys.add(madeKeys(1, 1))).toBe(1);
  });
});
