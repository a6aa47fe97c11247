import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { endOfBodies } from '../../src/platform/level-block-store.js';
import { LevelBodies } from '../../src/platform/level-bodies.js';
import type { Database } from '../../src/platform/level-database.js';
import { levelStoresOn, openLevelStores } from '../../src/platform/level-store.js';
import { LIMITS } from '../../src/limits.js';
import { utf8 } from '../support/decoding.js';
import { blockOf, collect, describeBlockStore, describeDataStore, fingerprint } from './store-suite.js';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'level-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describeBlockStore('LevelBlockStore', async () => {
  const { blocks, data } = await openLevelStores(folder);
  await data.close();
  return blocks;
});
describeDataStore('LevelDataStore', async () => {
  const { blocks, data } = await openLevelStores(folder);
  await blocks.close();
  return data;
});

/** A database that counts its calls and refuses batches when told to. */
class Instrumented extends Level<Uint8Array, Uint8Array> {
  readonly batches: number[] = [];
  reads = 0;
  failure: Error | undefined;

  override batch(...given: unknown[]): never {
    if (this.failure !== undefined) return Promise.reject(this.failure) as never;
    this.batches.push((given[0] as unknown[]).length);
    return (super.batch as (...all: unknown[]) => unknown)(...given) as never;
  }

  override getMany(...given: unknown[]): never {
    this.reads++;
    return (super.getMany as (...all: unknown[]) => unknown)(...given) as never;
  }
}

const openInstrumented = async () => {
  const database = new Instrumented(join(folder, 'main'), { keyEncoding: 'view', valueEncoding: 'view' });
  const bodies = new Instrumented(join(folder, 'bodies'), { keyEncoding: 'view', valueEncoding: 'view' });
  await database.open();
  const end = await endOfBodies(database as Database);
  return { database, bodies, ...levelStoresOn(database as Database, await LevelBodies.on(bodies as Database, end)) };
};

test('both stores are there after closing and opening again', async () => {
  const blocks = [blockOf(1, 100), blockOf(2, 10_000), blockOf(3, 1024 * 1024)];
  const first = await openLevelStores(folder);
  await first.blocks.putMany(blocks);
  await first.data.put('/a', utf8('1'));
  await first.blocks.close();
  await first.data.close();
  const second = await openLevelStores(folder);
  // New blocks must not be written over old ones.
  await second.blocks.putMany([blockOf(4, 10_000)]);
  const expected = [...blocks, blockOf(4, 10_000)];
  expect((await second.blocks.getMany(expected.map(({ cid }) => cid))).map(fingerprint)).toEqual(
    expected.map(({ bytes }) => fingerprint(bytes)),
  );
  expect(await second.data.get('/a')).toEqual(utf8('1'));
  await second.blocks.close();
  await second.data.close();
});

test('one store goes on when the other is closed', async () => {
  const { blocks, data } = await openLevelStores(folder);
  await blocks.close();
  await data.put('/a', utf8('1'));
  expect(await data.get('/a')).toEqual(utf8('1'));
  await data.close();
});

test('blocks and data of the same name are apart', async () => {
  const { blocks, data } = await openLevelStores(folder);
  await blocks.putMany([blockOf(1)]);
  expect(await collect(data.query(''))).toEqual([]);
  await data.put('a', utf8('1'));
  expect(await collect(blocks.cids())).toHaveLength(1);
  await blocks.close();
  await data.close();
});

