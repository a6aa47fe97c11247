import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encode, prepare } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { exportFile, exportTree } from '../../src/dag/exporter.js';
import { installSizeMending } from '../../src/dag/unixfs-sizes.js';
import { fetchFile, fetchTree } from '../../src/dag/fetch.js';
import { blocksOf } from '../../src/dag/get-block.js';
import type { GetBlock } from '../../src/dag/get-block.js';
import { importFile, importTree } from '../../src/dag/importer.js';
import { linksOf } from '../../src/dag/node.js';
import { Prefetcher } from '../../src/dag/prefetcher.js';
import { LIMITS } from '../../src/limits.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { rejectedCode } from '../platform/store-suite.js';
import { utf8 } from '../support/decoding.js';
import { contentOf, HandMade, importEntries, inPieces, isSame, joined } from './content.js';

// The trees of this suite are marshalled by the library, sizes of 2 GiB among them.
installSizeMending();

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const roomy = { fetchAheadBytes: 1_000_000, fetchAheadBlocks: 1000 };

/** A source that answers when it is told to. */
class Manual {
  readonly asked: string[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  readonly #answers = new Map<string, { resolve: (bytes: Uint8Array) => void; reject: (error: unknown) => void }>();
  readonly #get: GetBlock;

  constructor(get: GetBlock) {
    this.#get = get;
  }

  readonly fetch: GetBlock = (cid, { signal } = {}) => {
    this.asked.push(cid.toString());
    this.signals.push(signal);
    return new Promise((resolve, reject) => this.#answers.set(cid.toString(), { resolve, reject }));
  };

  /** Asked for and not answered yet. */
  get pending(): readonly string[] {
    return [...this.#answers.keys()];
  }

  async answer(cid: string | CID): Promise<void> {
    const { resolve } = this.#take(cid.toString());
    resolve(await this.#get(CID.parse(cid.toString())));
    await settle();
  }

  async fail(cid: string | CID, error: unknown): Promise<void> {
    this.#take(cid.toString()).reject(error);
    await settle();
  }

  #take(cid: string) {
    const answer = this.#answers.get(cid);
    if (answer === undefined) throw new Error(`${cid} was not asked for`);
    this.#answers.delete(cid);
    return answer;
  }
}

/** A file of leaves of ten bytes, all different, with so many links a node, and the CIDs of its nodes level by level. */
async function fileOf(leaves: number, linksPerNode = 200) {
  const store = new MemoryBlockStore();
  const bytes = new SeededRandom('leaves').bytes('leaves', leaves * 10);
  const { cid } = await importFile(store, inPieces(bytes), { chunkBytes: 10, linksPerNode });
  const get = blocksOf(store);
  const below = async (node: string | CID): Promise<string[]> => {
    const parsed = CID.parse(node.toString());
    return linksOf(parsed, await get(parsed)).map((link) => link.Hash.toString());
  };
  return { store, bytes, root: cid, get, below };
}

describe('order', () => {
  test('the root first, then its leaves in order, as far as is allowed, and one more for each that is read', async () => {
    const { root, bytes, get, below } = await fileOf(10);
    const leaves = await below(root);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch, limits: { ...roomy, fetchAheadBlocks: 4 } });
    const first = prefetcher.get(root);
    expect(manual.asked).toEqual([root.toString()]);
    await manual.answer(root);
    await first;
    expect(manual.asked.slice(1)).toEqual(leaves.slice(0, 4));
    // Arrivals alone change nothing: what waits for the reader is ahead of it all the same.
    for (const leaf of [leaves[2]!, leaves[0]!, leaves[1]!, leaves[3]!]) await manual.answer(leaf);
    expect(manual.pending).toEqual([]);
    expect(prefetcher.stats).toMatchObject({ fetchedBlocks: 5, inFlight: 0, heldBlocks: 4, heldBytes: 40 });
    expect(await prefetcher.get(CID.parse(leaves[0]!))).toEqual(bytes.slice(0, 10));
    expect(manual.pending).toEqual([leaves[4]]);
    expect(prefetcher.stats).toMatchObject({ inFlight: 1, heldBlocks: 3, heldBytes: 30 });
  });

  test('what a node brings goes before what was behind it', async () => {
    const { root, get, below } = await fileOf(27, 3);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch, limits: { ...roomy, fetchAheadBlocks: 5 } });
    void prefetcher.get(root);
    await manual.answer(root);
    const [left, middle, right] = await below(root);
    expect(manual.pending).toEqual([left, middle, right]);
    // Its place is last, so only what room is left goes to its children.
    await manual.answer(right!);
    const [right0, right1] = await below(right!);
    expect(manual.pending).toEqual([left, middle, right0, right1]);
    await manual.answer(left!);
    expect(manual.asked).toHaveLength(6);
    // The reader comes to the left one: its first child is what it needs next, and is started before all others.
    await prefetcher.get(CID.parse(left!));
    const [left0, left1] = await below(left!);
    expect(manual.asked.slice(6)).toEqual([left0]);
    void prefetcher.get(CID.parse(left0!));
    expect(manual.asked.slice(6)).toEqual([left0, left1]);
  });

