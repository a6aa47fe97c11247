/**
 * The bytes of larger blocks, on a Level database of their own, filed under ascending numbers.
 *
 * LevelDB sorts by key and rewrites what overlaps, level by level. Multihashes are random: filed under them, a gigabyte of
 * blocks is written ten times over. Ascending keys overlap nothing, so their tables are written once and moved; but only
 * while no other key is among them, hence the database of its own. (1 GiB in blocks of 1 MiB, one disk: 60 MiB/s under
 * multihashes, 110 under numbers beside the index, 205 alone.)
 */
import { Level } from 'level';
import { BYTE_KEYS } from './level-database.js';
import type { Database } from './level-database.js';

/** Names of bodies: their numbers as eight bytes, high ones first, so that they sort as numbers. */
export type BodyKey = Uint8Array;

/** Bodies written in one batch: about one table, so that tables stay small and moving them cheap. */
const BATCH_BYTES = 1024 * 1024;
/** A reader of everything must not fill the cache with what it will not see again. */
const PASSING = { ...BYTE_KEYS, fillCache: false };

interface Put {
  readonly type: 'put';
  readonly key: BodyKey;
  readonly value: Uint8Array;
}

/** Bodies of blocks by number. Rejects with Level's own errors. */
export class LevelBodies {
  readonly #database: Database;
  #next: bigint;

  private constructor(database: Database, next: bigint) {
    this.#database = database;
    this.#next = next;
  }

  /**
   * Opens the database in the folder `location`. Bodies from number `end` on were written by someone who did not come to
   * tell of them: they are removed.
   */
  static async open(location: string, end: bigint): Promise<LevelBodies> {
    const database: Database = new Level(location, {
      ...BYTE_KEYS,
      // Blocks are compressed already, or are hashes.
      compression: false,
      // LevelDB maps so many open tables into memory, and cannot be told fewer; small tables keep that small.
      maxOpenFiles: 64,
      writeBufferSize: BATCH_BYTES,
      maxFileSize: BATCH_BYTES,
    });
    return LevelBodies.on(database, end);
  }

  /** The same on a database that is given, open or not. */
  static async on(database: Database, end: bigint): Promise<LevelBodies> {
    await database.open();
    await database.clear({ gte: keyOf(end) });
    return new LevelBodies(database, end);
  }

  /** The number after the last one given out: what the next {@link open} needs to know. */
  get end(): bigint {
    return this.#next;
  }

  /** Writes bodies, and answers their keys in order. */
  async append(bodies: readonly Uint8Array[]): Promise<readonly BodyKey[]> {
    const operations = bodies.map((value): Put => ({ type: 'put', key: keyOf(this.#next++), value }));
    for (let from = 0, to = 0; from < operations.length; from = to) {
      let sizeBytes = 0;
      do sizeBytes += operations[to++]?.value.length ?? 0;
      while (to < operations.length && sizeBytes + (operations[to]?.value.length ?? 0) <= BATCH_BYTES);
      await this.#database.batch(operations.slice(from, to));
    }
    return operations.map(({ key }) => key);
  }

  get(key: BodyKey): Promise<Uint8Array | undefined> {
    return this.#database.get(key, PASSING);
  }

  getMany(keys: readonly BodyKey[]): Promise<readonly (Uint8Array | undefined)[]> {
    return keys.length === 0 ? Promise.resolve([]) : this.#database.getMany([...keys], PASSING);
  }

  hasMany(keys: readonly BodyKey[]): Promise<readonly boolean[]> {
    return keys.length === 0 ? Promise.resolve([]) : this.#database.hasMany([...keys]);
  }

  delete(key: BodyKey): Promise<void> {
    return this.#database.del(key);
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function keyOf(number: bigint): BodyKey {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, number);
  return key;
}
