import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exporter as libraryExporter } from 'ipfs-unixfs-exporter';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { toBlockstore } from '../../src/dag/blockstore-adapter.js';
import { importCar } from '../../src/dag/car.js';
import { listDirectory } from '../../src/dag/directory-reader.js';
import { exportFile, exportTree } from '../../src/dag/exporter.js';
import type { ExportEntry } from '../../src/dag/exporter.js';
import { readFile } from '../../src/dag/file-reader.js';
import { blocksOf } from '../../src/dag/get-block.js';
import type { GetBlock } from '../../src/dag/get-block.js';
import { importFile, importTree } from '../../src/dag/importer.js';
import { decodeNode } from '../../src/dag/node.js';
import { resolvePath } from '../../src/dag/path.js';
import { WalkDepth } from '../../src/dag/walk-depth.js';
import { LIMITS } from '../../src/limits.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { collect, rejectedCode } from '../platform/store-suite.js';
import { utf8 } from '../support/decoding.js';
import {
  contentOf,
  expand,
  HandMade,
  importEntries,
  inPieces,
  isSame,
  joined,
  vectorBytes,
  vectors,
} from './content.js';
import type { TreeEntry } from './content.js';

const { cars } = vectors('kubo-0.40.1.json');

/** A tree as text, one line an entry: what it is, its path, and what is in it. */
async function describeTree(entries: AsyncIterable<ExportEntry>): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of entries) {
    const path = entry.names.join('/');
    if (entry.kind === 'file') {
      const bytes = await joined(entry.content());
      lines.push(`file ${path} ${entry.sizeBytes} ${Buffer.from(bytes).toString('base64')}`);
    } else lines.push(entry.kind === 'symlink' ? `symlink ${path} -> ${entry.target}` : `directory ${path}`);
  }
  return lines;
}

function expectedTree(entries: readonly TreeEntry[]): string[] {
  const lines = new Set(['directory ']);
  for (const { path, size, seed, target } of expand(entries)) {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) lines.add(`directory ${names.slice(0, depth).join('/')}`);
    if (target !== undefined) lines.add(`symlink ${path} -> ${target}`);
    else if (size === undefined) lines.add(`directory ${path}`);
    else lines.add(`file ${path} ${size} ${Buffer.from(contentOf(size, seed)).toString('base64')}`);
  }
  return [...lines].sort();
}

describe.each(cars)('$file by Kubo', ({ file, cid, entries }) => {
  const store = new MemoryBlockStore();
  const get = blocksOf(store);
  beforeEach(() => importCar(store, inPieces(vectorBytes(file))));

  test('is the tree that it was made of', async () => {
    expect((await describeTree(exportTree(get, cid))).sort()).toEqual(expectedTree(entries));
  });

  test('has every path', async () => {
    for (const { path, size, seed } of expand(entries)) {
      if (size === undefined) continue;
      for (const form of [`${cid}/${path}`, `/ipfs/${cid}/${path}`, `/ipfs/${cid}//${path}/`]) {
        expect({ form, isSame: isSame(await joined(exportFile(get, form)), contentOf(size, seed)) }).toEqual({
          form,
          isSame: true,
        });
      }
    }
    for (const path of ['no-such-name', 'b.txt/further', 'a/no-such-name', '..', 'entry-00000', '00entry-000000']) {
      const code = await rejectedCode(resolvePath(get, `${cid}/${path}`));
      expect({ path, code }).toEqual({ path, code: 'ERR_PATH_NOT_FOUND' });
    }
  });
});

test('mode and time come with an entry, where they are not the usual ones', async () => {
  const store = new MemoryBlockStore();
  const { roots } = await importCar(store, inPieces(vectorBytes('with-times.car')));
  const entries = await collect(exportTree(blocksOf(store), roots[0]!));
  const metadata = entries.map(({ names, mode, mtime }) => ({ path: names.join('/'), mode, mtime }));
  const given = { mode: 0o600, mtime: { seconds: 1_700_000_000, nanoseconds: 123_456_789 } };
  expect(metadata.filter(({ path }) => path.endsWith('.txt'))).toEqual([
    { path: 'a.txt', ...given },
    { path: 'd/b.txt', ...given },
  ]);
});

