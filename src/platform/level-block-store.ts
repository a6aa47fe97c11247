/**
 * Blocks on Level (LevelDB), in two sublevels:
 *
 *   index   multihash -> 0, block        for a small block
 *           multihash -> 1, body number  for a larger one
 *   body    body number -> block
 *
 * LevelDB sorts by key and rewrites what overlaps. Multihashes are random, so large values filed under them are
 * rewritten on every level; filed under ascending numbers they are written once and moved, which makes importing more
 * than twice as fast, and reading a file in order a walk forward.
 *
 * Writes go one after another, and those that wait are gathered into one batch: a batch is stored whole or not at all,
 * and nothing else touches what is stored already.
 */
import type { BatchOperation } from 'level';
import { CID } from 'multiformats/cid';
import { decode } from 'multiformats/hashes/digest';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { BlockStore, StoredBlock } from '../ports.js';
import { attempt, BYTE_KEYS, closed, plain, sublevelOf } from './level-database.js';
import type { Database, Sublevel } from './level-database.js';

type Bytes = Uint8Array;
type Operation = BatchOperation<Database, Bytes, Bytes>;

const RAW = 0x55;
/** Up to here a block stays in the index, which saves a look-up. */
const INLINE_BYTES = 4096;
const INLINE = 0;
const IN_BODY = 1;
/** Look-ups gathered into one call of the database, at the most: the first answer comes with the last. */
const LOOK_UPS = 128;
/** A reader of bodies must not push the index out of the cache. */
const READ_BODY = { ...BYTE_KEYS, fillCache: false };

/** A `putMany` or a `delete` that waits for its turn. */
interface Write {
  readonly blocks: readonly StoredBlock[];
  readonly removed?: CID;
  readonly sizeBytes: number;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Look-ups that go to the database in one call. */
interface LookUps {
  readonly keys: Bytes[];
  readonly entries: Promise<readonly (Bytes | undefined)[]>;
}

/** Blocks on Level. */
export class LevelBlockStore implements BlockStore {
  readonly #database: Database;
  readonly #index: Sublevel<Bytes>;
  readonly #body: Sublevel<Bytes>;
  readonly #release: () => Promise<void>;
  #lookUps: LookUps | undefined;
  readonly #waiting: Write[] = [];
  #writing: Promise<void> | undefined;
  #nextBody: bigint;
  #closed = false;

  private constructor(database: Database, body: Sublevel<Bytes>, nextBody: bigint, release: () => Promise<void>) {
    this.#database = database;
    this.#index = sublevelOf<Bytes>(database, 'index', BYTE_KEYS);
    this.#body = body;
    this.#nextBody = nextBody;
    this.#release = release;
  }

  /** The store on an open database; `release` is called once, when the store is closed. */
  static async on(database: Database, release: () => Promise<void>): Promise<LevelBlockStore> {
    const body = sublevelOf<Bytes>(database, 'body', BYTE_KEYS);
    const [lastKey] = await body.keys({ reverse: true, limit: 1 }).all();
    const nextBody = lastKey === undefined ? 0n : numberOf(lastKey) + 1n;
    return new LevelBlockStore(database, body, nextBody, release);
  }

  has(cid: CID): Promise<boolean> {
    return this.#read('has', () => this.#index.has(cid.multihash.bytes));
  }

