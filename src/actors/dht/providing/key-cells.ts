/**
 * What is held in memory of the keys that are provided: for each of 4096 equal cells of the key space how many there are, how
 * many were never provided, and when the oldest was. That is 80 KiB from the first key on, however many there are; the rest
 * stays in the store until its region is due.
 */
import { regionAround, type Region } from './region-space.js';

const CELL_BITS = 12;

/** Cells of the key space. */
export const CELLS = 2 ** CELL_BITS;

/** What was found in a cell by reading all of it. */
export interface CellCount {
  /** The cell's version when reading began. */
  readonly version: number;
  readonly keys: number;
  /** Of them, those never provided. */
  readonly fresh: number;
  /** Of those, how many have been provided since. */
  readonly provided: number;
  /** Of the others, the oldest, in milliseconds of the sweep's clock; infinite where there is none. */
  readonly oldestMs: number;
}

/** The cell of a head. */
export function cellOf(head: number): number {
  return Math.floor(head / 2 ** (32 - CELL_BITS));
}

/** The region that a cell is. */
export function regionOf(cell: number): Region {
  return regionAround(cell * 2 ** (32 - CELL_BITS), CELL_BITS);
}

/** The first cell of a region, and the one behind its last. */
export function cellsOf({ start, length }: Region): readonly [first: number, end: number] {
  const first = cellOf(start);
  return [first, first + Math.max(1, CELLS / 2 ** length)];
}

/** The figures of all cells. */
class Figures {
  readonly keys = new Uint32Array(CELLS);
  readonly fresh = new Uint32Array(CELLS);
  readonly oldestMs = new Float64Array(CELLS).fill(Infinity);
  /** Counts changes, so that who has read a cell knows whether it is still so. */
  readonly versions = new Uint32Array(CELLS);
}

/** Counts of keys, by cell. */
export class KeyCells {
  /** Absent before the first key: most nodes of a process provide nothing. */
  #figures: Figures | undefined;
  #total = 0;
  #totalFresh = 0;

  /** Keys in all. */
  get total(): number {
    return this.#total;
  }

  /** Keys that were never provided. */
  get totalFresh(): number {
    return this.#totalFresh;
  }

  keys(cell: number): number {
    return this.#figures?.keys[cell] ?? 0;
  }

  fresh(cell: number): number {
    return this.#figures?.fresh[cell] ?? 0;
  }

  /** When the oldest key that was provided was; infinite where none was. */
  oldestMs(cell: number): number {
    return this.#figures?.oldestMs[cell] ?? Infinity;
  }

  version(cell: number): number {
    return this.#figures?.versions[cell] ?? 0;
  }

  /** A key came; `providedAtMs` is absent for one that was never provided. */
  add(cell: number, providedAtMs?: number): void {
    this.#touch(cell);
    this.#set(cell, this.keys(cell) + 1, this.fresh(cell) + (providedAtMs === undefined ? 1 : 0));
    if (providedAtMs !== undefined) this.#written.oldestMs[cell] = Math.min(this.oldestMs(cell), providedAtMs);
  }

  remove(cell: number, wasFresh: boolean): void {
    this.#touch(cell);
    this.#set(cell, this.keys(cell) - 1, this.fresh(cell) - (wasFresh ? 1 : 0));
    if (this.keys(cell) === this.fresh(cell)) this.#written.oldestMs[cell] = Infinity;
  }

  /** A cell was read and provided: as it was found, or, where it has changed meanwhile, without those provided. */
  settle(cell: number, { version, keys, fresh, provided, oldestMs }: CellCount): void {
    if (version === this.version(cell)) this.#set(cell, keys, fresh - provided);
    else this.#set(cell, this.keys(cell), this.fresh(cell) - provided);
    this.#written.oldestMs[cell] = oldestMs;
  }

  #touch(cell: number): void {
    this.#written.versions[cell] = this.version(cell) + 1;
  }

  #set(cell: number, keys: number, fresh: number): void {
    const [nowKeys, nowFresh] = [Math.max(0, keys), Math.max(0, fresh)];
    this.#total += nowKeys - this.keys(cell);
    this.#totalFresh += nowFresh - this.fresh(cell);
    const figures = this.#written;
    figures.keys[cell] = nowKeys;
    figures.fresh[cell] = nowFresh;
  }

  get #written(): Figures {
    return (this.#figures ??= new Figures());
  }
}