  test('what the reader waits for is fetched even where there is no room', async () => {
    const { root, get, below } = await fileOf(27, 3);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch, limits: { ...roomy, fetchAheadBlocks: 3 } });
    void prefetcher.get(root);
    await manual.answer(root);
    const [left] = await below(root);
    void prefetcher.get(CID.parse(left!));
    await manual.answer(left!);
    const [left0] = await below(left!);
    expect(manual.pending).toContain(left0);
    const leaf = prefetcher.get(CID.parse(left0!));
    await manual.answer(left0!);
    expect(await leaf).toEqual(await get(CID.parse(left0!)));
  });

  test('a directory of a thousand files keeps as many fetches on their way', async () => {
    const store = new MemoryBlockStore();
    const entries = Array.from({ length: 1000 }, (_, at) => ({ path: `file-${at}`, size: 50 + (at >> 8), seed: at }));
    const { cid } = await importTree(store, importEntries(entries), { chunkBytes: 20 });
    const manual = new Manual(blocksOf(store));
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    void prefetcher.get(cid);
    await manual.answer(cid);
    expect(prefetcher.stats.inFlight).toBe(1000);
  });
});

describe('bounds', () => {
  test.each([
    { fetchAheadBytes: 40, started: 4 },
    { fetchAheadBytes: 39, started: 3 },
    { fetchAheadBytes: 10, started: 1 },
    // One is always allowed: it may be larger than the bound.
    { fetchAheadBytes: 9, started: 1 },
  ])('$fetchAheadBytes bytes besides the links: $started leaves of ten bytes', async ({ fetchAheadBytes, started }) => {
    const { root, get } = await fileOf(10);
    const manual = new Manual(get);
    const limits = { fetchAheadBytes: fetchAheadBytes + 10 * 256, fetchAheadBlocks: 1000 };
    const prefetcher = new Prefetcher({ fetch: manual.fetch, limits });
    void prefetcher.get(root);
    await manual.answer(root);
    expect(manual.pending).toHaveLength(started);
  });

  test('by default: 1024 blocks and 32 MiB', async () => {
    const { root, get } = await fileOf(1100, 2000);
    const manual = new Manual(get);
    void new Prefetcher({ fetch: manual.fetch }).get(root);
    await manual.answer(root);
    expect(manual.pending).toHaveLength(LIMITS.fetchAheadBlocks);
  });

  test('a file of 2 GiB with a reader that stalls: never more than the bound is held or promised', async () => {
    const MiB = 1024 * 1024;
    const leafCid = (number: number): CID => {
      const digest = new Uint8Array(32);
      new DataView(digest.buffer).setUint32(0, number);
      return CID.createV1(0x55, create(0x12, digest));
    };
    const node = (first: number, count: number): Uint8Array =>
      encode(
        prepare({
          Data: new UnixFS({ type: 'file', blockSizes: Array.from({ length: count }, () => BigInt(MiB)) }).marshal(),
          Links: Array.from({ length: count }, (_, at) => ({ Hash: leafCid(first + at), Name: '', Tsize: MiB })),
        }),
      );
    const half = (number: number): CID => CID.createV1(0x70, create(0x12, new Uint8Array(32).fill(number)));
    const root = half(3);
    const GiB = 1024 * MiB;
    const rootBytes = encode(
      prepare({
        Data: new UnixFS({ type: 'file', blockSizes: [BigInt(GiB), BigInt(GiB)] }).marshal(),
        Links: [1, 2].map((number) => ({ Hash: half(number), Name: '', Tsize: GiB })),
      }),
    );
    let asked = 0;
    const fetch: GetBlock = (cid) => {
      asked++;
      if (cid.equals(root)) return Promise.resolve(rootBytes);
      if (cid.code === 0x70) return Promise.resolve(node((cid.multihash.digest[0]! - 1) * 1024, 1024));
      return settle().then(() => new Uint8Array(MiB));
    };
    let prefetcher: Prefetcher | undefined;
    let most = 0;
    let bytes = 0;
    for await (const piece of fetchFile(fetch, root, { onPrefetcher: (made) => (prefetcher = made) })) {
      const { heldBytes, inFlight } = prefetcher!.stats;
      most = Math.max(most, heldBytes + inFlight * MiB);
      bytes += piece.length;
      if (bytes % (256 * MiB) === 0) {
        for (let turn = 0; turn < 200; turn++) await settle();
        const askedWhileStalled = asked;
        for (let turn = 0; turn < 50; turn++) await settle();
        expect(asked).toBe(askedWhileStalled);
        expect(prefetcher!.stats.heldBytes).toBeLessThanOrEqual(LIMITS.fetchAheadBytes);
      }
    }
    expect(bytes).toBe(2 * GiB);
    expect(most).toBeLessThanOrEqual(LIMITS.fetchAheadBytes);
    expect(most).toBeGreaterThan(LIMITS.fetchAheadBytes / 2);
  });

  test('a false size costs time and no memory', async () => {
    const made = new HandMade();
    const leaves = await Promise.all(Array.from({ length: 60 }, (_, seed) => made.raw(contentOf(1000, seed))));
    const root = await made.node(
      new UnixFS({ type: 'file', blockSizes: leaves.map(() => 1000n) }),
      leaves.map((Hash) => ({ Hash, Name: '', Tsize: 1 })),
    );
    const limits = { fetchAheadBytes: 60 * 256 + 5000, fetchAheadBlocks: 1000 };
    let prefetcher: Prefetcher | undefined;
    let most = 0;
    const pieces: Uint8Array[] = [];
    for await (const piece of fetchFile(made.get, root, { limits, onPrefetcher: (given) => (prefetcher = given) })) {
      await settle();
      most = Math.max(most, prefetcher!.stats.heldBytes);
      pieces.push(piece);
    }
    expect(isSame(Buffer.concat(pieces), Buffer.concat(leaves.map((_, seed) => contentOf(1000, seed))))).toBe(true);
    expect(most).toBeLessThanOrEqual(5000);
    expect(most).toBeGreaterThan(3000);
  });

  test('a node with far more links than room is not kept ahead', async () => {
    const made = new HandMade();
    const leaf = await made.raw(utf8('leaf'));
    const wide = await made.file(Array.from({ length: 500 }, () => ({ cid: leaf, size: 4 })));
    const root = await made.node(new UnixFS({ type: 'file', blockSizes: [4n, 2000n] }), [
      { Hash: leaf, Name: '', Tsize: 4 },
      { Hash: wide, Name: '', Tsize: 2000 },
    ]);
    const limits = { fetchAheadBytes: 100_000, fetchAheadBlocks: 1000 };
    const prefetcher = new Prefetcher({ fetch: made.get, limits });
    await prefetcher.get(root);
    for (let turn = 0; turn < 5; turn++) await settle();
    expect(prefetcher.stats).toMatchObject({ fetchedBlocks: 3, heldBlocks: 1, heldBytes: 4 });
    expect(isSame(await joined(exportFile(prefetcher.get, root)), utf8('leaf'.repeat(501)))).toBe(true);
  });

  test('a small DAG that stands for an endless file stays small', async () => {
    const made = new HandMade();
    let cid = await made.raw(utf8('x'));
    let size = 1;
    for (let level = 0; level < 10; level++) {
      const below = { cid, size };
      cid = await made.file(Array.from({ length: 30 }, () => below));
      size *= 30;
    }
    const limits = { fetchAheadBytes: 500_000, fetchAheadBlocks: 1000 };
    let prefetcher: Prefetcher | undefined;
    let read = 0;
    for await (const piece of fetchFile(made.get, cid, { limits, onPrefetcher: (given) => (prefetcher = given) })) {
      read += piece.length;
      if (read === 5000) break;
    }
    expect(read).toBe(5000);
    expect(prefetcher!.stats.fetchedBlocks).toBeLessThan(6000);
  });
});

