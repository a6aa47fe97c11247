/**
 * Stores in memory: the simulated twins of the Level stores. They can be made to fail and to be full, so that what a
 * broken disk does to the engine can be tried without one.
 */
import { CID } from 'multiformats/cid';
import { decode } from 'multiformats/hashes/digest';
import { EngineError } from '../errors.js';
import type { BlockStore, DataStore, StoredBlock } from '../ports.js';

const RAW = 0x55;
/** Identity multihashes may be as long as a block: too many for the arguments of one call. */
const LONGEST_KEY = 128;

/** How large a store may grow. */
export interface MemoryStoreOptions {
  /** Bytes of values the store holds before it is full; unlimited by default. */
  readonly capacityBytes?: number | undefined;
}

/** What fails while a failure is set. */
export type FailingOperations = 'reads' | 'writes' | 'all';

/** What both stores share: values by text key, room, and failing on demand. */
class MemoryTable {
  readonly values = new Map<string, Uint8Array>();
  #capacityBytes: number;
  #usedBytes = 0;
  #failure: { readonly error: unknown; readonly operations: FailingOperations } | undefined;
  #closed = false;

  constructor({ capacityBytes = Infinity }: MemoryStoreOptions) {
    this.#capacityBytes = capacityBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  failWith(error: unknown, operations: FailingOperations): void {
    this.#failure = error === undefined ? undefined : { error, operations };
  }

  setCapacity(capacityBytes: number): void {
    this.#capacityBytes = capacityBytes;
  }

  close(): void {
    this.#closed = true;
  }

  /** Runs one operation as a store would: later, and failing when it must. */
  async run<Result>(kind: 'reads' | 'writes', operation: () => Result): Promise<Result> {
    if (this.#closed) throw failed('the store is closed');
    await Promise.resolve();
    const failure = this.#failure;
    if (failure !== undefined && (failure.operations === 'all' || failure.operations === kind)) {
      throw failed(`the store fails ${kind}`, failure.error);
    }
    return operation();
  }

  /** Puts all entries or none; what is there already under the same key is replaced. */
  putAll(entries: ReadonlyMap<string, Uint8Array>): void {
    let added = 0;
    for (const [key, value] of entries) added += value.length - (this.values.get(key)?.length ?? 0);
    if (this.#usedBytes + added > this.#capacityBytes) throw failed(`the store is full (${this.#capacityBytes} bytes)`);
    this.#usedBytes += added;
    for (const [key, value] of entries) this.values.set(key, kept(value));
  }

  delete(key: string): void {
    this.#usedBytes -= this.values.get(key)?.length ?? 0;
    this.values.delete(key);
  }
}

/** Blocks in memory. */
export class MemoryBlockStore implements BlockStore {
  readonly #table: MemoryTable;
  readonly #multihashes = new Map<string, Uint8Array>();

  constructor(options: MemoryStoreOptions = {}) {
    this.#table = new MemoryTable(options);
  }

  /** Blocks in the store. */
  get size(): number {
    return this.#table.values.size;
  }

  /** Bytes of all blocks together. */
  get usedBytes(): number {
    return this.#table.usedBytes;
  }

  /** Makes operations reject with `ERR_STORE_FAILED` and `error` as the cause, until called with `undefined`. */
  failWith(error: unknown, operations: FailingOperations = 'all'): void {
    this.#table.failWith(error, operations);
  }

  /** Changes how many bytes of values there is room for; what is stored stays. */
  setCapacity(capacityBytes: number): void {
    this.#table.setCapacity(capacityBytes);
  }

  has(cid: CID): Promise<boolean> {
    return this.#table.run('reads', () => this.#table.values.has(keyOf(cid)));
  }

  get(cid: CID): Promise<Uint8Array | undefined> {
    return this.#table.run('reads', () => this.#table.values.get(keyOf(cid)));
  }

  getMany(cids: readonly CID[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#table.run('reads', () => cids.map((cid) => this.#table.values.get(keyOf(cid))));
  }

  putMany(blocks: readonly StoredBlock[]): Promise<void> {
    return this.#table.run('writes', () => {
      this.#table.putAll(new Map(blocks.map(({ cid, bytes }) => [keyOf(cid), bytes])));
      for (const { cid } of blocks) this.#multihashes.set(keyOf(cid), kept(cid.multihash.bytes));
    });
  }

  delete(cid: CID): Promise<void> {
    return this.#table.run('writes', () => {
      this.#table.delete(keyOf(cid));
      this.#multihashes.delete(keyOf(cid));
    });
  }

  async *cids(): AsyncIterable<CID> {
    const multihashes = await this.#table.run('reads', () => [...this.#multihashes.values()]);
    for (const multihash of multihashes) yield CID.createV1(RAW, decode(multihash));
  }

  close(): Promise<void> {
    this.#table.close();
    return Promise.resolve();
  }
}

/** Small values in memory. */
export class MemoryDataStore implements DataStore {
  readonly #table: MemoryTable;

  constructor(options: MemoryStoreOptions = {}) {
    this.#table = new MemoryTable(options);
  }

  /** Makes operations reject with `ERR_STORE_FAILED` and `error` as the cause, until called with `undefined`. */
  failWith(error: unknown, operations: FailingOperations = 'all'): void {
    this.#table.failWith(error, operations);
  }

  /** Changes how many bytes of values there is room for; what is stored stays. */
  setCapacity(capacityBytes: number): void {
    this.#table.setCapacity(capacityBytes);
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#table.run('reads', () => this.#table.values.get(key));
  }

  put(key: string, value: Uint8Array): Promise<void> {
    return this.#table.run('writes', () => this.#table.putAll(new Map([[key, value]])));
  }

  putMany(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void> {
    return this.#table.run('writes', () => this.#table.putAll(new Map(entries)));
  }

  delete(key: string): Promise<void> {
    return this.#table.run('writes', () => this.#table.delete(key));
  }

  async *query(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    const entries = await this.#table.run('reads', () =>
      [...this.#table.values]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([left], [right]) => (left < right ? -1 : 1)),
    );
    yield* entries;
  }

  close(): Promise<void> {
    this.#table.close();
    return Promise.resolve();
  }
}

/** A view into a larger buffer would keep all of it alive, so such a one is copied. */
function kept(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}

function keyOf(cid: CID): string {
  const { bytes } = cid.multihash;
  if (bytes.length > LONGEST_KEY) return bytes.join();
  const units = new Array<number>((bytes.length + 1) >> 1);
  for (let at = 0; at < units.length; at++) units[at] = (bytes[2 * at] ?? 0) | ((bytes[2 * at + 1] ?? 0) << 8);
  return String.fromCharCode(...units);
}

function failed(message: string, cause?: unknown): EngineError {
  return new EngineError('ERR_STORE_FAILED', 'local', message, { cause });
}
