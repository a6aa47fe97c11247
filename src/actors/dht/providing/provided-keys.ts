/**
 * The keys that this node provides, on a data store: one record a key, under the hex of its SHA-256, so that the store's
 * order is that of the key space. Memory holds counts by cell alone (key-cells.ts); keys are read when their region is
 * provided, and what is written is written in batches.
 */
import { Subject, type Observable } from 'rxjs';
import { EngineError, toEngineError } from '../../../errors.js';
import type { DataStore } from '../../../ports.js';
import { toHex } from '../../../wire/hex.js';
import { decodeProvidedRecord, encodeProvidedRecord, type ProvidedRecord } from '../../../wire/provided-key.js';
import type { Environment } from '../../environment.js';
import { cellOf, KeyCells } from './key-cells.js';
import { EVERYWHERE, headOf, type Region } from './region-space.js';
import { SweepClock } from './sweep-clock.js';

/** One key, with its place in the key space. */
export interface ProvidedKey extends ProvidedRecord {
  /** SHA-256 of the key. */
  readonly point: Uint8Array;
}

/** A record that could not be read, or a store that failed; providing goes on. */
export interface ProvidedKeyProblem {
  /** Where it is stored; absent where it is no one record's. */
  readonly record?: string;
  readonly error: EngineError;
}

/** Keeps what is provided. */
export class ProvidedKeys {
  readonly cells = new KeyCells();
  /** Time as records age. */
  readonly clock: SweepClock;
  readonly #environment: Environment;
  readonly #store: DataStore;
  readonly #prefix: string;
  readonly #problems = new Subject<ProvidedKeyProblem>();
  readonly #added = new Subject<number>();
  /** Changes of the store, one after another: what is looked at before a write is still so when it is written. */
  #last: Promise<unknown> = Promise.resolve();
  #reading: Promise<void> | undefined;
  #reported = 0;
  #unreported = 0;

  /** `prefix`: under which keys are stored; a node with two DHTs has two of these. */
  constructor(environment: Environment, store: DataStore, prefix = '/dht/provided/') {
    this.#environment = environment;
    this.#store = store;
    this.#prefix = prefix;
    this.clock = new SweepClock(environment.clock);
  }

  /** Records that are damaged or of a newer version, and failures of the store. */
  get problems$(): Observable<ProvidedKeyProblem> {
    return this.#problems;
  }

  /** How many keys came that were not provided before. Emits inside a turn. */
  get added$(): Observable<number> {
    return this.#added;
  }

  /** Keys that are provided, as far as {@link read} has come. */
  get size(): number {
    return this.cells.total;
  }

