/**
 * The stores of a simulated node: what is stored outlives the node, answers come in the world's time and order, and a
 * store can be made to fail, to be full and to be slow.
 */
import type { CID } from 'multiformats/cid';
import type { BlockStore, DataStore, StoredBlock } from '../../ports.js';
import type { MemoryBlockStore, MemoryDataStore } from '../memory-store.js';
import { type FailingOperations } from '../memory-store.js';
import type { NodePort } from './node-port.js';

/** Faults of a store, and how long it takes. */
export class StoreConditions {
  /** Time until an operation is done, in milliseconds. */
  latencyMs: number;
  readonly #port: NodePort;
  readonly #disks: readonly (MemoryBlockStore | MemoryDataStore)[];

  constructor(port: NodePort, disks: readonly (MemoryBlockStore | MemoryDataStore)[], latencyMs: number) {
    this.#port = port;
    this.#disks = disks;
    this.latencyMs = latencyMs;
  }

  /** Operations reject with `ERR_STORE_FAILED` and this cause, until called with `undefined`. */
  failWith(error: unknown, operations: FailingOperations = 'all'): void {
    for (const disk of this.#disks) disk.failWith(error, operations);
  }

  /** Room for this many bytes: writes beyond it fail. `Infinity` takes the bound away. */
  setCapacity(capacityBytes: number): void {
    for (const disk of this.#disks) disk.setCapacity(capacityBytes);
  }

  /** What asks for operations in the life that begins now: each is done when its time has come, unless the node is dead. */
  newLife(): Answer {
    const lasts = this.#port.lifeGate();
    return (operation) =>
      new Promise((resolve, reject) => {
        if (lasts()) this.#port.runLater(() => void operation().then(resolve, reject), this.latencyMs);
      });
  }
}

/** Does one operation of a store in the world's time. */
type Answer = <Result>(operation: () => Promise<Result>) => Promise<Result>;

/** Blocks of one life of a node, on a disk that outlives it. */
export function simulatedBlocks(disk: MemoryBlockStore, conditions: StoreConditions): BlockStore {
  const answer = conditions.newLife();
  return {
    has: (cid: CID) => answer(() => disk.has(cid)),
    get: (cid: CID) => answer(() => disk.get(cid)),
    getMany: (cids: readonly CID[]) => answer(() => disk.getMany(cids)),
    putMany: (blocks: readonly StoredBlock[]) => answer(() => disk.putMany(blocks)),
    delete: (cid: CID) => answer(() => disk.delete(cid)),
    cids: () => listed(answer, () => disk.cids()),
    close: () => Promise.resolve(),
  };
}

/** Values of one life of a node, on a disk that outlives it. */
export function simulatedData(disk: MemoryDataStore, conditions: StoreConditions): DataStore {
  const answer = conditions.newLife();
  return {
    get: (key) => answer(() => disk.get(key)),
    put: (key, value) => answer(() => disk.put(key, value)),
    delete: (key) => answer(() => disk.delete(key)),
    query: (prefix) => listed(answer, () => disk.query(prefix)),
    close: () => Promise.resolve(),
  };
}

/** A listing is one operation, as a snapshot is. */
async function* listed<Item>(answer: Answer, list: () => AsyncIterable<Item>): AsyncIterable<Item> {
  yield* await answer(async () => {
    const items: Item[] = [];
    for await (const item of list()) items.push(item);
    return items;
  });
}
