import { describe, expect, test } from '@jest/globals';
import { CarReader } from '@ipld/car';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { exportCar, importCar } from '../../src/dag/car.js';
import { blocksOf } from '../../src/dag/get-block.js';
import type { GetBlock } from '../../src/dag/get-block.js';
import { importFile } from '../../src/dag/importer.js';
import { LIMITS } from '../../src/limits.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { collect, rejectedCode } from '../platform/store-suite.js';
import { concat, hex, utf8 } from '../support/decoding.js';
import { contentOf, HandMade, inPieces, isSame, joined, vectorBytes, vectors } from './content.js';

const { cars } = vectors('kubo-0.40.1.json');
const importBytes = (bytes: Uint8Array, size?: number): Promise<unknown> =>
  importCar(new MemoryBlockStore(), inPieces(bytes, size));

/** A CARv1 header without roots: {"roots": [], "version": 1} in dag-cbor. */
const HEADER = hex('11 a2 65 726f6f7473 80 67 76657273696f6e 01');

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Uint8Array.of(...bytes, value);
}

const section = (cid: CID, bytes: Uint8Array): Uint8Array =>
  concat(varint(cid.bytes.length + bytes.length), cid.bytes, bytes);

describe.each(cars)('$file by Kubo', ({ file, cid }) => {
  test('is taken in whole, in any pieces', async () => {
    const bytes = vectorBytes(file);
    const expected = await collect((await CarReader.fromBytes(bytes)).blocks());
    for (const size of [1, 100, bytes.length]) {
      const store = new MemoryBlockStore();
      const { roots, blocks } = await importCar(store, inPieces(bytes, size));
      expect(roots.map(String)).toEqual([cid]);
      expect(blocks).toBe(expected.length);
      for (const block of expected) expect(await store.get(block.cid)).toEqual(block.bytes);
    }
  });

  test('is what we write of the same DAG, to the byte', async () => {
    const store = new MemoryBlockStore();
    await importCar(store, inPieces(vectorBytes(file)));
    expect(isSame(await joined(exportCar(blocksOf(store), CID.parse(cid))), vectorBytes(file))).toBe(true);
  });
});

describe('writing', () => {
  test('puts a block that is linked twice once, and leaves out what CIDs carry themselves', async () => {
    const made = new HandMade();
    const leaf = await made.raw(utf8('leaf'));
    const inline = CID.createV1(0x55, create(0, utf8('in')));
    const root = await made.file([
      { cid: leaf, size: 4 },
      { cid: inline, size: 2 },
      { cid: leaf, size: 4 },
    ]);
    const car = await CarReader.fromBytes(await joined(exportCar(made.get, root)));
    expect((await collect(car.cids())).map(String)).toEqual([root, leaf].map(String));
  });

  test('fetches as it is read, and passes a failure on after what came before it', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(1000)), { chunkBytes: 100 });
    let fetched = 0;
    const get: GetBlock = (wanted) => {
      if (++fetched === 5) return Promise.reject(new Error('gone'));
      return blocksOf(store)(wanted);
    };
    const pieces = exportCar(get, cid);
    expect(fetched).toBe(0);
    await pieces.next();
    expect(fetched).toBeLessThanOrEqual(2);
    await expect(collect(pieces)).rejects.toThrow('gone');
    expect(fetched).toBe(5);
  });

  test('ends when its caller gives up', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(1000)), { chunkBytes: 100 });
    expect(await rejectedCode(collect(exportCar(blocksOf(store), cid, { signal: AbortSignal.abort() })))).toBe(
      'ERR_ABORTED',
    );
  });
});

describe('reading what is wrong', () => {
  const block = (bytes: Uint8Array, name = bytes): Uint8Array => {
    const cid = CID.createV1(0x55, create(0x00, name));
    return section(cid, bytes);
  };

  test.each([
    { name: 'nothing', bytes: new Uint8Array(0) },
    { name: 'text', bytes: utf8('this is not a CAR, it only looks like a file of some length') },
    { name: 'an empty header', bytes: hex('00') },
    { name: 'a header of another version', bytes: hex('0a a1 67 76657273696f6e 07') },
    { name: 'a header cut off', bytes: HEADER.subarray(0, 10) },
    { name: 'an empty section', bytes: concat(HEADER, hex('00')) },
    { name: 'a section cut off', bytes: concat(HEADER, block(utf8('abc')).subarray(0, 6)) },
    { name: 'a section without a CID', bytes: concat(HEADER, hex('04 ff ff ff ff')) },
  ])('$name', async ({ bytes }) => {
    expect(await rejectedCode(importBytes(bytes))).toBe('ERR_DAG_INVALID');
    expect(await rejectedCode(importBytes(bytes, 1))).toBe('ERR_DAG_INVALID');
  });

  test('a CAR without blocks is one', async () => {
    expect(await importBytes(HEADER)).toEqual({ roots: [], blocks: 0 });
  });

  test('a block that is not what its CID says: it and what follows are not stored', async () => {
    const store = new MemoryBlockStore();
    const bytes = concat(HEADER, block(utf8('one')), block(utf8('two'), utf8('2')), block(utf8('three')));
    await expect(importCar(store, inPieces(bytes))).rejects.toMatchObject({
      code: 'ERR_BLOCK_MISMATCH',
      blame: 'local',
    });
    expect(store.size).toBe(0);
  });

  test('an unknown hash function', async () => {
    const bytes = concat(HEADER, section(CID.createV1(0x55, create(0x11, new Uint8Array(20))), utf8('abc')));
    expect(await rejectedCode(importBytes(bytes))).toBe('ERR_BLOCK_UNKNOWN_HASH');
  });

  test('a block at the limit, and one past it', async () => {
    const at = await importFile(new MemoryBlockStore(), inPieces(contentOf(5)));
    expect(at.blocks).toBe(1);
    for (const [size, outcome] of [
      [LIMITS.bitswapBlockBytes, 'nothing was thrown'],
      [LIMITS.bitswapBlockBytes + 1, 'ERR_BLOCK_TOO_LARGE'],
    ] as const) {
      const bytes = new Uint8Array(size);
      const made = new HandMade();
      const cid = await made.raw(bytes);
      expect(await rejectedCode(importBytes(concat(HEADER, section(cid, bytes))))).toBe(outcome);
    }
  });

  test('a false length: the file is not gathered in memory', async () => {
    let given = 0;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield concat(HEADER, varint(2 ** 40), CID.createV1(0x55, create(0x12, new Uint8Array(32))).bytes);
      for (;;) {
        given += 65_536;
        yield new Uint8Array(65_536);
        await Promise.resolve();
      }
    };
    expect(await rejectedCode(importCar(new MemoryBlockStore(), endless()))).toBe('ERR_DAG_INVALID');
    expect(given).toBeLessThanOrEqual(LIMITS.carSectionBytes + 65_536);
  });

  test('large pieces with many blocks in them are no long section', async () => {
    const bytes = concat(HEADER, ...Array.from({ length: 60 }, (_, seed) => block(contentOf(100_000, seed))));
    expect(await importBytes(bytes, 3_000_000)).toEqual({ roots: [], blocks: 60 });
  });

  test('a store that fails, and a caller who gives up', async () => {
    const store = new MemoryBlockStore();
    store.failWith(new Error('full'));
    const source = () => inPieces(vectorBytes('small-tree.car'));
    expect(await rejectedCode(importCar(store, source()))).toBe('ERR_STORE_FAILED');
    const given = importCar(new MemoryBlockStore(), source(), { signal: AbortSignal.abort() });
    expect(await rejectedCode(given)).toBe('ERR_ABORTED');
  });
});
