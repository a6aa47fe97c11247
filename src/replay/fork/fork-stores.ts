/**
 * Stores and names of a fork. What was asked in the recording too is answered as it was there, whatever its number now;
 * anything else from what is known to be stored: what the node put, and what it was told before.
 */
import type { CID } from 'multiformats/cid';
import type { BlockStore, DataStore, Resolver, StoredBlock } from '../../ports.js';
import { MemoryBlockStore, MemoryDataStore } from '../../sim/memory-store.js';
import type { Trace } from '../../trace/format.js';
import { decodeValue, encodeValue } from '../../trace/values.js';
import { LeftTheTrace } from '../replay-ports.js';
import { Occurrences } from './occurrences.js';

interface Asked {
  /** Number of the operation in the recording. */
  readonly told: number | undefined;
  resolve(value: unknown): void;
  reject(thrown: Error): void;
  /** What a store of one's own would answer. */
  readonly answer: () => Promise<unknown>;
  /** Learns what the recording answers. */
  readonly learn: (value: unknown) => void;
}

/** Stores that answer when they are fed. */
export class ForkStores {
  readonly #told: Occurrences;
  readonly #asked = new Set<Asked>();
  readonly #byTold = new Map<number, Asked>();
  readonly #settled = new Set<number>();
  readonly #blocks = new MemoryBlockStore();
  readonly #data = new MemoryDataStore();

  constructor({ records }: Trace) {
    this.#told = new Occurrences();
    for (const { name, actor, data } of records) {
      const { operation, method, arguments: args } = data;
      if (name === 'async:settled') this.#settled.add(Number(operation));
      if (name !== 'async:called') continue;
      this.#told.tell(keyOf(actor.slice(actor.lastIndexOf('/') + 1), String(method), args), Number(operation));
    }
  }

  /** Feeds one `async:settled` record. */
  settle(data: Readonly<Record<string, unknown>>): void {
    const operation = Number(data['operation']);
    const asked = this.#byTold.get(operation);
    if (asked === undefined) throw new LeftTheTrace(`operation ${operation} is answered, which was not asked`);
    this.#byTold.delete(operation);
    this.#asked.delete(asked);
    if ('error' in data) {
      asked.reject(decodeValue(data['error']) as Error);
      return;
    }
    const value = decodeValue(data['value']);
    asked.learn(value);
    asked.resolve(value);
  }

  /** Answers the first operation that the recording says nothing of; answers whether there was one. */
  settleUntold(): boolean {
    for (const asked of this.#asked) {
      if (asked.told !== undefined && this.#settled.has(asked.told)) continue;
      this.#asked.delete(asked);
      asked.answer().then(
        (value) => asked.resolve(value),
        (thrown: unknown) => asked.reject(thrown as Error),
      );
      return true;
    }
    return false;
  }

  get blocks(): BlockStore {
    const store = this.#blocks;
    const put = (blocks: readonly StoredBlock[]): void => void store.putMany(blocks);
    const learn = (cid: CID, bytes: unknown): void => {
      if (bytes instanceof Uint8Array) put([{ cid, bytes }]);
    };
    return {
      has: (cid) => this.#ask('blocks', 'has', [cid], () => store.has(cid)),
      get: (cid) =>
        this.#ask(
          'blocks',
          'get',
          [cid],
          () => store.get(cid),
          (bytes) => learn(cid, bytes),
        ),
      getMany: (cids) =>
        this.#ask(
          'blocks',
          'getMany',
          [cids],
          () => store.getMany(cids),
          (all) =>
            (all as readonly unknown[]).forEach((bytes, index) => {
              const cid = cids[index];
              if (cid !== undefined) learn(cid, bytes);
            }),
        ),
      putMany: (blocks) =>
        this.#ask(
          'blocks',
          'putMany',
          [blocks],
          () => store.putMany(blocks),
          () => put(blocks),
        ),
      delete: (cid) =>
        this.#ask(
          'blocks',
          'delete',
          [cid],
          () => store.delete(cid),
          () => void store.delete(cid),
        ),
      cids: () => this.#iterate('blocks', 'cids', [], () => store.cids()),
      close: () => this.#ask('blocks', 'close', [], () => Promise.resolve()),
    };
  }

  get data(): DataStore {
    const store = this.#data;
    const learn = (key: string, value: unknown): void => {
      if (value instanceof Uint8Array) void store.put(key, value);
    };
    return {
      get: (key) =>
        this.#ask(
          'data',
          'get',
          [key],
          () => store.get(key),
          (value) => learn(key, value),
        ),
      put: (key, value) =>
        this.#ask(
          'data',
          'put',
          [key, value],
          () => store.put(key, value),
          () => learn(key, value),
        ),
      delete: (key) =>
        this.#ask(
          'data',
          'delete',
          [key],
          () => store.delete(key),
          () => void store.delete(key),
        ),
      query: (prefix) => this.#iterate('data', 'query', [prefix], () => store.query(prefix)),
      close: () => this.#ask('data', 'close', [], () => Promise.resolve()),
    };
  }

  get resolver(): Resolver {
    const unknown = (name: string) => () => Promise.reject(new Error(`the recording did not ask for ${name}`));
    return {
      resolveTxt: (name) => this.#ask('resolver', 'resolveTxt', [name], unknown(name)),
      resolve4: (name) => this.#ask('resolver', 'resolve4', [name], unknown(name)),
      resolve6: (name) => this.#ask('resolver', 'resolve6', [name], unknown(name)),
    };
  }

  #ask<T>(
    port: string,
    method: string,
    args: readonly unknown[],
    answer: () => Promise<unknown>,
    learn: (value: unknown) => void = () => undefined,
  ): Promise<T> {
    const told = this.#told.take(keyOf(port, method, encodeValue(args, undefined, true)));
    return new Promise((resolve, reject) => {
      const asked: Asked = { told, resolve: (value) => resolve(value as T), reject, answer, learn };
      this.#asked.add(asked);
      if (told !== undefined) this.#byTold.set(told, asked);
    });
  }

  /** What the recording has given out already is passed over. */
  #iterate<T>(port: string, method: string, args: readonly unknown[], items: () => AsyncIterable<T>): AsyncIterable<T> {
    const next = (): (() => Promise<IteratorResult<T>>) => {
      let given = 0;
      let iterator: AsyncIterator<T> | undefined;
      const answer = async (): Promise<unknown> => {
        iterator ??= items()[Symbol.asyncIterator]();
        for (; given > 0; given--) await iterator.next();
        return iterator.next();
      };
      return () =>
        this.#ask(port, method, args, answer, () => {
          given++;
        });
    };
    return { [Symbol.asyncIterator]: () => ({ next: next() }) };
  }
}

function keyOf(port: string, method: string, args: unknown): string {
  return `${port} ${method} ${JSON.stringify(args)}`;
}