  /** Counts what is stored, once; records that cannot be read are left where they are, and told. Never rejects. */
  read(): Promise<void> {
    return (this.#reading ??= this.#inTurn(() => this.#readAll()));
  }

  /**
   * Provides keys (multihashes) from now on; resolves to how many were not provided before, when all are stored.
   * Rejects with `ERR_INVALID_ARGUMENT` for a key of no or too many bytes, `ERR_PROVIDE_FULL` beyond the limit of keys, and
   * `ERR_STORE_FAILED`; what was stored before that stays.
   */
  async add(keys: readonly Uint8Array[]): Promise<number> {
    const { kadKeyBytes, provideBatchKeys } = this.#environment.limits;
    const wrong = keys.find(({ length }) => length === 0 || length > kadKeyBytes);
    if (wrong !== undefined) {
      const message = `a key of ${wrong.length} bytes: it must have 1 to ${kadKeyBytes}`;
      throw new EngineError('ERR_INVALID_ARGUMENT', 'local', message);
    }
    await this.read();
    let added = 0;
    for (let at = 0; at < keys.length; at += provideBatchKeys) {
      const batch = keys.slice(at, at + provideBatchKeys);
      added += await this.#inTurn(() => this.#addBatch(batch));
    }
    return added;
  }

  /** Provides keys no more; resolves to how many were. What others were told lapses by itself. Rejects with `ERR_STORE_FAILED`. */
  async remove(keys: readonly Uint8Array[]): Promise<number> {
    await this.read();
    let removed = 0;
    for (const key of keys) removed += await this.#inTurn(() => this.#removeOne(key));
    return removed;
  }

  /** Whether a key is provided. Rejects with `ERR_STORE_FAILED`. */
  async has(key: Uint8Array): Promise<boolean> {
    return (await this.#readOne(this.#place(key).record)) !== undefined;
  }

  /** The keys of a region, in order of their points. Damaged ones are left out. Throws `ERR_STORE_FAILED`. */
  async *keysIn(region: Region): AsyncGenerator<ProvidedKey, void, undefined> {
    for (const prefix of hexPrefixes(region)) {
      for await (const [record, value] of this.#store.query(this.#prefix + prefix)) {
        const key = this.#decode(record, value);
        if (!(key instanceof EngineError)) yield key;
      }
    }
  }

  /** Writes that keys were provided now; one that was removed meanwhile stays so. Rejects with `ERR_STORE_FAILED`. */
  async stamp(keys: readonly ProvidedKey[]): Promise<void> {
    const { provideBatchKeys } = this.#environment.limits;
    for (let at = 0; at < keys.length; at += provideBatchKeys) {
      const batch = keys.slice(at, at + provideBatchKeys);
      await this.#inTurn(async () => {
        const providedAtMs = this.#environment.clock.wallTime();
        const entries: (readonly [string, Uint8Array])[] = [];
        for (const { key, point } of batch) {
          const record = this.#prefix + toHex(point);
          if ((await this.#store.get(record)) === undefined) continue;
          entries.push([record, encodeProvidedRecord({ key, providedAtMs })]);
        }
        await this.#putAll(entries);
      });
    }
  }

  /** Tells of a problem, if there were not too many. */
  report(error: EngineError, record?: string): void {
    if (this.#reported >= this.#environment.limits.provideReports) {
      this.#unreported++;
      return;
    }
    this.#reported++;
    this.#environment.turns.post(() => this.#problems.next({ ...(record === undefined ? {} : { record }), error }));
  }

  /** Resolves when every change that was asked for is done, or has failed. */
  async idle(): Promise<void> {
    await this.#last;
  }

  // ------------------------------------------------------------ the store

  async #readAll(): Promise<void> {
    try {
      for (const prefix of hexPrefixes(EVERYWHERE)) {
        for await (const [record, value] of this.#store.query(this.#prefix + prefix)) {
          const key = this.#decode(record, value);
          if (key instanceof EngineError) this.report(key, record);
          else this.#count(key);
        }
      }
    } catch (thrown) {
      this.report(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading the keys that are provided'));
    }
    if (this.#unreported > 0) {
      const message = `${this.#unreported} more records of provided keys cannot be read`;
      this.#reported = 0;
      this.report(new EngineError('ERR_PROVIDE_UNREADABLE', 'local', message));
    }
    this.#reported = 0;
    this.#unreported = 0;
  }

  #count({ point, providedAtMs }: ProvidedKey): void {
    const at = providedAtMs === 0 ? undefined : this.clock.fromWallMs(providedAtMs);
    this.cells.add(cellOf(headOf(point)), at);
  }

  async #addBatch(keys: readonly Uint8Array[]): Promise<number> {
    const { providedKeys } = this.#environment.limits;
    const fresh = new Map<string, { readonly value: Uint8Array; readonly cell: number }>();
    let isFull = false;
    for (const key of keys) {
      const { record, point } = this.#place(key);
      if (fresh.has(record) || (await this.#readOne(record)) !== undefined) continue;
      isFull = this.size + fresh.size >= providedKeys;
      if (isFull) break;
      const cell = cellOf(headOf(point));
      fresh.set(record, { value: encodeProvidedRecord({ key, providedAtMs: 0 }), cell });
    }
    await this.#putAll([...fresh].map(([record, { value }]) => [record, value] as const));
    for (const { cell } of fresh.values()) this.cells.add(cell);
    if (fresh.size > 0) this.#environment.turns.post(() => this.#added.next(fresh.size));
    if (isFull) throw new EngineError('ERR_PROVIDE_FULL', 'local', `more than ${providedKeys} keys are provided`);
    return fresh.size;
  }

  async #removeOne(key: Uint8Array): Promise<number> {
    const { record, point } = this.#place(key);
    const known = await this.#readOne(record);
    if (known === undefined) return 0;
    await this.#store.delete(record);
    this.cells.remove(cellOf(headOf(point)), known.providedAtMs === 0);
    return 1;
  }

  async #readOne(record: string): Promise<ProvidedKey | undefined> {
    const value = await this.#store.get(record);
    const key = value === undefined ? undefined : this.#decode(record, value);
    return key instanceof EngineError ? undefined : key;
  }

  async #putAll(entries: readonly (readonly [string, Uint8Array])[]): Promise<void> {
    if (entries.length === 0) return;
    if (this.#store.putMany !== undefined) await this.#store.putMany(entries);
    else for (const [record, value] of entries) await this.#store.put(record, value);
  }

  /** A record that is not stored where its key belongs is damaged, whatever it says. */
  #decode(record: string, value: Uint8Array): ProvidedKey | EngineError {
    try {
      const { key, providedAtMs } = decodeProvidedRecord(value);
      const place = this.#place(key);
      if (place.record !== record) {
        return new EngineError(
          'ERR_PROVIDE_UNREADABLE',
          'local',
          'the record of a provided key is not where it belongs',
        );
      }
      return { key, providedAtMs, point: place.point };
    } catch (thrown) {
      return toEngineError(thrown, 'ERR_PROVIDE_UNREADABLE', 'local', 'the record of a provided key cannot be read');
    }
  }

  #place(key: Uint8Array): { readonly record: string; readonly point: Uint8Array } {
    const point = this.#environment.ciphers.hash('sha256', [key]);
    return { record: this.#prefix + toHex(point), point };
  }

  /** Runs `change` when those before it are done. */
  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The hex prefixes of all points of a region, in order. */
export function hexPrefixes({ start, length }: Region): readonly string[] {
  const digits = Math.ceil(length / 4);
  const first = start / 2 ** (32 - 4 * digits);
  return Array.from({ length: 2 ** (4 * digits - length) }, (_, step) =>
    digits === 0 ? '' : (first + step).toString(16).padStart(digits, '0'),
  );
}
