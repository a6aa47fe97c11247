/** The stores of a repo on Level (LevelDB): blocks, and small values by text key. */
import { join } from 'node:path';
import { Level } from 'level';
import type { DataStore } from '../ports.js';
import { endOfBodies, LevelBlockStore } from './level-block-store.js';
import { LevelBodies } from './level-bodies.js';
import { attempt, BYTE_KEYS, closed, plain, sublevelOf, TEXT_KEYS } from './level-database.js';
import type { Database, Sublevel } from './level-database.js';

export { LevelBlockStore } from './level-block-store.js';

/** Both stores of one folder. It closes when both of them are closed. */
export interface LevelStores {
  readonly blocks: LevelBlockStore;
  readonly data: LevelDataStore;
}

/**
 * Opens the stores in the folder `location`, made when it is not there: `main` has the data and the index of blocks and is
 * the one whose lock counts, `bodies` has the bytes of larger blocks. Rejects with Level's own error.
 */
export async function openLevelStores(location: string): Promise<LevelStores> {
  const main: Database = new Level(join(location, 'main'), { ...BYTE_KEYS, compression: false, maxOpenFiles: 64 });
  await main.open();
  try {
    return levelStoresOn(main, await LevelBodies.open(join(location, 'bodies'), await endOfBodies(main)));
  } catch (error) {
    await main.close();
    throw error;
  }
}

/** The stores on an open database and the bodies that belong to it, which are theirs from now on. */
export function levelStoresOn(main: Database, bodies: LevelBodies): LevelStores {
  let open = 2;
  const release = async (): Promise<void> => {
    open--;
    if (open > 0) return;
    await attempt('close', async () => {
      await bodies.close();
      await main.close();
    });
  };
  return { blocks: new LevelBlockStore(main, bodies, release), data: new LevelDataStore(main, release) };
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

  putMany(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void> {
    return this.#run('put', () =>
      this.#values.batch(entries.map(([key, value]) => ({ type: 'put' as const, key, value }))),
    );
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
