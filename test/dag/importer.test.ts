import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exportFile } from '../../src/dag/exporter.js';
import { blocksOf } from '../../src/dag/get-block.js';
import { importFile, importTree } from '../../src/dag/importer.js';
import type { ImportEntry, ImportOptions, ImportProgress } from '../../src/dag/importer.js';
import { verifyBlock } from '../../src/dag/block.js';
import { LIMITS } from '../../src/limits.js';
import type { StoredBlock } from '../../src/ports.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { rejectedCode } from '../platform/store-suite.js';
import { contentOf, importEntries, inPieces, isSame, joined, vectors } from './content.js';

/** A store that keeps nothing: for CIDs of large imports. */
const nowhere = { putMany: () => Promise.resolve() };

describe.each(['kubo-0.40.1.json', 'helia-7.json'])('%s agrees', (file) => {
  const { files, trees } = vectors(file);

  test.each(files)('on a file of $size bytes: $cid', async ({ size, options, cid }) => {
    const summary = await importFile(nowhere, inPieces(contentOf(size)), options);
    expect(summary.cid.toString()).toBe(cid);
    expect(summary.sizeBytes).toBe(size);
  });

  test.each(trees)('on $name: $cid', async ({ entries, options, cid }) => {
    const summary = await importTree(nowhere, importEntries(entries), options);
    expect(summary.cid.toString()).toBe(cid);
  });
});

