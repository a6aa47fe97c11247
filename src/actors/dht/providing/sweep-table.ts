/**
 * Which region is provided next. Every cell of the key space has a time of its own in the interval, in the order of its XOR
 * distance from this node, so that neighbours come one after another, the work is spread evenly, and nodes differ. The time
 * follows from wall time alone: a restart changes nothing.
 */
import type { Limits } from '../../../limits.js';
import { xor } from './coverage.js';
import { cellOf, CELLS, cellsOf, regionOf, type KeyCells } from './key-cells.js';
import { EVERYWHERE, holds, regionAround, type Region } from './region-space.js';

/** What is picked. */
export type Picked =
  /** A region around a cell, with how many keys of it go now. */
  | { readonly type: 'region'; readonly cell: number; readonly claim: Region; readonly keys: number }
  /** Nothing is due before this time of the sweep's clock. */
  | { readonly type: 'wait'; readonly untilMs: number }
  /** Nothing is due before something else happens. */
  | { readonly type: 'nothing' };

/** Of the interval: what is due so soon goes with its region, so that a region is explored once. */
const EARLY_PART = 1 / 16;
/** How much the latest exploration counts for the length that regions are expected to have. */
const LATEST = 0.25;

/** Bounds of the table. */
export type SweepLimits = Pick<Limits, 'provideIntervalMs' | 'provideBackoffBaseMs' | 'provideBackoffMaxMs'>;

/** Failures in a row of each cell, and until when it is left alone. */
class Failures {
  readonly counts = new Uint8Array(CELLS);
  readonly notBeforeMs = new Float64Array(CELLS);
}

/** Times, claims and failures of the regions; 36 KiB once one has failed. */
export class SweepTable {
  readonly #cells: KeyCells;
  readonly #limits: SweepLimits;
  readonly #selfCell: number;
  #failures: Failures | undefined;
  readonly #claims = new Map<object, Region>();
  /** Bits that regions had lately; unknown before the first was explored. */
  #length: number | undefined;

  /** `selfHead`: the head of this node's own place. */
  constructor(cells: KeyCells, limits: SweepLimits, selfHead: number) {
    this.#cells = cells;
    this.#limits = limits;
    this.#selfCell = cellOf(selfHead);
  }

