/**
 * Blocks on Level (LevelDB): an index by multihash, and the bytes of larger blocks apart from it (see level-bodies).
 *
 *   index   multihash -> 0, block       for a small block
 *           multihash -> 1, body key    for a larger one
 *   state   "end"     -> the number after the last body
 *
 * Writes go one after another, and those that wait are gathered into one. Bodies are written first and the index after
 * them, in one batch: what is not in the index is not there. So a write is stored whole or not at all, and nothing else
 * touches what is stored already. After a loss of power the index may know of bodies that the disk does not have; such a
 * block is missing, and is written again when it is put.
 */
import type { BatchOperation } from 'level';
import { CID } from 'multiformats/cid';
import { decode } from 'multiformats/hashes/digest';
import { LIMITS } from '../limits.js';
import type { BlockStore, StoredBlock } from '../ports.js';
import type { BodyKey, LevelBodies } from './level-bodies.js';
import { attempt, BYTE_KEYS, closed, plain, sublevelOf, TEXT_KEYS } from './level-database.js';
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

/** The number after the last body, as the index knows it. */
export async function endOfBodies(database: Database): Promise<bigint> {
  const end = await stateIn(database).get(END);
  return end === undefined ? 0n : BigInt(new TextDecoder().decode(end));
}

const END = 'end';
const stateIn = (database: Database): Sublevel<string> => sublevelOf<string>(database, 'state', TEXT_KEYS);

/** Blocks on Level. */
export class LevelBlockStore implements BlockStore {
  readonly #database: Database;
  readonly #index: Sublevel<Bytes>;
  readonly #state: Sublevel<string>;
  readonly #bodies: LevelBodies;
  readonly #release: () => Promise<void>;
  #lookUps: LookUps | undefined;
  readonly #waiting: Write[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  /** On an open database and the bodies that belong to it; `release` is called once, when the store is closed. */
  constructor(database: Database, bodies: LevelBodies, release: () => Promise<void>) {
    this.#database = database;
    this.#index = sublevelOf<Bytes>(database, 'index', BYTE_KEYS);
    this.#state = stateIn(database);
    this.#bodies = bodies;
    this.#release = release;
  }

  has(cid: CID): Promise<boolean> {
    return this.#read('has', async () => {
      const entry = await this.#lookUp(cid.multihash.bytes);
      const [isThere] = await this.#areThere([entry]);
      return isThere === true;
    });
  }

  /** Gets asked for in one go look into the index together: a call of Level costs more than the look-up of a small block. */
  get(cid: CID): Promise<Bytes | undefined> {
    return this.#read('get', async () => {
      const entry = await this.#lookUp(cid.multihash.bytes);
      const key = bodyKeyOf(entry);
      return plain(key === undefined ? entry?.subarray(1) : await this.#bodies.get(key));
    });
  }

  getMany(cids: readonly CID[]): Promise<readonly (Bytes | undefined)[]> {
    return this.#read('get', async () => {
      const entries = await this.#index.getMany(cids.map((cid) => cid.multihash.bytes));
      const bodies = await this.#bodies.getMany(entries.map(bodyKeyOf).filter((key) => key !== undefined));
      let next = 0;
      return entries.map((entry) => plain(bodyKeyOf(entry) === undefined ? entry?.subarray(1) : bodies[next++]));
    });
  }

  /** For each entry whether there is one, with its body where it has one. */
  async #areThere(entries: readonly (Bytes | undefined)[]): Promise<readonly boolean[]> {
    const bodies = await this.#bodies.hasMany(entries.map(bodyKeyOf).filter((key) => key !== undefined));
    let next = 0;
    return entries.map((entry) => (bodyKeyOf(entry) === undefined ? entry !== undefined : bodies[next++] === true));
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

  #writeGroup(group: readonly Write[]): Promise<void> {
    const removed = group[0]?.removed;
    return removed === undefined ? this.#put(group.flatMap(({ blocks }) => blocks)) : this.#remove(removed);
  }

  async #put(blocks: readonly StoredBlock[]): Promise<void> {
    const known = await this.#areThere(await this.#index.getMany(blocks.map(({ cid }) => cid.multihash.bytes)));
    const fresh = new Map<string, StoredBlock>();
    for (const [at, block] of blocks.entries()) if (known[at] === false) fresh.set(nameOf(block.cid), block);
    if (fresh.size === 0) return;
    const large = [...fresh.values()].filter(({ bytes }) => bytes.length > INLINE_BYTES);
    const keys = await this.#bodies.append(large.map(({ bytes }) => bytes));
    const operations: Operation[] = [];
    const enter = (cid: CID, value: Bytes): unknown =>
      operations.push({ type: 'put', sublevel: this.#index, key: cid.multihash.bytes, value });
    for (const { cid, bytes } of fresh.values()) if (bytes.length <= INLINE_BYTES) enter(cid, entryOf(INLINE, bytes));
    for (const [at, { cid }] of large.entries()) enter(cid, entryOf(IN_BODY, keys[at] ?? new Uint8Array(0)));
    if (large.length > 0) {
      const end = new TextEncoder().encode(this.#bodies.end.toString());
      operations.push({ type: 'put', sublevel: this.#state, key: END, value: end } as unknown as Operation);
    }
    await this.#database.batch(operations);
  }

  async #remove(cid: CID): Promise<void> {
    const entry = await this.#index.get(cid.multihash.bytes);
    if (entry === undefined) return;
    await this.#index.del(cid.multihash.bytes);
    const key = bodyKeyOf(entry);
    if (key !== undefined) await this.#bodies.delete(key);
  }
}

/** Where the body of an entry is, or `undefined` when the entry holds the block itself. */
function bodyKeyOf(entry: Bytes | undefined): BodyKey | undefined {
  return entry?.[0] === IN_BODY ? entry.subarray(1) : undefined;
}

function nameOf({ multihash: { bytes } }: CID): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function entryOf(kind: typeof INLINE | typeof IN_BODY, rest: Bytes): Bytes {
  const entry = new Uint8Array(1 + rest.length);
  entry[0] = kind;
  entry.set(rest, 1);
  return entry;
}