describe('a range of a file', () => {
  test('is what the library and the file itself say, at every boundary', async () => {
    const bytes = contentOf(300);
    for (const rawLeaves of [true, false]) {
      const store = new MemoryBlockStore();
      const { cid } = await importFile(store, inPieces(bytes), { chunkBytes: 10, linksPerNode: 3, rawLeaves });
      const entry = await libraryExporter(cid, toBlockstore(store));
      if (entry.type !== 'file') throw new Error(entry.type);
      for (const offset of [0, 1, 9, 10, 11, 29, 30, 31, 89, 90, 91, 299, 300]) {
        for (const length of [0, 1, 9, 10, 11, 30, 90, 299, 300, 301]) {
          const ours = await joined(exportFile(blocksOf(store), cid, { offset, length }));
          const isRight = isSame(ours, bytes.slice(offset, offset + length));
          expect({ offset, length, isRight }).toEqual({ offset, length, isRight: true });
          if (length === 0 || length === 300) continue; // these the library takes to mean "all"
          expect(isSame(ours, await joined(entry.content({ offset, length })))).toBe(true);
        }
      }
      expect(await joined(exportFile(blocksOf(store), cid, { offset: 301 }))).toEqual(new Uint8Array(0));
    }
  });

  test('fetches no block outside it', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(300)), { chunkBytes: 10, linksPerNode: 3 });
    let fetched = 0;
    const get: GetBlock = (wanted) => {
      fetched++;
      return blocksOf(store)(wanted);
    };
    // 30 leaves in a tree of 4 levels: the root, two nodes on the way to each of the leaves, the leaf.
    await joined(exportFile(get, cid, { offset: 100, length: 10 }));
    expect(fetched).toBe(5);
    fetched = 0;
    await joined(exportFile(get, cid, { offset: 105, length: 10 }));
    expect(fetched).toBe(6);
  });

  test.each([{ offset: -1 }, { offset: 1.5 }, { offset: NaN }, { length: -1 }, { length: 0.5 }])(
    '%j is refused',
    async (range) => {
      const made = new HandMade();
      const cid = await made.raw(contentOf(10));
      expect(await rejectedCode(joined(exportFile(made.get, cid, range)))).toBe('ERR_INVALID_ARGUMENT');
    },
  );
});