  /** Gets asked for in one go look into the index together: a call of Level costs more than the look-up of a small block. */
  get(cid: CID): Promise<Bytes | undefined> {
    return this.#read('get', async () => {
      const entry = await this.#lookUp(cid.multihash.bytes);
      const number = bodyNumberOf(entry);
      if (number === undefined) return plain(entry?.subarray(1));
      const body = await this.#body.get(number, READ_BODY);
      if (body === undefined) await this.#checkRemoved([cid]);
      return plain(body);
    });
  }

  getMany(cids: readonly CID[]): Promise<readonly (Bytes | undefined)[]> {
    return this.#read('get', async () => {
      const entries = await this.#index.getMany(cids.map((cid) => cid.multihash.bytes));
      const numbers = entries.map(bodyNumberOf).filter((number) => number !== undefined);
      const bodies = numbers.length === 0 ? [] : await this.#body.getMany(numbers, READ_BODY);
      if (bodies.includes(undefined)) await this.#checkRemoved(cids);
      let next = 0;
      return entries.map((entry) => plain(bodyNumberOf(entry) ? bodies[next++] : entry?.subarray(1)));
    });
  }

  #lookUp(key: Bytes): Promise<Bytes | undefined> {
    this.#lookUps ??= this.#lookUpTogether();
    const { keys, entries } = this.#lookUps;
    const at = keys.push(key) - 1;
    if (keys.length >= LOOK_UPS) this.#lookUps = undefined;
    return entries.then((found) => found[at]);
  }

  /** A list of keys that is still open, and what will be found under them. */
  #lookUpTogether(): LookUps {
    const keys: Bytes[] = [];
    const lookUps: LookUps = {
      keys,
      entries: Promise.resolve().then(() => {
        if (this.#lookUps === lookUps) this.#lookUps = undefined;
        return this.#index.getMany(keys);
      }),
    };
    return lookUps;
  }

  /** A body that went between the two look-ups was deleted together with its entry; if the entry is there, it is lost. */
  async #checkRemoved(cids: readonly CID[]): Promise<void> {
    for (const cid of cids) {
      const number = bodyNumberOf(await this.#index.get(cid.multihash.bytes));
      if (number === undefined || (await this.#body.has(number))) continue;
      throw new EngineError('ERR_STORE_FAILED', 'local', `the Level store lost the bytes of ${cid.toString()}`);
    }
  }

  /** Blocks that are there already are not written again. Resolves when the operating system has the rest. */
  putMany(blocks: readonly StoredBlock[]): Promise<void> {
    if (blocks.length === 0) return Promise.resolve();
    return this.#write({ blocks, sizeBytes: blocks.reduce((sum, { bytes }) => sum + bytes.length, 0) });
  }

  delete(cid: CID): Promise<void> {
    return this.#write({ blocks: [], removed: cid, sizeBytes: 0 });
  }

  async *cids(): AsyncIterable<CID> {
    const keys = await this.#read('list', () => Promise.resolve(this.#index.keys()));
    try {
      for (;;) {
        const key = await this.#read('list', () => keys.next());
        if (key === undefined) return;
        yield CID.createV1(RAW, decode(plain(key)));
      }
    } finally {
      await keys.close();
    }
  }

  /** Waits for the writes under way; what is asked after it fails. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#release();
  }

  #read<Result>(what: string, operation: () => Promise<Result>): Promise<Result> {
    return this.#closed ? Promise.reject(closed(what)) : attempt(what, operation);
  }

  #write(write: Omit<Write, 'done' | 'failed'>): Promise<void> {
    if (this.#closed) return Promise.reject(closed('write'));
    return new Promise((done, failed) => {
      this.#waiting.push({ ...write, done, failed });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    for (let group = this.#nextGroup(); group.length > 0; group = this.#nextGroup()) {
      try {
        await attempt('write', () => this.#writeGroup(group));
        for (const write of group) write.done();
      } catch (error) {
        for (const write of group) write.failed(error);
      }
    }
    this.#writing = undefined;
  }

  /** What goes into the next batch: one removal, or puts up to the size of a batch. */
  #nextGroup(): readonly Write[] {
    const first = this.#waiting[0];
    if (first === undefined) return [];
    let count = 1;
    let sizeBytes = first.sizeBytes;
    while (first.removed === undefined) {
      const write = this.#waiting[count];
      if (write === undefined || write.removed !== undefined) break;
      sizeBytes += write.sizeBytes;
      if (sizeBytes > LIMITS.storeBatchBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Write[]): Promise<void> {
    const removed = group[0]?.removed;
    const operations = removed === undefined ? await this.#puts(group) : await this.#removal(removed);
    if (operations.length > 0) await this.#database.batch(operations);
  }

  async #puts(group: readonly Write[]): Promise<Operation[]> {
    const blocks = group.flatMap((write) => write.blocks);
    const known = await this.#index.hasMany(blocks.map(({ cid }) => cid.multihash.bytes));
    const operations: Operation[] = [];
    const seen = new Set<string>();
    for (const [at, { cid, bytes }] of blocks.entries()) {
      const key = cid.multihash.bytes;
      const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
      if (known[at] === true || seen.has(name)) continue;
      seen.add(name);
      if (bytes.length <= INLINE_BYTES) {
        operations.push({ type: 'put', sublevel: this.#index, key, value: entryOf(INLINE, bytes) });
        continue;
      }
      const number = keyOf(this.#nextBody++);
      operations.push({ type: 'put', sublevel: this.#body, key: number, value: bytes });
      operations.push({ type: 'put', sublevel: this.#index, key, value: entryOf(IN_BODY, number) });
    }
    return operations;
  }

  async #removal(cid: CID): Promise<Operation[]> {
    const key = cid.multihash.bytes;
    const entry = await this.#index.get(key);
    if (entry === undefined) return [];
    const operations: Operation[] = [{ type: 'del', sublevel: this.#index, key }];
    const number = bodyNumberOf(entry);
    if (number !== undefined) operations.push({ type: 'del', sublevel: this.#body, key: number });
    return operations;
  }
}

/** Where the body of an entry is, or `undefined` when the entry holds the block itself. */
function bodyNumberOf(entry: Bytes | undefined): Bytes | undefined {
  return entry?.[0] === IN_BODY ? entry.subarray(1) : undefined;
}

function entryOf(kind: typeof INLINE | typeof IN_BODY, rest: Bytes): Bytes {
  const entry = new Uint8Array(1 + rest.length);
  entry[0] = kind;
  entry.set(rest, 1);
  return entry;
}

/** Body numbers as eight bytes, high ones first, so that they sort as numbers. */
function keyOf(number: bigint): Bytes {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, number);
  return key;
}

function numberOf(key: Bytes): bigint {
  return new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0);
}
