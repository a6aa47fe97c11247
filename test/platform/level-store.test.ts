import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Level } from 'level';
import { levelStoresOn, openLevelStores } from '../../src/platform/level-store.js';
import { LIMITS } from '../../src/limits.js';
import { utf8 } from '../support/decoding.js';
import { blockOf, collect, describeBlockStore, describeDataStore, fingerprint, rejectedCode } from './store-suite.js';

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
  const database = new Instrumented(folder, { keyEncoding: 'view', valueEncoding: 'view' });
  await database.open();
  return { database, ...(await levelStoresOn(database as Level<Uint8Array, Uint8Array>)) };
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
    const { database, blocks, data } = await openInstrumented();
    const small = Array.from({ length: 500 }, (_, seed) => blockOf(seed, 256));
    await blocks.putMany([...small, blockOf(1000, 10_000)]);
    database.reads = 0;
    await blocks.getMany(small.map(({ cid }) => cid));
    expect(database.reads).toBe(1);
    await blocks.getMany([...small, blockOf(1000, 10_000)].map(({ cid }) => cid));
    expect(database.reads).toBe(3);
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
    const { database, blocks, data } = await openInstrumented();
    const half = LIMITS.storeBatchBytes / 2;
    const sizes = [100, half, half, 4, 1000, 1000];
    await Promise.all(sizes.map((size, seed) => blocks.putMany([blockOf(seed, size)])));
    // The first is under way when the rest comes; two halves fill a batch; bodies are two operations each.
    expect(database.batches).toEqual([1, 4, 3]);
    await blocks.close();
    await data.close();
  });

  test('blocks that are there already are not written again', async () => {
    const { database, blocks, data } = await openInstrumented();
    await blocks.putMany([blockOf(1, 10_000), blockOf(2)]);
    await blocks.putMany([blockOf(1, 10_000), blockOf(2)]);
    expect(database.batches).toEqual([3]);
    await blocks.close();
    await data.close();
  });
});

test('a failing write rejects every caller with the cause, and loses nothing', async () => {
  const { database, blocks, data } = await openInstrumented();
  await blocks.putMany([blockOf(1), blockOf(2, 10_000)]);
  const cause = new Error('no space left on device');
  database.failure = cause;
  const attempts = [blocks.putMany([blockOf(3)]), blocks.putMany([blockOf(4, 10_000)]), blocks.delete(blockOf(1).cid)];
  for (const attempt of attempts) {
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_STORE_FAILED', blame: 'local', cause });
  }
  expect(await blocks.getMany([1, 2, 3, 4].map((seed) => blockOf(seed, seed % 2 === 0 ? 10_000 : 100).cid))).toEqual([
    blockOf(1).bytes,
    blockOf(2, 10_000).bytes,
    undefined,
    undefined,
  ]);
  database.failure = undefined;
  await blocks.putMany([blockOf(3)]);
  expect(await blocks.get(blockOf(3).cid)).toEqual(blockOf(3).bytes);
  await blocks.close();
  await data.close();
});

test('a block whose bytes are lost is a failure of the store, not a missing block', async () => {
  const { database, blocks, data } = await openInstrumented();
  await blocks.putMany([blockOf(1, 10_000)]);
  await database.sublevel('body').clear();
  expect(await rejectedCode(blocks.get(blockOf(1, 10_000).cid))).toBe('ERR_STORE_FAILED');
  await blocks.close();
  await data.close();
});
