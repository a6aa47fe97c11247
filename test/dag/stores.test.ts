/** What stands around a block store: adapters, a listener, and the writer that gathers batches. */
import { describe, expect, test } from '@jest/globals';
import type { Blockstore } from 'interface-blockstore';
import { exporter } from 'ipfs-unixfs-exporter';
import { importBytes } from 'ipfs-unixfs-importer';
import type { CID } from 'multiformats/cid';
import { BlockWriter } from '../../src/dag/block-writer.js';
import { fromBlockstore, toBlockstore } from '../../src/dag/blockstore-adapter.js';
import { exportFile } from '../../src/dag/exporter.js';
import { blocksOf } from '../../src/dag/get-block.js';
import { importFile } from '../../src/dag/importer.js';
import { watchStore } from '../../src/dag/watched-store.js';
import type { StoredBlock } from '../../src/ports.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { blockOf, collect, rejectedCode } from '../platform/store-suite.js';
import { contentOf, inPieces, joined } from './content.js';

describe('our store as an interface-blockstore', () => {
  test('serves the importer and exporter libraries', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importBytes(contentOf(500_000), toBlockstore(store));
    expect(store.size).toBeGreaterThan(1);
    const entry = await exporter(cid, toBlockstore(store));
    if (entry.type !== 'file') throw new Error(entry.type);
    expect(Buffer.compare(await joined(entry.content()), contentOf(500_000))).toBe(0);
  });

  test('does what the interface says', async () => {
    const store = new MemoryBlockStore();
    const blockstore = toBlockstore(store);
    const [one, two, three] = [blockOf(1), blockOf(2), blockOf(3)];
    expect(await blockstore.put(one.cid, one.bytes)).toBe(one.cid);
    await blockstore.put(two.cid, [two.bytes.subarray(0, 10), two.bytes.subarray(10)]);
    expect(await collect(blockstore.putMany([{ cid: three.cid, bytes: inPieces(three.bytes, 7) }]))).toEqual([
      three.cid,
    ]);
    for (const { cid, bytes } of [one, two, three]) {
      expect(await store.get(cid)).toEqual(bytes);
      expect(await blockstore.has(cid)).toBe(true);
      expect(await joined(blockstore.get(cid))).toEqual(bytes);
    }
    const pairs = await collect(blockstore.getMany([two.cid, one.cid]));
    expect(pairs.map(({ cid }) => cid)).toEqual([two.cid, one.cid]);
    expect(await joined(pairs[0]!.bytes)).toEqual(two.bytes);
    const all = await collect(blockstore.getAll());
    expect(all.map(({ cid }) => cid.toString()).sort()).toEqual(
      [one, two, three].map(({ cid }) => cid.toString()).sort(),
    );
    await blockstore.delete(one.cid);
    expect(await collect(blockstore.deleteMany([two.cid]))).toEqual([two.cid]);
    expect(store.size).toBe(1);
  });

  test('a missing block is a NotFoundError, and a signal is heeded', async () => {
    const blockstore = toBlockstore(new MemoryBlockStore());
    await expect(joined(blockstore.get(blockOf(1).cid))).rejects.toMatchObject({ name: 'NotFoundError' });
    const signal = AbortSignal.abort();
    expect(await rejectedCode(joined(blockstore.get(blockOf(1).cid, { signal })))).toBe('ERR_ABORTED');
    expect(await rejectedCode(Promise.resolve(blockstore.put(blockOf(1).cid, blockOf(1).bytes, { signal })))).toBe(
      'ERR_ABORTED',
    );
  });
});

describe('an interface-blockstore as ours', () => {
  test('stores, finds, lists and deletes; what is missing is undefined', async () => {
    const inner = new MemoryBlockStore();
    const store = fromBlockstore(toBlockstore(inner));
    const { cid } = await importFile(store, inPieces(contentOf(1000)), { chunkBytes: 100 });
    expect(inner.size).toBe(11);
    expect(await joined(exportFile(blocksOf(store), cid))).toEqual(contentOf(1000));
    await store.putMany([blockOf(1)]);
    expect(await store.has(blockOf(1).cid)).toBe(true);
    expect(await store.getMany([blockOf(2).cid, blockOf(1).cid])).toEqual([undefined, blockOf(1).bytes]);
    expect((await collect(store.cids())).map(({ code }) => code)).toEqual(Array.from({ length: 12 }, () => 0x55));
    await store.delete(blockOf(1).cid);
    expect(await store.get(blockOf(1).cid)).toBeUndefined();
    await store.close();
  });

  test('joins blocks that come in pieces, and passes other failures on', async () => {
    const bytes = contentOf(100);
    const pieces = { get: () => inPieces(bytes, 30) } as unknown as Blockstore;
    expect(await fromBlockstore(pieces).get(blockOf(1).cid)).toEqual(bytes);
    const error = new Error('disk on fire');
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield await Promise.reject<Uint8Array>(error);
    };
    const failingStore = fromBlockstore({ get: failing } as unknown as Blockstore);
    await expect(failingStore.get(blockOf(1).cid)).rejects.toBe(error);
  });
});

