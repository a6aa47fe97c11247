/**
 * Verified blocks on their way into the store: one batch at a time, and what comes meanwhile is the next batch. While
 * too much waits, the streams that bring blocks get no credit.
 */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';
import type { BlockStore, StoredBlock } from '../../ports.js';
import type { TurnQueue } from '../turn-queue.js';

/** Who asked for a block and must hear what the store said. */
export interface BlockOwner {
  blocksStored(count: number): void;
  storeFailed(error: EngineError): void;
}

interface Entry {
  readonly block: StoredBlock;
  readonly owners: Iterable<BlockOwner>;
}

/** Writes blocks in batches. */
export class BlockWriter {
  readonly #store: BlockStore;
  readonly #turns: TurnQueue;
  readonly #limits: Limits;
  readonly #onStored: (blocks: readonly StoredBlock[]) => void;
  #waiting: Entry[] = [];
  #backlogBytes = 0;
  #writing = false;
  #roomWanted: (() => void)[] = [];

  /** `onStored` hears, in a turn, of each batch that is in the store. */
  constructor(store: BlockStore, turns: TurnQueue, limits: Limits, onStored: (blocks: readonly StoredBlock[]) => void) {
    this.#store = store;
    this.#turns = turns;
    this.#limits = limits;
    this.#onStored = onStored;
  }

  /** Bytes that are not in the store yet. */
  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  /** Whether more waits than should. */
  get congested(): boolean {
    return this.#backlogBytes >= this.#limits.bitswapStoreBacklogBytes;
  }

  /** Calls back, in a turn, when it is not congested any more. */
  whenRoom(resume: () => void): void {
    this.#roomWanted.push(resume);
  }

  /** Queues a block; its owners hear of it later, in a turn. */
  add(block: StoredBlock, owners: Iterable<BlockOwner>): void {
    this.#waiting.push({ block, owners });
    this.#backlogBytes += block.bytes.length;
    // At the end of the turn, so that all blocks that came in it make one batch.
    if (!this.#writing) this.#turns.flushLater('publish', this.#write);
  }

  readonly #write = (): void => {
    if (this.#writing || this.#waiting.length === 0) return;
    this.#writing = true;
    const batch = this.#takeBatch();
    const blocks = batch.map((entry) => entry.block);
    const settle = (error: EngineError | undefined): void => this.#turns.post(() => this.#settle(batch, blocks, error));
    put(this.#store, blocks).then(
      () => settle(undefined),
      (thrown: unknown) => settle(storeError(thrown)),
    );
  };

  #takeBatch(): Entry[] {
    let count = 0;
    let bytes = 0;
    for (const { block } of this.#waiting) {
      bytes += block.bytes.length;
      if (count > 0 && bytes > this.#limits.bitswapStoreBatchBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  #settle(batch: readonly Entry[], blocks: readonly StoredBlock[], error: EngineError | undefined): void {
    this.#writing = false;
    for (const { block, owners } of batch) {
      this.#backlogBytes -= block.bytes.length;
      for (const owner of owners) {
        if (error === undefined) owner.blocksStored(1);
        else owner.storeFailed(error);
      }
    }
    if (error === undefined) this.#onStored(blocks);
    if (!this.congested) {
      const resumes = this.#roomWanted;
      this.#roomWanted = [];
      for (const resume of resumes) resume();
    }
    this.#write();
  }
}

/** A store that throws instead of rejecting is the same to us. */
async function put(store: BlockStore, blocks: readonly StoredBlock[]): Promise<void> {
  await store.putMany(blocks);
}

function storeError(thrown: unknown): EngineError {
  if (thrown instanceof EngineError && thrown.code === 'ERR_STORE_FAILED') return thrown;
  return new EngineError('ERR_STORE_FAILED', 'local', `the block store did not take a batch: ${String(thrown)}`, {
    cause: thrown,
  });
}