test.each([
  { text: 'nothing, v0', bytes: '', profile: 'unixfs-v0-2015', cid: 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH' },
  {
    text: 'nothing, v1',
    bytes: '',
    profile: 'default',
    cid: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  },
  {
    text: 'hello world',
    bytes: 'hello world',
    profile: 'unixfs-v0-2015',
    cid: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD',
  },
  {
    text: 'hello world',
    bytes: 'hello world',
    profile: 'default',
    cid: 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
  },
] as const)('$text under $profile is the CID everyone knows', async ({ bytes, profile, cid }) => {
  const source = inPieces(new TextEncoder().encode(bytes));
  expect((await importFile(nowhere, source, { profile })).cid.toString()).toBe(cid);
});

describe('a file', () => {
  test('gives the same CID from bytes, from a list of chunks, and from a stream of them', async () => {
    const bytes = contentOf(3 * LIMITS.importChunkBytes + 1);
    const cids: string[] = [];
    const progress: number[] = [];
    const onProgress = ({ bytes: read }: { readonly bytes: number }): number => progress.push(read);
    const pieces = [bytes.subarray(0, 10), bytes.subarray(10)];
    for (const source of [bytes, pieces, new Blob([bytes]).stream(), inPieces(bytes)]) {
      cids.push((await importFile(nowhere, source, source === bytes ? { onProgress } : {})).cid.toString());
    }
    expect(new Set(cids).size).toBe(1);
    expect(progress).toEqual([1, 2, 3].map((count) => count * LIMITS.importChunkBytes).concat(bytes.length));
    const empty = (await importFile(nowhere, new Uint8Array())).cid.toString();
    expect(empty).toBe((await importFile(nowhere, [])).cid.toString());
  });

  test('gives the same CID however its source is cut', async () => {
    const bytes = contentOf(5000);
    const options = { chunkBytes: 1000, linksPerNode: 3 };
    const { cid: expected } = await importFile(nowhere, inPieces(bytes), options);
    for (const size of [1, 7, 999, 1000, 1001, 4999]) {
      const { cid } = await importFile(nowhere, inPieces(bytes, size), options);
      expect({ size, cid: cid.toString() }).toEqual({ size, cid: expected.toString() });
    }
  });

  test('comes back as it was, whatever its size, chunks and links', async () => {
    const options = fc.record({
      chunkBytes: fc.integer({ min: 1, max: 64 }),
      linksPerNode: fc.integer({ min: 2, max: 7 }),
      rawLeaves: fc.boolean(),
      cidVersion: fc.constantFrom(0 as const, 1 as const),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 700 }),
        options,
        fc.integer({ min: 1, max: 99 }),
        async (bytes, how, cut) => {
          const store = new MemoryBlockStore();
          const { cid, sizeBytes } = await importFile(store, inPieces(bytes, cut), how);
          expect(sizeBytes).toBe(bytes.length);
          expect(isSame(await joined(exportFile(blocksOf(store), cid)), bytes)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('puts blocks that verify, in batches within their bounds', async () => {
    const batches: (readonly StoredBlock[])[] = [];
    const store = {
      putMany: (blocks: readonly StoredBlock[]) => {
        batches.push(blocks);
        return Promise.resolve();
      },
    };
    const large = await importFile(store, inPieces(contentOf(20 * 1024 * 1024)));
    const small = await importFile(store, inPieces(contentOf(3000 * 10)), { chunkBytes: 10 });
    const blocks = batches.flat();
    for (const { cid, bytes } of blocks) verifyBlock(cid, bytes);
    expect(blocks).toHaveLength(large.blocks + small.blocks);
    for (const batch of batches) {
      const bytes = batch.reduce((sum, block) => sum + block.bytes.length, 0);
      // A batch is sent when it is full; a few chunks hashed at once may come on top.
      expect(bytes).toBeLessThan(LIMITS.storeBatchBytes + 4 * 1024 * 1024);
      expect(batch.length).toBeLessThan(LIMITS.storeBatchBlocks + 4);
    }
    expect(batches.length).toBeGreaterThan(5);
  });

  test('holds no more than a few chunks and two batches while its store is slow', async () => {
    let read = 0;
    let written = 0;
    let mostHeld = 0;
    const source = async function* (): AsyncGenerator<Uint8Array> {
      for (let number = 0; number < 64; number++) {
        const bytes = new Uint8Array(1024 * 1024).fill(number);
        read += bytes.length;
        mostHeld = Math.max(mostHeld, read - written);
        yield bytes;
        await Promise.resolve();
      }
    };
    const store = {
      putMany: async (blocks: readonly StoredBlock[]) => {
        await new Promise((resolve) => setImmediate(resolve));
        written += blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
      },
    };
    await importFile(store, source());
    expect(read).toBe(64 * 1024 * 1024);
    expect(mostHeld).toBeLessThanOrEqual(2 * LIMITS.storeBatchBytes + 12 * 1024 * 1024);
  });

  test('tells how far it is', async () => {
    const seen: ImportProgress[] = [];
    await importFile(nowhere, inPieces(contentOf(2500), 1000), { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ bytes }) => bytes)).toEqual([1000, 2000, 2500]);
  });

  test('keeps mode and time, which make a node of a bare leaf', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(5)), {
      mode: 0o600,
      mtime: { seconds: -1, nanoseconds: 5 },
    });
    expect(cid.code).toBe(0x70);
    expect(await joined(exportFile(blocksOf(store), cid))).toEqual(contentOf(5));
  });
});

