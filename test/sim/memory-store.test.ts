import { describe, expect, test } from '@jest/globals';
import { MemoryBlockStore, MemoryDataStore } from '../../src/sim/memory-store.js';
import { blockOf, collect, describeBlockStore, describeDataStore, rejectedCode } from '../platform/store-suite.js';
import { utf8 } from '../support/decoding.js';

describeBlockStore('MemoryBlockStore', () => Promise.resolve(new MemoryBlockStore()));
describeDataStore('MemoryDataStore', () => Promise.resolve(new MemoryDataStore()));

describe('a full store', () => {
  test('takes what fits to the byte, refuses one more, and keeps what it had', async () => {
    const store = new MemoryBlockStore({ capacityBytes: 200 });
    await store.putMany([blockOf(1), blockOf(2)]);
    expect(store.usedBytes).toBe(200);
    expect(await rejectedCode(store.putMany([blockOf(3, 4)]))).toBe('ERR_STORE_FAILED');
    await store.putMany([blockOf(1), blockOf(2)]);
    expect(await store.getMany([blockOf(1).cid, blockOf(2).cid])).toEqual([blockOf(1).bytes, blockOf(2).bytes]);
    await store.delete(blockOf(1).cid);
    await store.putMany([blockOf(3)]);
    expect(store.usedBytes).toBe(200);
  });

  test('stores all of a batch or none', async () => {
    const store = new MemoryBlockStore({ capacityBytes: 250 });
    await store.putMany([blockOf(1)]);
    expect(await rejectedCode(store.putMany([blockOf(2), blockOf(3)]))).toBe('ERR_STORE_FAILED');
    expect(store.size).toBe(1);
    expect(await store.has(blockOf(2).cid)).toBe(false);
  });

  test('data count by their size, replaced ones once', async () => {
    const store = new MemoryDataStore({ capacityBytes: 4 });
    await store.put('a', utf8('1234'));
    await store.put('a', utf8('5678'));
    expect(await rejectedCode(store.put('b', utf8('1')))).toBe('ERR_STORE_FAILED');
    expect(await store.get('a')).toEqual(utf8('5678'));
  });
});

describe('a failing store', () => {
  test.each([
    { operations: 'reads', reads: 'ERR_STORE_FAILED', writes: 'nothing was thrown' },
    { operations: 'writes', reads: 'nothing was thrown', writes: 'ERR_STORE_FAILED' },
    { operations: 'all', reads: 'ERR_STORE_FAILED', writes: 'ERR_STORE_FAILED' },
  ] as const)('fails $operations with the cause, and loses nothing', async ({ operations, reads, writes }) => {
    const store = new MemoryBlockStore();
    await store.putMany([blockOf(1)]);
    const cause = new Error('disk on fire');
    store.failWith(cause, operations);
    expect(await rejectedCode(store.get(blockOf(1).cid))).toBe(reads);
    expect(await rejectedCode(store.getMany([blockOf(1).cid]))).toBe(reads);
    expect(await rejectedCode(store.has(blockOf(1).cid))).toBe(reads);
    expect(await rejectedCode(collect(store.cids()))).toBe(reads);
    expect(await rejectedCode(store.putMany([blockOf(2)]))).toBe(writes);
    expect(await rejectedCode(store.delete(blockOf(9).cid))).toBe(writes);
    store.failWith(undefined);
    expect(await store.get(blockOf(1).cid)).toEqual(blockOf(1).bytes);
    store.failWith(cause);
    await expect(store.get(blockOf(1).cid)).rejects.toMatchObject({ blame: 'local', cause });
  });

  test('data too', async () => {
    const store = new MemoryDataStore();
    await store.put('a', utf8('1'));
    store.failWith(new Error('disk on fire'), 'writes');
    expect(await rejectedCode(store.put('a', utf8('2')))).toBe('ERR_STORE_FAILED');
    expect(await store.get('a')).toEqual(utf8('1'));
  });
});

test('a view into a larger buffer is copied: it must not keep the buffer alive', async () => {
  const store = new MemoryBlockStore();
  const { cid, bytes } = blockOf(1);
  const large = new Uint8Array(65_536);
  large.set(bytes, 1000);
  await store.putMany([{ cid, bytes: large.subarray(1000, 1000 + bytes.length) }]);
  expect((await store.get(cid))?.buffer.byteLength).toBe(bytes.length);
});