  /** When a key is due that was provided at a time; both in milliseconds of the sweep's clock. */
  dueAtMs(cell: number, providedAtMs: number): number {
    if (providedAtMs === -Infinity) return -Infinity;
    const { provideIntervalMs: intervalMs } = this.#limits;
    const phaseMs = (xor(cell, this.#selfCell) / CELLS) * intervalMs;
    const rounds = Math.floor((providedAtMs + this.#earlyMs - phaseMs) / intervalMs) + 1;
    return phaseMs + rounds * intervalMs;
  }

  /** Whether a key goes with its region now. */
  isTaken(cell: number, providedAtMs: number, nowMs: number): boolean {
    return this.dueAtMs(cell, providedAtMs) <= nowMs + this.#earlyMs;
  }

  /** Whether a cell has keys that go with their region now. */
  hasTaken(cell: number, nowMs: number): boolean {
    const { keys, fresh } = this.#look(cell);
    if (keys === 0) return false;
    return fresh > 0 || (keys > fresh && this.isTaken(cell, this.#cells.oldestMs(cell), nowMs));
  }

  /** The region that is due first: new keys before old ones, unless these are late already. */
  pick(nowMs: number): Picked {
    let [best, bestMs, untilMs] = [-1, Infinity, Infinity];
    for (let cell = 0; cell < CELLS; cell++) {
      const dueMs = this.#rankMs(cell, nowMs);
      if (dueMs === Infinity || this.#isClaimed(cell)) continue;
      const notBeforeMs = this.#failures?.notBeforeMs[cell] ?? 0;
      if (dueMs > nowMs || notBeforeMs > nowMs) untilMs = Math.min(untilMs, Math.max(dueMs, notBeforeMs));
      else if (dueMs < bestMs) [best, bestMs] = [cell, dueMs];
    }
    if (best < 0) return untilMs === Infinity ? { type: 'nothing' } : { type: 'wait', untilMs };
    const claim = this.#expectedAround(best);
    return { type: 'region', cell: best, claim, keys: this.#takenIn(claim, nowMs) };
  }

  /** Whether a cell is in no claim that was made before `owner`'s. */
  isFree(cell: number, owner: object): boolean {
    const { start } = regionOf(cell);
    for (const [other, claim] of this.#claims) {
      if (other === owner) return true;
      if (holds(claim, start)) return false;
    }
    return true;
  }

  /** No cell of a region is picked, nor taken by who claims it later, until `owner` releases it. */
  claim(owner: object, region: Region): void {
    this.#claims.set(owner, region);
  }

  /** What `owner` has claimed turned out to be this region. */
  narrow(owner: object, region: Region): void {
    this.#claims.set(owner, region);
    this.learn(region.length);
  }

  /** A lookup or an exploration has shown how long regions are. */
  learn(length: number): void {
    this.#length = this.#length === undefined ? length : this.#length + LATEST * (length - this.#length);
  }

  /** `owner` is done with its region. */
  release(owner: object): void {
    this.#claims.delete(owner);
  }

  /** A region failed: it is left alone for a time that doubles. Answers when it may be tried again. */
  failed(region: Region, nowMs: number): number {
    const { provideBackoffBaseMs, provideBackoffMaxMs } = this.#limits;
    const [first, end] = cellsOf(region);
    const { counts, notBeforeMs } = (this.#failures ??= new Failures());
    let latestMs = nowMs;
    for (let cell = first; cell < end; cell++) {
      const failures = counts[cell] ?? 0;
      const untilMs = nowMs + Math.min(provideBackoffMaxMs, provideBackoffBaseMs * 2 ** failures);
      counts[cell] = Math.min(32, failures + 1);
      notBeforeMs[cell] = untilMs;
      latestMs = Math.max(latestMs, untilMs);
    }
    return latestMs;
  }

  /** A region was provided. */
  succeeded(region: Region): void {
    const [first, end] = cellsOf(region);
    this.#failures?.counts.fill(0, first, end);
    this.#failures?.notBeforeMs.fill(0, first, end);
  }

  /** The network has changed: what failed in the old one may be tried again at once. */
  forgetFailures(): void {
    this.succeeded(EVERYWHERE);
  }

  get #earlyMs(): number {
    return this.#limits.provideIntervalMs * EARLY_PART;
  }

  #look(cell: number): { readonly keys: number; readonly fresh: number } {
    return { keys: this.#cells.keys(cell), fresh: this.#cells.fresh(cell) };
  }

  /** When a cell is due, new keys as if they had been due just before what may still wait. */
  #rankMs(cell: number, nowMs: number): number {
    const { keys, fresh } = this.#look(cell);
    if (keys === 0) return Infinity;
    const dueMs = keys > fresh ? this.dueAtMs(cell, this.#cells.oldestMs(cell)) : Infinity;
    return fresh > 0 ? Math.min(dueMs, nowMs - this.#earlyMs) : dueMs;
  }

  #isClaimed(cell: number): boolean {
    if (this.#claims.size === 0) return false;
    const { start } = regionOf(cell);
    for (const claim of this.#claims.values()) if (holds(claim, start)) return true;
    return false;
  }

  /** A little more than the region around a cell is expected to be, so that two are not explored at once. */
  #expectedAround(cell: number): Region {
    const { start, length } = regionOf(cell);
    return regionAround(start, Math.max(0, Math.min(length, Math.floor(this.#length ?? 0) - 1)));
  }

  #takenIn(region: Region, nowMs: number): number {
    const [first, end] = cellsOf(region);
    let count = 0;
    for (let cell = first; cell < end; cell++) {
      const { keys, fresh } = this.#look(cell);
      if (keys === 0) continue;
      count +=
        this.hasTaken(cell, nowMs) && keys > fresh && this.isTaken(cell, this.#cells.oldestMs(cell), nowMs)
          ? keys
          : fresh;
    }
    return count;
  }
}