describe('what is read', () => {
  test('is what is there, whatever arrives when, and whatever the bounds', async () => {
    const shape = fc.record({ leaves: fc.integer({ min: 1, max: 120 }), linksPerNode: fc.integer({ min: 2, max: 9 }) });
    const limits = fc.record({
      fetchAheadBytes: fc.integer({ min: 1, max: 60_000 }),
      fetchAheadBlocks: fc.integer({ min: 1, max: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(shape, limits, fc.nat(), async ({ leaves, linksPerNode }, bounds, seed) => {
        const { root, bytes, get } = await fileOf(leaves, linksPerNode);
        const random = new SeededRandom(seed);
        let waiting = 0;
        let most = 0;
        const fetch: GetBlock = async (cid) => {
          most = Math.max(most, ++waiting);
          for (let turns = random.bytes('turns', 1)[0]! % 5; turns > 0; turns--) await Promise.resolve();
          waiting--;
          return get(cid);
        };
        expect(isSame(await joined(fetchFile(fetch, root, { limits: bounds })), bytes)).toBe(true);
        // The reader's own block comes on top of what is ahead of it.
        expect(most).toBeLessThanOrEqual(bounds.fetchAheadBlocks + 1);
      }),
      { numRuns: 60 },
    );
  });

  test('a tree, sharded and with files of several blocks', async () => {
    const entries = [
      { path: 'dir/', count: 200, size: 30 },
      { path: 'big', size: 5000 },
    ];
    const store = new MemoryBlockStore();
    const { cid } = await importTree(store, importEntries(entries), {
      chunkBytes: 20,
      linksPerNode: 4,
      shardThresholdBytes: 100,
    });
    const fetched = new Map<string, number>();
    const fetch: GetBlock = (wanted) => {
      fetched.set(wanted.toString(), (fetched.get(wanted.toString()) ?? 0) + 1);
      return blocksOf(store)(wanted);
    };
    const summary = async (tree: ReturnType<typeof exportTree>): Promise<string[]> => {
      const lines: string[] = [];
      for await (const entry of tree) {
        const bytes = entry.kind === 'file' ? Buffer.from(await joined(entry.content())).toString('hex') : '';
        lines.push(`${entry.kind} ${entry.names.join('/')} ${bytes}`);
      }
      return lines;
    };
    expect(await summary(fetchTree(fetch, cid))).toEqual(await summary(exportTree(blocksOf(store), cid)));
  });

  test('a block that is linked many times is fetched once while it is ahead', async () => {
    const made = new HandMade();
    const leaf = await made.raw(utf8('same'));
    const root = await made.file(Array.from({ length: 300 }, () => ({ cid: leaf, size: 4 })));
    let fetched = 0;
    const fetch: GetBlock = (cid) => {
      fetched++;
      return made.get(cid);
    };
    expect((await joined(fetchFile(fetch, root))).length).toBe(1200);
    expect(fetched).toBe(2);
  });

  test('blocks that their CIDs carry are not fetched', async () => {
    const made = new HandMade();
    const inline = CID.createV1(0x55, create(0, utf8('in')));
    const root = await made.file([
      { cid: inline, size: 2 },
      { cid: await made.raw(utf8('out')), size: 3 },
      { cid: inline, size: 2 },
    ]);
    const manual = new Manual(made.get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    const whole = joined(exportFile(prefetcher.get, root));
    await settle();
    await manual.answer(root);
    expect(manual.pending).toHaveLength(1);
    await manual.answer(manual.pending[0]!);
    expect(await whole).toEqual(utf8('inoutin'));
  });
});

describe('a reader that skips', () => {
  test('leaves behind what it skipped, and is read ahead of from where it is', async () => {
    const { root, bytes, get, below } = await fileOf(20);
    const leaves = await below(root);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch, limits: { ...roomy, fetchAheadBlocks: 4 } });
    void prefetcher.get(root);
    await manual.answer(root);
    await manual.answer(leaves[0]!);
    await manual.answer(leaves[1]!);
    expect(prefetcher.stats).toMatchObject({ heldBlocks: 2, inFlight: 2 });
    // To one that is on its way: two of those before it were held, one was under way and is of no use when it comes.
    const third = prefetcher.get(CID.parse(leaves[3]!));
    expect(prefetcher.stats).toMatchObject({ heldBlocks: 0, inFlight: 6 });
    expect(manual.pending).toEqual([...leaves.slice(2, 8)]);
    await manual.answer(leaves[2]!);
    expect(prefetcher.stats).toMatchObject({ heldBlocks: 0 });
    await manual.answer(leaves[3]!);
    expect(await third).toEqual(bytes.slice(30, 40));
    // To one that was not started.
    void prefetcher.get(CID.parse(leaves[12]!));
    expect(manual.asked.slice(-5)).toEqual([leaves[12], ...leaves.slice(13, 17)]);
  });

  test('ranges and entries left unread come out right', async () => {
    const { root, bytes, get } = await fileOf(100, 4);
    for (const [offset, length] of [
      [0, 5],
      [333, 200],
      [995, 100],
      [500, 1],
    ] as const) {
      const range = await joined(fetchFile(get, root, { offset, length, limits: { ...roomy, fetchAheadBlocks: 3 } }));
      expect(isSame(range, bytes.subarray(offset, offset + length))).toBe(true);
    }
  });

  test('a block of another DAG is fetched without reading ahead', async () => {
    const one = await fileOf(5);
    const other = await fileOf(7, 3);
    const both: GetBlock = (cid) => one.get(cid).catch(() => other.get(cid));
    const manual = new Manual(both);
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    void prefetcher.get(one.root);
    await manual.answer(one.root);
    const before = manual.pending.length;
    const foreign = prefetcher.get(other.root);
    await manual.answer(other.root);
    await foreign;
    expect(manual.pending).toHaveLength(before);
    // Going back is such a read, too.
    const again = prefetcher.get(one.root);
    await manual.answer(one.root);
    await again;
    expect(manual.pending).toHaveLength(before);
  });
});

describe('failure', () => {
  test('of one block is heard when the reader comes to it, and of no other', async () => {
    const { root, bytes, get, below } = await fileOf(4);
    const leaves = await below(root);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    void prefetcher.get(root);
    await manual.answer(root);
    const error = new Error('missing');
    await manual.fail(leaves[1]!, error);
    await manual.answer(leaves[0]!);
    await manual.answer(leaves[2]!);
    expect(await prefetcher.get(CID.parse(leaves[0]!))).toEqual(bytes.slice(0, 10));
    await expect(prefetcher.get(CID.parse(leaves[1]!))).rejects.toBe(error);
    expect(await prefetcher.get(CID.parse(leaves[2]!))).toEqual(bytes.slice(20, 30));
    // Asked again, it is fetched again.
    const again = prefetcher.get(CID.parse(leaves[1]!));
    await manual.answer(leaves[1]!);
    expect(await again).toEqual(bytes.slice(10, 20));
  });

  test('of a block that only the reader wanted is forgotten: asked again, it is fetched again', async () => {
    const { root, get } = await fileOf(4);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    const failing = prefetcher.get(root);
    const error = new Error('missing');
    await manual.fail(root, error);
    await expect(failing).rejects.toBe(error);
    const again = prefetcher.get(root);
    await manual.answer(root);
    expect(await again).toEqual(await get(root));
  });

  test('of one block ends a file with that error', async () => {
    const { root, get, below } = await fileOf(50, 5);
    const error = new Error('missing');
    const [inner] = await below((await below(root))[1]!);
    const missing = inner!;
    const fetch: GetBlock = (cid) => (cid.toString() === missing ? Promise.reject(error) : get(cid));
    await expect(joined(fetchFile(fetch, root))).rejects.toBe(error);
  });

  test('thrown at once by the source is a rejection like any other', async () => {
    const error = new Error('thrown');
    const fetch = (): never => {
      throw error;
    };
    await expect(new Prefetcher({ fetch }).get((await fileOf(3)).root)).rejects.toBe(error);
  });

  test('of a node that does not decode is the reader’s to find', async () => {
    const made = new HandMade();
    const garbage = await made.put(0x70, utf8('garbage'));
    const root = await made.directory({ a: garbage, b: await made.raw(utf8('b')) });
    const prefetcher = new Prefetcher({ fetch: made.get });
    await prefetcher.get(root);
    await settle();
    expect(prefetcher.stats.heldBlocks).toBe(2);
    expect(await prefetcher.get(garbage)).toEqual(utf8('garbage'));
  });
});

describe('stopping', () => {
  test('rejects what is waited for and what is asked later, and tells the source', async () => {
    const { root, get, below } = await fileOf(4);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    void prefetcher.get(root);
    await manual.answer(root);
    const [leaf] = await below(root);
    const waiting = prefetcher.get(CID.parse(leaf!));
    expect(manual.signals.every((signal) => signal?.aborted === false)).toBe(true);
    prefetcher.stop();
    prefetcher.stop();
    expect(await rejectedCode(waiting)).toBe('ERR_ABORTED');
    expect(manual.signals.every((signal) => signal?.aborted === true)).toBe(true);
    expect(await rejectedCode(prefetcher.get(root))).toBe('ERR_ABORTED');
    // What still comes is of no use and starts nothing.
    await manual.answer(leaf!);
    expect(prefetcher.stats).toMatchObject({ heldBlocks: 0, fetchedBlocks: 1 });
    expect(manual.asked).toHaveLength(5);
  });

  test('by a signal, before or after it was made', async () => {
    const { root, get } = await fileOf(4);
    const early = new Prefetcher({ fetch: get, signal: AbortSignal.abort() });
    expect(await rejectedCode(early.get(root))).toBe('ERR_ABORTED');
    const controller = new AbortController();
    const manual = new Manual(get);
    const later = new Prefetcher({ fetch: manual.fetch, signal: controller.signal });
    const waiting = later.get(root);
    controller.abort();
    expect(await rejectedCode(waiting)).toBe('ERR_ABORTED');
  });

  test('one read only, by its own signal', async () => {
    const { root, get } = await fileOf(4);
    const manual = new Manual(get);
    const prefetcher = new Prefetcher({ fetch: manual.fetch });
    const controller = new AbortController();
    const impatient = prefetcher.get(root, { signal: controller.signal });
    const patient = prefetcher.get(root);
    controller.abort();
    expect(await rejectedCode(impatient)).toBe('ERR_ABORTED');
    expect(await rejectedCode(prefetcher.get(root, { signal: controller.signal }))).toBe('ERR_ABORTED');
    await manual.answer(root);
    expect((await patient).length).toBeGreaterThan(0);
  });

  test('happens when a file is left half-way, and when it is read to its end', async () => {
    const { root, get } = await fileOf(50);
    for (const leaveAfter of [3, Infinity]) {
      const signals: (AbortSignal | undefined)[] = [];
      const fetch: GetBlock = (cid, { signal } = {}) => {
        signals.push(signal);
        return get(cid);
      };
      let pieces = 0;
      for await (const piece of fetchFile(fetch, root)) {
        expect(piece).toHaveLength(10);
        if (++pieces === leaveAfter) break;
      }
      expect(signals[1]?.aborted).toBe(true);
    }
  });
});
