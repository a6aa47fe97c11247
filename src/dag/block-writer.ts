/**
 * Gathers blocks into batches for a store: one is written while the next fills, and whoever puts waits when both are
 * full. So a store that is slow slows its writer, and two batches are all that is held.
 */
import type { CID } from 'multiformats/cid';
import { LIMITS } from '../limits.js';
import type { Limits } from '../limits.js';
import type { BlockStore, StoredBlock } from '../ports.js';

/** Bounds of a batch. */
export type BatchLimits = Pick<Limits, 'storeBatchBytes' | 'storeBatchBlocks'>;

/** Puts blocks to a store, a batch at a time. */
export class BlockWriter {
  readonly #store: Pick<BlockStore, 'putMany'>;
  readonly #limits: BatchLimits;
  #batch: StoredBlock[] = [];
  #batchBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;
  #blocks = 0;

  constructor(store: Pick<BlockStore, 'putMany'>, limits: BatchLimits = LIMITS) {
    this.#store = store;
    this.#limits = limits;
  }

  /** Blocks put so far, those counted twice that came twice. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Resolves when there is room for the next block. Rejects with what the store rejected an earlier batch with. */
  async put(cid: CID, bytes: Uint8Array): Promise<void> {
    this.#throwFailure();
    this.#batch.push({ cid, bytes });
    this.#batchBytes += bytes.length;
    this.#blocks++;
    const { storeBatchBytes, storeBatchBlocks } = this.#limits;
    while (this.#batchBytes >= storeBatchBytes || this.#batch.length >= storeBatchBlocks) {
      const before = this.#writing;
      await before;
      this.#throwFailure();
      if (this.#writing === before) this.#write();
    }
  }

  /** Writes what is left; resolves when the store has everything. */
  async finish(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
    if (this.#batch.length > 0) this.#write();
    await this.#writing;
    this.#throwFailure();
  }

  #write(): void {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#writing = this.#store.putMany(batch).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
