/** Both stores of a repo on one Level database (LevelDB): blocks, and small values by text key. */
import { Level } from 'level';
import type { DataStore } from '../ports.js';
import { LevelBlockStore } from './level-block-store.js';
import { attempt, BYTE_KEYS, closed, plain, sublevelOf, TEXT_KEYS } from './level-database.js';
import type { Database, Sublevel } from './level-database.js';

export { LevelBlockStore } from './level-block-store.js';

/** Both stores of one database. It closes when both of them are closed. */
export interface LevelStores {
  readonly blocks: LevelBlockStore;
  readonly data: LevelDataStore;
}

/** Opens the database in the folder `location`, made when it is not there. Rejects with Level's own error. */
export async function openLevelStores(location: string): Promise<LevelStores> {
  const database: Database = new Level(location, {
    ...BYTE_KEYS,
    // Blocks are compressed already, or are hashes.
    compression: false,
    // LevelDB maps open table files into memory: this many of 2 MiB is what a reader of everything holds.
    maxOpenFiles: 64,
  });
  await database.open();
  return levelStoresOn(database);
}

/** The stores on an open database, which is theirs from now on. */
export async function levelStoresOn(database: Database): Promise<LevelStores> {
  let open = 2;
  const release = async (): Promise<void> => {
    open--;
    if (open === 0) await attempt('close', () => database.close());
  };
  return { blocks: await LevelBlockStore.on(database, release), data: new LevelDataStore(database, release) };
}

/** Small values on Level. */
export class LevelDataStore implements DataStore {
  readonly #values: Sublevel<string>;
  readonly #release: () => Promise<void>;
  #closed = false;

  /** Made by {@link openLevelStores}. */
  constructor(database: Database, release: () => Promise<void>) {
    this.#values = sublevelOf<string>(database, 'data', TEXT_KEYS);
    this.#release = release;
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#run('get', async () => plain(await this.#values.get(key)));
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.#run('put', () => this.#values.put(key, value));
  }

  delete(key: string): Promise<void> {
    return this.#run('delete', () => this.#values.del(key));
  }

  async *query(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    const entries = await this.#run('query', () => Promise.resolve(this.#values.iterator({ gte: prefix })));
    try {
      for (;;) {
        const entry = await this.#run('query', () => entries.next());
        if (entry === undefined || !entry[0].startsWith(prefix)) return;
        yield [entry[0], plain(entry[1])];
      }
    } finally {
      await entries.close();
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#release();
  }

  #run<Result>(what: string, operation: () => Promise<Result>): Promise<Result> {
    return this.#closed ? Promise.reject(closed(what)) : attempt(what, operation);
  }
}
