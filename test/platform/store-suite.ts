/** What every block store and every data store must do, whatever it stands on. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { cidOf } from '../../src/dag/block.js';
import type { BlockStore, DataStore, StoredBlock } from '../../src/ports.js';
import { utf8 } from '../support/decoding.js';

export const RAW = 0x55;

/** A raw block of `size` bytes that differs for every `seed`. */
export function blockOf(seed: number, size = 100): StoredBlock {
  const bytes = new Uint8Array(size);
  for (let index = 0; index < size; index++) bytes[index] = (seed * 31 + index * 7 + ((seed * index) >> 8)) & 0xff;
  new DataView(bytes.buffer).setUint32(0, seed);
  return { cid: cidOf(RAW, bytes), bytes };
}

/** Text that differs when bytes do: comparing large arrays element by element takes jest seconds. */
export function fingerprint(bytes: Uint8Array | undefined): string | undefined {
  return bytes && `${bytes.length}:${createHash('sha256').update(bytes).digest('hex')}`;
}

export async function collect<Value>(values: Iterable<Value> | AsyncIterable<Value>): Promise<Value[]> {
  const all: Value[] = [];
  for await (const value of values) all.push(value);
  return all;
}

/** The code of the EngineError that a promise rejects with. */
export async function rejectedCode(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'nothing was thrown',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  );
}

export function describeBlockStore(name: string, open: () => Promise<BlockStore>): void {
  describe(`${name} as a block store`, () => {
    let store: BlockStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('answers what was put, in the order asked, and nothing for what was not', async () => {
      const blocks = [blockOf(1, 4), blockOf(2, 4095), blockOf(3, 4096), blockOf(4, 4097), blockOf(5, 100_000)];
      await store.putMany(blocks);
      const wanted = [blockOf(9), ...blocks.toReversed(), blockOf(8)];
      expect((await store.getMany(wanted.map(({ cid }) => cid))).map(fingerprint)).toEqual([
        undefined,
        ...blocks.toReversed().map(({ bytes }) => fingerprint(bytes)),
        undefined,
      ]);
      expect(await store.getMany([])).toEqual([]);
      expect(fingerprint(await store.get(blocks[4]!.cid))).toBe(fingerprint(blocks[4]!.bytes));
      expect(await store.get(blockOf(9).cid)).toBeUndefined();
      expect(await store.has(blocks[0]!.cid)).toBe(true);
      expect(await store.has(blockOf(9).cid)).toBe(false);
    });

    test('holds the empty block', async () => {
      const block = { cid: cidOf(RAW, utf8('')), bytes: utf8('') };
      await store.putMany([block]);
      expect(await store.get(block.cid)).toEqual(new Uint8Array(0));
      expect(await store.has(block.cid)).toBe(true);
    });

    test('finds a block under every CID of its multihash', async () => {
      const version0 = CID.parse('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn');
      await store.putMany([{ cid: version0, bytes: Uint8Array.of(0x0a, 0x02, 0x08, 0x01) }]);
      expect(await store.get(version0.toV1())).toEqual(Uint8Array.of(0x0a, 0x02, 0x08, 0x01));
      expect(await store.get(CID.createV1(RAW, version0.multihash))).toEqual(Uint8Array.of(0x0a, 0x02, 0x08, 0x01));
    });

    test('takes the same block twice, in one call and in several', async () => {
      const block = blockOf(1, 10_000);
      await Promise.all([store.putMany([block, block]), store.putMany([block])]);
      await store.putMany([block, blockOf(2)]);
      expect(await store.getMany([block.cid, blockOf(2).cid])).toEqual([block.bytes, blockOf(2).bytes]);
      expect(await collect(store.cids())).toHaveLength(2);
    });

    test('deletes, and takes the block again', async () => {
      for (const size of [100, 10_000]) {
        const block = blockOf(1, size);
        await store.putMany([block, blockOf(2, size)]);
        await store.delete(block.cid);
        await store.delete(block.cid);
        expect(await store.get(block.cid)).toBeUndefined();
        expect(await store.get(blockOf(2, size).cid)).toEqual(blockOf(2, size).bytes);
        await store.putMany([block]);
        expect(await store.get(block.cid)).toEqual(block.bytes);
      }
    });

    test('lists what it holds as CIDv1 raw', async () => {
      const version0 = CID.parse('QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn');
      await store.putMany([blockOf(1), blockOf(2, 10_000), { cid: version0, bytes: Uint8Array.of(10, 2, 8, 1) }]);
      const listed = (await collect(store.cids())).map(String).sort();
      const expected = [blockOf(1).cid, blockOf(2, 10_000).cid, CID.createV1(RAW, version0.multihash)];
      expect(listed).toEqual(expected.map(String).sort());
    });

    test('a list that is left half-way leaves the store usable', async () => {
      await store.putMany([blockOf(1), blockOf(2)]);
      for await (const cid of store.cids()) {
        expect(await store.has(cid)).toBe(true);
        break;
      }
      expect(await store.has(blockOf(1).cid)).toBe(true);
    });

    test('any order of puts and deletes ends as a map would', async () => {
      const step = fc.record({ puts: fc.array(fc.nat(7), { maxLength: 4 }), removed: fc.option(fc.nat(7)) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const sizeOf = (seed: number): number => (seed % 2 === 0 ? 64 : 5000);
          const model = new Set<number>();
          for (let seed = 0; seed < 8; seed++) await store.delete(blockOf(seed, sizeOf(seed)).cid);
          const running: Promise<void>[] = [];
          for (const { puts, removed } of steps) {
            running.push(store.putMany(puts.map((seed) => blockOf(seed, sizeOf(seed)))));
            for (const seed of puts) model.add(seed);
            if (removed !== null) {
              running.push(store.delete(blockOf(removed, sizeOf(removed)).cid));
              model.delete(removed);
            }
          }
          await Promise.all(running);
          for (let seed = 0; seed < 8; seed++) {
            const block = blockOf(seed, sizeOf(seed));
            expect(await store.get(block.cid)).toEqual(model.has(seed) ? block.bytes : undefined);
          }
        }),
        { numRuns: 30 },
      );
    });

    test('after close everything asked fails, and closing again is nothing', async () => {
      await store.putMany([blockOf(1)]);
      const late = store.putMany([blockOf(2)]);
      await Promise.all([late, store.close()]);
      await store.close();
      expect(await rejectedCode(store.has(blockOf(1).cid))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(store.get(blockOf(1).cid))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(store.putMany([blockOf(3)]))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(store.delete(blockOf(1).cid))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(collect(store.cids()))).toBe('ERR_STORE_FAILED');
    });
  });
}