describe('what cannot be imported', () => {
  const tree = (...entries: ImportEntry[]) =>
    (async function* () {
      yield* entries;
    })();
  const file = (path: string): ImportEntry => ({ path, content: inPieces(contentOf(3)) });

  test.each([
    { name: 'an empty path', entries: [file('')] },
    { name: 'an absolute path', entries: [file('/a')] },
    { name: 'a path with an empty part', entries: [file('a//b')] },
    { name: 'a path ending in a slash', entries: [file('a/')] },
    { name: 'a path with .', entries: [file('./a')] },
    { name: 'a path with ..', entries: [file('a/../b')] },
    { name: 'a part that ends in a backslash', entries: [file('a\\/b')] },
    { name: 'a file twice', entries: [file('a'), file('a')] },
    { name: 'a file over a directory', entries: [file('a/b'), file('a')] },
    { name: 'a symbolic link over a directory', entries: [{ path: 'a' }, { path: 'a', target: 'b' }] },
    { name: 'a directory over a file', entries: [file('a'), { path: 'a' }] },
    { name: 'a path through a file', entries: [file('a'), file('a/b')] },
    { name: 'a path through a symbolic link', entries: [{ path: 'a', target: 'b' }, file('a/b/c')] },
  ])('$name', async ({ entries }) => {
    expect(await rejectedCode(importTree(nowhere, tree(...entries)))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('a directory that comes after its content, or twice, changes nothing', async () => {
    const { cid: expected } = await importTree(nowhere, tree(file('a/b'), file('c/d')));
    const { cid } = await importTree(
      nowhere,
      tree({ path: 'a' }, { path: 'a' }, file('a/b'), file('c/d'), { path: 'c' }),
    );
    expect(cid.toString()).toBe(expected.toString());
  });

  test.each([
    { chunkBytes: 0 },
    { chunkBytes: 1.5 },
    { chunkBytes: NaN },
    { linksPerNode: 1 },
    { linksPerNode: Infinity },
    { shardThresholdBytes: -1 },
  ] satisfies ImportOptions[])('settings %j', async (options) => {
    expect(await rejectedCode(importFile(nowhere, inPieces(contentOf(3)), options))).toBe('ERR_INVALID_ARGUMENT');
  });

  test.each([
    { chunkBytes: LIMITS.bitswapBlockBytes, rawLeaves: true, outcome: 'nothing was thrown' },
    { chunkBytes: LIMITS.bitswapBlockBytes + 1, rawLeaves: true, outcome: 'ERR_BLOCK_TOO_LARGE' },
    { chunkBytes: LIMITS.bitswapBlockBytes, rawLeaves: false, outcome: 'ERR_BLOCK_TOO_LARGE' },
  ])('chunks of $chunkBytes bytes (raw: $rawLeaves) -> $outcome', async ({ outcome, ...options }) => {
    const source = inPieces(contentOf(LIMITS.bitswapBlockBytes + 10));
    expect(await rejectedCode(importFile(nowhere, source, options))).toBe(outcome);
  });

  test.each([
    ['a text', 'text', /got text, which may be a path/],
    ['a number', 7, /got number/],
    ['null', null, /got null/],
    ['an object without chunks', {}, /got object/],
    ['chunks of text', ['text'], /got a chunk that is string/],
    ['chunks that are arrays', [[1, 2]], /got a chunk that is object/],
  ])('%s is no source, and the error says what is', async (_, source, message) => {
    await expect(importFile(nowhere, source as never)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });

  test('a source that fails: its error is the cause', async () => {
    const cause = new Error('read failed');
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield contentOf(10);
      await Promise.reject(cause);
    };
    await expect(importFile(nowhere, source())).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT', cause });
  });

  test('a store that fails, in the middle or at the end', async () => {
    for (const failAt of [1, 2, 3]) {
      let calls = 0;
      const error = new Error('full');
      const store = { putMany: () => (++calls === failAt ? Promise.reject(error) : Promise.resolve()) };
      const source = inPieces(contentOf(10 * 1024 * 1024));
      await expect(importFile(store, source)).rejects.toMatchObject({ cause: error });
    }
  });

  test('a full store says so, and keeps what it had', async () => {
    const store = new MemoryBlockStore({ capacityBytes: 12 * 1024 * 1024 });
    const { cid } = await importFile(store, inPieces(contentOf(5 * 1024 * 1024)));
    const other = importFile(store, inPieces(contentOf(20 * 1024 * 1024, 1)));
    expect(await rejectedCode(other)).toBe('ERR_STORE_FAILED');
    expect(isSame(await joined(exportFile(blocksOf(store), cid)), contentOf(5 * 1024 * 1024))).toBe(true);
  });

  test('a caller who gives up, before and in the middle', async () => {
    const early = AbortSignal.abort();
    expect(await rejectedCode(importFile(nowhere, inPieces(contentOf(3)), { signal: early }))).toBe('ERR_ABORTED');
    const controller = new AbortController();
    let pieces = 0;
    const running = importFile(nowhere, inPieces(contentOf(100_000), 10), {
      signal: controller.signal,
      onProgress: () => {
        if (++pieces === 5) controller.abort();
      },
    });
    expect(await rejectedCode(running)).toBe('ERR_ABORTED');
    expect(pieces).toBe(5);
  });
});