test('the library reads what we import, and both read the same', async () => {
  const shape = fc.record({
    chunkBytes: fc.integer({ min: 1, max: 50 }),
    linksPerNode: fc.integer({ min: 2, max: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), shape, fc.boolean(), async (bytes, options, rawLeaves) => {
      const store = new MemoryBlockStore();
      const { cid } = await importFile(store, inPieces(bytes), { ...options, rawLeaves });
      const entry = await libraryExporter(cid, toBlockstore(store));
      if (entry.type !== 'file' && entry.type !== 'raw') throw new Error(entry.type);
      expect(isSame(await joined(entry.content()), bytes)).toBe(true);
      expect(isSame(await joined(exportFile(blocksOf(store), cid)), bytes)).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('a tree comes back as it was, sharded or not', async () => {
  const entries: TreeEntry[] = [
    { path: 'dir/', count: 300, size: 3 },
    { path: 'dir/sub/deep.bin', size: 200 },
    { path: 'empty' },
    { path: 'link', target: '../elsewhere' },
  ];
  for (const shardThresholdBytes of [1_000_000, 100]) {
    const store = new MemoryBlockStore();
    const { cid } = await importTree(store, importEntries(entries), { shardThresholdBytes, chunkBytes: 64 });
    expect((await describeTree(exportTree(blocksOf(store), cid))).sort()).toEqual(expectedTree(entries));
  }
});

test('a block carried by its own CID is read from it', async () => {
  const made = new HandMade();
  const inline = CID.createV1(0x55, create(0, utf8('inline')));
  const file = await made.file([
    { cid: inline, size: 6 },
    { cid: await made.raw(utf8(' stored')), size: 7 },
  ]);
  expect(await joined(exportFile(made.get, file))).toEqual(utf8('inline stored'));
  expect(await joined(exportFile(made.get, inline))).toEqual(utf8('inline'));
});

describe('demand', () => {
  test('nothing is fetched before it is asked for', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(1000)), { chunkBytes: 10, linksPerNode: 200 });
    let fetched = 0;
    const get: GetBlock = (wanted) => {
      fetched++;
      return blocksOf(store)(wanted);
    };
    const pieces = exportFile(get, cid);
    expect(fetched).toBe(0);
    for (const expected of [2, 3, 4]) {
      await pieces.next();
      expect(fetched).toBe(expected);
    }
    await pieces.return();
    expect(fetched).toBe(4);
  });

  test('content that is not read is not fetched; content may be read twice', async () => {
    const store = new MemoryBlockStore();
    const entries = [
      { path: 'a', size: 100 },
      { path: 'b', size: 100, seed: 1 },
    ];
    const { cid } = await importTree(store, importEntries(entries), { chunkBytes: 10 });
    let fetched = 0;
    const get: GetBlock = (wanted) => {
      fetched++;
      return blocksOf(store)(wanted);
    };
    for await (const entry of exportTree(get, cid)) {
      if (entry.kind !== 'file' || entry.names[0] !== 'b') continue;
      expect(fetched).toBe(3);
      const half = entry.content()[Symbol.asyncIterator]();
      await half.next();
      await half.return?.();
      expect(await joined(entry.content())).toEqual(contentOf(100, 1));
      expect(fetched).toBe(14);
    }
  });

  test('a missing block and a failing getter are passed on', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(100)), { chunkBytes: 10 });
    const { cid: leaf } = await importFile(new MemoryBlockStore(), inPieces(contentOf(100).subarray(50, 60)));
    await store.delete(leaf);
    expect(await rejectedCode(joined(exportFile(blocksOf(store), cid)))).toBe('ERR_BLOCK_NOT_FOUND');
    const error = new Error('no');
    await expect(joined(exportFile(() => Promise.reject(error), cid))).rejects.toBe(error);
    await expect(resolvePath(() => Promise.reject(error), `${cid.toString()}/a`)).rejects.toBe(error);
  });

  test('a caller who gives up gets nothing more', async () => {
    const store = new MemoryBlockStore();
    const { cid } = await importFile(store, inPieces(contentOf(100)), { chunkBytes: 10 });
    const controller = new AbortController();
    const pieces = exportFile(blocksOf(store), cid, { signal: controller.signal });
    await pieces.next();
    controller.abort();
    expect(await rejectedCode(pieces.next())).toBe('ERR_ABORTED');
    expect(await rejectedCode(collect(exportTree(blocksOf(store), cid, { signal: controller.signal })))).toBe(
      'ERR_ABORTED',
    );
  });
});