describe('a watched store', () => {
  const watch = (withNew: boolean) => {
    const store = new MemoryBlockStore();
    const events: string[] = [];
    const names = (blocks: readonly StoredBlock[]): string =>
      blocks.map(({ bytes }) => new DataView(bytes.buffer).getUint32(0)).join();
    const watched = watchStore(store, {
      put: (blocks) => events.push(`put ${names(blocks)}`),
      ...(withNew ? { newPut: (blocks: readonly StoredBlock[]) => events.push(`new ${names(blocks)}`) } : {}),
      deleted: (cid) => events.push(`deleted ${cid.equals(blockOf(1).cid) ? 1 : '?'}`),
    });
    return { store, watched, events };
  };

  test('tells of puts, of what was new, and of deletions, after they happened', async () => {
    const { watched, events } = watch(true);
    await watched.putMany([blockOf(1), blockOf(2)]);
    await watched.putMany([blockOf(2), blockOf(3)]);
    await watched.putMany([blockOf(2)]);
    await watched.delete(blockOf(1).cid);
    await watched.putMany([blockOf(1)]);
    expect(events).toEqual(['put 1,2', 'new 1,2', 'put 2,3', 'new 3', 'put 2', 'deleted 1', 'put 1', 'new 1']);
  });

  test('is the store for all else, and says nothing of what failed', async () => {
    const { store, watched, events } = watch(false);
    await watched.putMany([blockOf(1)]);
    expect(await watched.get(blockOf(1).cid)).toEqual(blockOf(1).bytes);
    expect(await watched.getMany([blockOf(1).cid])).toEqual([blockOf(1).bytes]);
    expect(await watched.has(blockOf(1).cid)).toBe(true);
    expect(await collect(watched.cids())).toHaveLength(1);
    store.failWith(new Error('full'), 'writes');
    expect(await rejectedCode(watched.putMany([blockOf(2)]))).toBe('ERR_STORE_FAILED');
    expect(await rejectedCode(watched.delete(blockOf(1).cid))).toBe('ERR_STORE_FAILED');
    expect(events).toEqual(['put 1']);
    await watched.close();
    expect(await rejectedCode(store.has(blockOf(1).cid))).toBe('ERR_STORE_FAILED');
  });

  test('does not look into the store when nobody asks what is new', async () => {
    const { store, watched } = watch(false);
    store.failWith(new Error('no reads'), 'reads');
    await watched.putMany([blockOf(1)]);
    expect(store.size).toBe(1);
  });
});

describe('the block writer', () => {
  const limits = { storeBatchBytes: 300, storeBatchBlocks: 5 };

  test('writes when either bound is met, in order, one batch after the other', async () => {
    const batches: number[][] = [];
    let writing = 0;
    const store = {
      putMany: async (blocks: readonly StoredBlock[]) => {
        expect(++writing).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        batches.push(blocks.map(({ bytes }) => bytes.length));
        writing--;
      },
    };
    const writer = new BlockWriter(store, limits);
    for (const size of [100, 100, 99, 4, 4, 4, 4, 4, 4, 400, 50]) {
      const { cid, bytes } = blockOf(size, size);
      await writer.put(cid, bytes);
    }
    expect(writer.blocks).toBe(11);
    await writer.finish();
    expect(batches).toEqual([[100, 100, 99, 4], [4, 4, 4, 4, 4], [400], [50]]);
    await writer.finish();
    expect(batches).toHaveLength(4);
  });

  test('many at once keep to one batch under way', async () => {
    const stored: CID[] = [];
    let writing = 0;
    const store = {
      putMany: async (blocks: readonly StoredBlock[]) => {
        expect(++writing).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        stored.push(...blocks.map(({ cid }) => cid));
        writing--;
      },
    };
    const writer = new BlockWriter(store, limits);
    const blocks = Array.from({ length: 50 }, (_, seed) => blockOf(seed));
    await Promise.all(blocks.map(({ cid, bytes }) => writer.put(cid, bytes)));
    await writer.finish();
    expect(stored.map(String).sort()).toEqual(blocks.map(({ cid }) => cid.toString()).sort());
  });

  test('after a failed batch everything fails with its error', async () => {
    const error = new Error('full');
    const writer = new BlockWriter({ putMany: () => Promise.reject(error) }, limits);
    for (const seed of [1, 2, 3]) await writer.put(blockOf(seed).cid, blockOf(seed).bytes);
    await expect(writer.finish()).rejects.toBe(error);
    await expect(writer.put(blockOf(4).cid, blockOf(4).bytes)).rejects.toBe(error);
  });
});