export function describeDataStore(name: string, open: () => Promise<DataStore>): void {
  describe(`${name} as a data store`, () => {
    let store: DataStore;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('gets, replaces and deletes', async () => {
      expect(await store.get('/peers/a')).toBeUndefined();
      await store.put('/peers/a', utf8('1'));
      await store.put('/peers/a', utf8('22'));
      expect(await store.get('/peers/a')).toEqual(utf8('22'));
      await store.delete('/peers/a');
      await store.delete('/peers/a');
      expect(await store.get('/peers/a')).toBeUndefined();
    });

    test('puts many at once, replacing what is there', async () => {
      await store.put('/b', utf8('old'));
      await store.putMany?.([
        ['/b', utf8('new')],
        ['/a', utf8('1')],
      ]);
      await store.putMany?.([]);
      expect(await collect(store.query('/'))).toEqual([
        ['/a', utf8('1')],
        ['/b', utf8('new')],
      ]);
    });

    test('queries by prefix, in key order', async () => {
      for (const key of ['/b/2', '/a/1', '/b/10', '/b', '/c/1', '/b/1']) await store.put(key, utf8(key));
      const expected = ['/b/1', '/b/10', '/b/2'].map((key) => [key, utf8(key)]);
      expect(await collect(store.query('/b/'))).toEqual(expected);
      expect(await collect(store.query('/d'))).toEqual([]);
      expect((await collect(store.query(''))).map(([key]) => key)).toEqual([
        '/a/1',
        '/b',
        ...['/b/1', '/b/10', '/b/2', '/c/1'],
      ]);
    });

    test('after close everything asked fails, and closing again is nothing', async () => {
      await store.close();
      await store.close();
      expect(await rejectedCode(store.get('/a'))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(store.put('/a', utf8('1')))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(store.delete('/a'))).toBe('ERR_STORE_FAILED');
      if (store.putMany !== undefined)
        expect(await rejectedCode(store.putMany([['/a', utf8('1')]]))).toBe('ERR_STORE_FAILED');
      expect(await rejectedCode(collect(store.query('/')))).toBe('ERR_STORE_FAILED');
    });
  });
}