describe('nodes that are not what they should be', () => {
  const made = new HandMade();
  const fileOf = (options: { blockSizes?: bigint[]; data?: Uint8Array } = {}) =>
    new UnixFS({ type: 'file', ...options });
  const shard = (fanout: number) =>
    new UnixFS({ type: 'hamt-sharded-directory', data: new Uint8Array(1), fanout: BigInt(fanout), hashType: 0x22n });
  const leaf = () => made.raw(utf8('leaf'));

  const cases: { name: string; make: () => Promise<CID> }[] = [
    { name: 'dag-pb that does not decode', make: () => made.put(0x70, utf8('garbage')) },
    { name: 'an empty dag-pb block', make: () => made.put(0x70, new Uint8Array(0)) },
    {
      name: 'dag-pb without data',
      make: async () => made.node(undefined, [{ Hash: await leaf(), Name: 'a', Tsize: 4 }]),
    },
    { name: 'data that does not decode', make: () => made.node(Uint8Array.of(0xff)) },
    { name: 'an unknown UnixFS type', make: () => made.node(Uint8Array.of(0x08, 0x09)) },
    { name: 'UnixFS metadata', make: () => made.node(new UnixFS({ type: 'metadata' })) },
    { name: 'a codec that is neither raw nor dag-pb', make: () => made.put(0x71, Uint8Array.of(0xa0)) },
    {
      name: 'more links than sizes',
      make: async () => made.node(fileOf(), [{ Hash: await leaf(), Name: '', Tsize: 4 }]),
    },
    { name: 'more sizes than links', make: () => made.node(fileOf({ blockSizes: [4n] })) },
    {
      name: 'a size too large to count',
      make: async () =>
        made.file([
          { cid: await leaf(), size: Number.MAX_SAFE_INTEGER },
          { cid: await leaf(), size: 1 },
        ]),
    },
    { name: 'a leaf larger than its parent says', make: async () => made.file([{ cid: await leaf(), size: 3 }]) },
    { name: 'a leaf smaller than its parent says', make: async () => made.file([{ cid: await leaf(), size: 5 }]) },
    {
      name: 'a piece of a file that is a directory',
      make: async () => made.file([{ cid: await made.directory({}), size: 1 }]),
    },
    {
      name: 'a piece of a file of another codec',
      make: async () => made.file([{ cid: await made.put(0x71, Uint8Array.of(0xa0)), size: 1 }]),
    },
    { name: 'an entry without a name', make: async () => made.directory([{ Hash: await leaf(), Name: '', Tsize: 4 }]) },
    {
      name: 'an entry that comes twice',
      make: async () =>
        made.directory([
          { Hash: await leaf(), Name: 'a', Tsize: 4 },
          { Hash: await made.directory({}), Name: 'a', Tsize: 4 },
        ]),
    },
    { name: 'a shard of fan-out 0', make: () => made.node(shard(0)) },
    { name: 'a shard of fan-out 100', make: () => made.node(shard(100)) },
    { name: 'a shard of fan-out 2048', make: () => made.node(shard(2048)) },
    {
      name: 'a link of a shard without prefix',
      make: async () => made.node(shard(256), [{ Hash: await leaf(), Name: 'A', Tsize: 4 }]),
    },
    {
      name: 'a sub-shard that is a file',
      make: async () => made.node(shard(256), [{ Hash: await leaf(), Name: 'AA', Tsize: 4 }]),
    },
    {
      name: 'a sub-shard that is a plain directory',
      make: async () => made.node(shard(256), [{ Hash: await made.directory({}), Name: 'AA', Tsize: 4 }]),
    },
    {
      name: 'a sub-shard of another width',
      make: async () => made.node(shard(256), [{ Hash: await made.node(shard(16)), Name: 'AA', Tsize: 4 }]),
    },
    {
      name: 'the same entry in two shards',
      make: async () =>
        made.node(shard(256), [
          { Hash: await leaf(), Name: 'AAx', Tsize: 4 },
          { Hash: await made.node(shard(256), [{ Hash: await leaf(), Name: 'BBx', Tsize: 4 }]), Name: 'BB', Tsize: 4 },
        ]),
    },
    {
      name: 'nanoseconds beyond a second',
      make: () => made.node(new UnixFS({ type: 'file', mtime: { secs: 0n, nsecs: 1_000_000_000 } })),
    },
    {
      name: 'seconds beyond what can be counted',
      make: () => made.node(new UnixFS({ type: 'file', mtime: { secs: 2n ** 60n } })),
    },
  ];

  test.each(cases)('$name', async ({ make }) => {
    const cid = await make();
    expect(await rejectedCode(describeTree(exportTree(made.get, cid)))).toBe('ERR_DAG_INVALID');
    expect(await rejectedCode(describeTree(exportTree(made.get, await made.directory({ below: cid }))))).toBe(
      'ERR_DAG_INVALID',
    );
  });

  test('fan-outs of 8 and 1024 are fine', async () => {
    for (const [fanout, prefix] of [
      [8, '7'],
      [1024, '3FF'],
    ] as const) {
      const cid = await made.node(shard(fanout), [{ Hash: await leaf(), Name: `${prefix}name`, Tsize: 4 }]);
      expect(await describeTree(exportTree(made.get, cid))).toEqual(['directory ', 'file name 4 bGVhZg==']);
    }
  });

  test('a directory is no file', async () => {
    expect(await rejectedCode(joined(exportFile(made.get, await made.directory({}))))).toBe('ERR_INVALID_ARGUMENT');
  });

  test('whatever the bytes, they are a node or ERR_DAG_INVALID', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.boolean(), async (bytes, asData) => {
        const cid = asData ? await made.node(bytes) : await made.put(0x70, bytes);
        expect(['nothing was thrown', 'ERR_DAG_INVALID', 'ERR_BLOCK_NOT_FOUND']).toContain(
          await rejectedCode(describeTree(exportTree(made.get, cid))),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('depth', () => {
  const chains = [
    { name: 'a file', nest: (made: HandMade, cid: CID) => made.file([{ cid, size: 4 }]) },
    { name: 'directories', nest: (made: HandMade, cid: CID) => made.directory({ d: cid }) },
    {
      name: 'shards',
      nest: (made: HandMade, cid: CID) =>
        made.node(new UnixFS({ type: 'hamt-sharded-directory', fanout: 256n, hashType: 0x22n }), [
          { Hash: cid, Name: 'AA', Tsize: 1 },
        ]),
    },
  ];

  test.each(chains)('$name: at the limit, and one past it', async ({ name, nest }) => {
    const made = new HandMade();
    const bottoms: Record<string, () => Promise<CID>> = {
      'a file': () => made.raw(utf8('leaf')),
      directories: () => made.directory({}),
      shards: () => made.node(new UnixFS({ type: 'hamt-sharded-directory', fanout: 256n, hashType: 0x22n })),
    };
    let cid = await bottoms[name]!();
    for (let depth = 1; depth < LIMITS.dagDepth; depth++) cid = await nest(made, cid);
    expect(await rejectedCode(describeTree(exportTree(made.get, cid)))).toBe('nothing was thrown');
    expect(await rejectedCode(describeTree(exportTree(made.get, await nest(made, cid))))).toBe('ERR_DAG_INVALID');
    expect(await rejectedCode(describeTree(exportTree(made.get, cid, { maxDepth: LIMITS.dagDepth - 1 })))).toBe(
      'ERR_DAG_INVALID',
    );
  });

  test('files in directories share one depth', async () => {
    const made = new HandMade();
    let cid = await made.raw(utf8('leaf'));
    for (let depth = 0; depth < 3; depth++) cid = await made.file([{ cid, size: 4 }]);
    for (let depth = 0; depth < 3; depth++) cid = await made.directory({ d: cid });
    expect(await rejectedCode(describeTree(exportTree(made.get, cid, { maxDepth: 7 })))).toBe('nothing was thrown');
    expect(await rejectedCode(describeTree(exportTree(made.get, cid, { maxDepth: 6 })))).toBe('ERR_DAG_INVALID');
  });

  test('a path is looked for in so many blocks and no more', async () => {
    const made = new HandMade();
    let cid = await made.raw(utf8('leaf'));
    for (let depth = 0; depth < LIMITS.dagDepth; depth++) cid = await made.directory({ d: cid });
    const path = (depth: number, root: CID): string =>
      [root.toString(), ...Array.from({ length: depth }, () => 'd')].join('/');
    expect(await rejectedCode(resolvePath(made.get, path(LIMITS.dagDepth, cid)))).toBe('nothing was thrown');
    const above = await made.directory({ d: cid });
    expect(await rejectedCode(resolvePath(made.get, path(LIMITS.dagDepth + 1, above)))).toBe('ERR_DAG_INVALID');
  });

  test('links held on the way down: at the limit, and one past it', async () => {
    const made = new HandMade();
    const leaf = await made.raw(utf8('leaf'));
    const above = (): WalkDepth => {
      const depth = new WalkDepth();
      depth.enter(leaf, LIMITS.dagPathLinks - 3);
      return depth;
    };
    const read = async (links: number, depth: WalkDepth): Promise<string> => {
      const cid = await made.file(Array.from({ length: links }, () => ({ cid: leaf, size: 4 })));
      const node = decodeNode(cid, await made.get(cid));
      return node.kind === 'file' ? rejectedCode(joined(readFile(made.get, { cid, node }, {}, depth))) : node.kind;
    };
    const list = async (links: number, depth: WalkDepth): Promise<string> => {
      const cid = await made.directory(
        Array.from({ length: links }, (_, at) => ({ Hash: leaf, Name: `${at}`, Tsize: 4 })),
      );
      const node = decodeNode(cid, await made.get(cid));
      return node.kind === 'directory'
        ? rejectedCode(collect(listDirectory(made.get, { cid, node }, {}, depth)))
        : node.kind;
    };
    for (const walk of [read, list]) {
      const depth = above();
      expect(await walk(3, depth)).toBe('nothing was thrown');
      // What was entered has been left again.
      expect(await walk(3, depth)).toBe('nothing was thrown');
      expect(await walk(4, depth)).toBe('ERR_DAG_INVALID');
    }
  });
});
