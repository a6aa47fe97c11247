/** The keys of a region that are provided now, page by page: those of the cells that nobody else is at. */
import { cellOf, cellsOf, regionOf, type KeyCells } from './key-cells.js';
import type { ProvidedKey, ProvidedKeys } from './provided-keys.js';
import { headOf, type Region } from './region-space.js';
import type { SweepTable } from './sweep-table.js';

/** What was seen of a cell while it was read. */
interface SeenCell {
  readonly cell: number;
  readonly version: number;
  keys: number;
  fresh: number;
  provided: number;
  oldestMs: number;
}

/** Some keys that are provided together. */
export interface KeyPage {
  readonly keys: readonly ProvidedKey[];
  /** Cells that this page has the last keys of. */
  readonly finished: readonly SeenCell[];
}

/** What pages are read from. */
export interface KeyPagesOptions {
  readonly keys: ProvidedKeys;
  readonly table: SweepTable;
  /** Whose claim the region is. */
  readonly owner: object;
  readonly pageKeys: number;
}

/** Reads the keys of one region once, in order of their points; holds one page at a time. */
export class KeyPages {
  readonly #options: KeyPagesOptions;
  readonly #cells: KeyCells;
  readonly #source: AsyncGenerator<ProvidedKey, void, undefined>;
  readonly #seen = new Map<number, SeenCell>();
  #finished: SeenCell[] = [];

  constructor(region: Region, options: KeyPagesOptions) {
    this.#options = options;
    this.#cells = options.keys.cells;
    this.#source = this.#taken(region);
  }

  /** The next page; one without keys is the last. Rejects with `ERR_STORE_FAILED`. */
  async next(): Promise<KeyPage> {
    const keys: ProvidedKey[] = [];
    while (keys.length < this.#options.pageKeys) {
      const { done, value } = await this.#source.next();
      if (done === true) break;
      keys.push(value);
    }
    const finished = this.#finished;
    this.#finished = [];
    return { keys, finished };
  }

  /** A page is done with: `provided` of its keys were, the others stay due. */
  settle({ keys, finished }: KeyPage, provided: ReadonlySet<ProvidedKey>): void {
    const nowMs = this.#options.keys.clock.nowMs;
    for (const key of keys) {
      const seen = this.#seen.get(cellOf(headOf(key.point)));
      if (seen === undefined) continue;
      if (!provided.has(key)) this.#keep(seen, key);
      else {
        seen.oldestMs = Math.min(seen.oldestMs, nowMs);
        if (key.providedAtMs === 0) seen.provided++;
      }
    }
    for (const seen of finished) {
      this.#cells.settle(seen.cell, seen);
      this.#seen.delete(seen.cell);
    }
  }

  /** Closes what is open at the store. */
  async close(): Promise<void> {
    await this.#source.return();
  }

  async *#taken(region: Region): AsyncGenerator<ProvidedKey, void, undefined> {
    const { keys, table, owner } = this.#options;
    const [first, end] = cellsOf(region);
    for (let cell = first; cell < end; cell++) {
      if (!table.hasTaken(cell, keys.clock.nowMs) || !table.isFree(cell, owner)) continue;
      const version = this.#cells.version(cell);
      const seen: SeenCell = { cell, version, keys: 0, fresh: 0, provided: 0, oldestMs: Infinity };
      this.#seen.set(cell, seen);
      for await (const key of keys.keysIn(regionOf(cell))) {
        seen.keys++;
        if (key.providedAtMs === 0) seen.fresh++;
        if (table.isTaken(cell, this.#timeOf(key), keys.clock.nowMs)) yield key;
        else this.#keep(seen, key);
      }
      this.#finished.push(seen);
    }
  }

  #keep(seen: SeenCell, key: ProvidedKey): void {
    if (key.providedAtMs > 0) seen.oldestMs = Math.min(seen.oldestMs, this.#timeOf(key));
  }

  #timeOf({ providedAtMs }: ProvidedKey): number {
    return providedAtMs === 0 ? -Infinity : this.#options.keys.clock.fromWallMs(providedAtMs);
  }
}