describe('round trips', () => {
  test('getMany of small blocks is one, of large ones two', async () => {
    const { database, bodies, blocks, data } = await openInstrumented();
    const small = Array.from({ length: 500 }, (_, seed) => blockOf(seed, 256));
    await blocks.putMany([...small, blockOf(1000, 10_000)]);
    database.reads = bodies.reads = 0;
    await blocks.getMany(small.map(({ cid }) => cid));
    expect([database.reads, bodies.reads]).toEqual([1, 0]);
    await blocks.getMany([...small, blockOf(1000, 10_000)].map(({ cid }) => cid));
    expect([database.reads, bodies.reads]).toEqual([2, 1]);
    await blocks.close();
    await data.close();
  });

  test('gets in one go share their look-ups, up to 128 of them', async () => {
    const { database, blocks, data } = await openInstrumented();
    const small = Array.from({ length: 300 }, (_, seed) => blockOf(seed, 256));
    await blocks.putMany([...small, blockOf(1000, 10_000)]);
    database.reads = 0;
    const answers = await Promise.all(
      [...small, blockOf(1000, 10_000), blockOf(2000)].map(({ cid }) => blocks.get(cid)),
    );
    expect(answers).toEqual([...small.map(({ bytes }) => bytes), blockOf(1000, 10_000).bytes, undefined]);
    expect(database.reads).toBe(3);
    await blocks.get(small[0]!.cid);
    expect(database.reads).toBe(4);
    await blocks.close();
    await data.close();
  });

  test('putMany is one batch; those that wait go together, up to the size of a batch', async () => {
    const { database, bodies, blocks, data } = await openInstrumented();
    const half = LIMITS.storeBatchBytes / 2;
    const sizes = [100, half, half, 4, 1000, 1000];
    await Promise.all(sizes.map((size, seed) => blocks.putMany([blockOf(seed, size)])));
    // The first is under way when the rest comes; two halves fill a batch, with the end of the bodies as a third entry.
    expect(database.batches).toEqual([1, 3, 3]);
    expect(bodies.batches).toEqual([1, 1]);
    await blocks.close();
    await data.close();
  });

  test('bodies go in batches of a mebibyte', async () => {
    const { bodies, blocks, data } = await openInstrumented();
    const sizes = [5000, 5000, 1024 * 1024 - 10_000, 5000, 2 * 1024 * 1024, 5000];
    await blocks.putMany(sizes.map((size, seed) => blockOf(seed, size)));
    expect(bodies.batches).toEqual([3, 1, 1, 1]);
    await blocks.close();
    await data.close();
  });

  test('blocks that are there already are not written again', async () => {
    const { database, bodies, blocks, data } = await openInstrumented();
    await blocks.putMany([blockOf(1, 10_000), blockOf(2)]);
    await blocks.putMany([blockOf(1, 10_000), blockOf(2)]);
    expect([database.batches, bodies.batches]).toEqual([[3], [1]]);
    await blocks.close();
    await data.close();
  });
});

describe.each(['main', 'bodies'] as const)('writes that fail in %s', (which) => {
  test('reject every caller with the cause, and lose nothing', async () => {
    const { database, bodies, blocks, data } = await openInstrumented();
    const failing = which === 'main' ? database : bodies;
    await blocks.putMany([blockOf(1), blockOf(2, 10_000)]);
    const cause = new Error('no space left on device');
    failing.failure = cause;
    const attempts = [blocks.putMany([blockOf(4, 10_000)]), blocks.putMany([blockOf(3), blockOf(6, 10_000)])];
    for (const attempt of attempts) {
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', blame: 'local', cause });
    }
    const asked = [1, 2, 3, 4, 6].map((seed) => blockOf(seed, seed % 2 === 0 ? 10_000 : 100));
    expect((await blocks.getMany(asked.map(({ cid }) => cid))).map((bytes) => bytes !== undefined)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    failing.failure = undefined;
    await blocks.putMany([blockOf(3), blockOf(4, 10_000)]);
    expect(fingerprint(await blocks.get(blockOf(4, 10_000).cid))).toBe(fingerprint(blockOf(4, 10_000).bytes));
    await blocks.close();
    await data.close();
  });
});

test('bodies that never came into the index are gone after opening again, and their numbers are used', async () => {
  const first = await openInstrumented();
  await first.blocks.putMany([blockOf(2, 10_000)]);
  first.database.failure = new Error('the process ends here');
  await first.blocks.putMany([blockOf(4, 10_000), blockOf(6, 10_000)]).catch(() => undefined);
  expect(await first.bodies.keys().all()).toHaveLength(3);
  await first.blocks.close();
  await first.data.close();
  const second = await openInstrumented();
  expect(await second.bodies.keys().all()).toHaveLength(1);
  await second.blocks.putMany([blockOf(8, 10_000)]);
  expect((await second.blocks.getMany([blockOf(2, 10_000).cid, blockOf(8, 10_000).cid])).map(fingerprint)).toEqual(
    [blockOf(2, 10_000).bytes, blockOf(8, 10_000).bytes].map(fingerprint),
  );
  await second.blocks.close();
  await second.data.close();
});

test('a block whose body the disk lost is missing, and is written again when it is put', async () => {
  const { bodies, blocks, data } = await openInstrumented();
  const [lost, small] = [blockOf(2, 10_000), blockOf(1)];
  await blocks.putMany([lost, small]);
  await bodies.clear();
  expect([await blocks.has(lost.cid), await blocks.has(small.cid)]).toEqual([false, true]);
  expect(await blocks.get(lost.cid)).toBeUndefined();
  expect(await blocks.getMany([lost.cid, small.cid])).toEqual([undefined, small.bytes]);
  await blocks.putMany([lost]);
  expect(fingerprint(await blocks.get(lost.cid))).toBe(fingerprint(lost.bytes));
  await blocks.close();
  await data.close();
});
