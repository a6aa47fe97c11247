/** Stores, and names, whose calls are numbered and told, and whose answers come one at a time. */
import type { BlockStore, DataStore, Resolver } from '../../ports.js';
import { toEngineError } from '../../errors.js';
import { encodeValue } from '../values.js';
import type { Recorder } from './recorder.js';

type Call = <T>(port: string, method: string, args: readonly unknown[], run: () => Promise<T>) => Promise<T>;

function recordedResolver(resolver: Resolver, call: Call): Resolver {
  return {
    resolveTxt: (name) => call('resolver', 'resolveTxt', [name], () => resolver.resolveTxt(name)),
    resolve4: (name) => call('resolver', 'resolve4', [name], () => resolver.resolve4(name)),
    resolve6: (name) => call('resolver', 'resolve6', [name], () => resolver.resolve6(name)),
  };
}

/** The ports that answer later. */
export interface AskedPorts {
  readonly blocks: BlockStore;
  readonly data: DataStore;
  readonly resolver?: Resolver | undefined;
}

/** Wraps both stores of a node and its resolver; numbers go through all of them. */
export function recordingStores(recorder: Recorder, stores: AskedPorts): AskedPorts {
  let operations = 0;
  const call = async <T>(port: string, method: string, args: readonly unknown[], run: () => Promise<T>): Promise<T> => {
    const operation = ++operations;
    const actor = port === 'resolver' ? port : `store/${port}`;
    recorder.output('async:called', actor, { operation, method, arguments: encodeValue(args, undefined, true) });
    return new Promise((resolve, reject) => {
      const settle = (data: Readonly<Record<string, unknown>>, end: () => void) =>
        recorder.defer(() => {
          recorder.input('async:settled', actor, { operation, ...data });
          end();
        });
      run().then(
        (value) => settle({ value: encodeValue(value) }, () => resolve(value)),
        (thrown: unknown) =>
          settle({ error: encodeValue(thrown) }, () =>
            reject(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', `the store failed: ${String(thrown)}`)),
          ),
      );
    });
  };
  async function* iterate<T>(port: string, method: string, args: readonly unknown[], items: AsyncIterable<T>) {
    const iterator = items[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await call(port, method, args, () => iterator.next());
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  const { blocks, data, resolver } = stores;
  return {
    ...(resolver === undefined ? {} : { resolver: recordedResolver(resolver, call) }),
    blocks: {
      has: (cid) => call('blocks', 'has', [cid], () => blocks.has(cid)),
      get: (cid) => call('blocks', 'get', [cid], () => blocks.get(cid)),
      getMany: (cids) => call('blocks', 'getMany', [cids], () => blocks.getMany(cids)),
      putMany: (added) => call('blocks', 'putMany', [added], () => blocks.putMany(added)),
      delete: (cid) => call('blocks', 'delete', [cid], () => blocks.delete(cid)),
      cids: () => iterate('blocks', 'cids', [], blocks.cids()),
      close: () => call('blocks', 'close', [], () => blocks.close()),
    },
    data: {
      get: (key) => call('data', 'get', [key], () => data.get(key)),
      put: (key, value) => call('data', 'put', [key, value], () => data.put(key, value)),
      delete: (key) => call('data', 'delete', [key], () => data.delete(key)),
      query: (prefix) => iterate('data', 'query', [prefix], data.query(prefix)),
      close: () => call('data', 'close', [], () => data.close()),
    },
  };
}
