/** Where those who walk a DAG get its blocks from: a store, a bitswap session, a prefetcher. */
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import type { BlockStore } from '../ports.js';
import { inlineBytes } from './cid.js';

/** Options of one read. */
export interface GetBlockOptions {
  /** Gives the read up; it rejects with `ERR_ABORTED`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads one block, already verified against its CID. Rejects with `ERR_BLOCK_NOT_FOUND` when it cannot be had, and with
 * whatever else stands in the way.
 */
export type GetBlock = (cid: CID, options?: GetBlockOptions) => Promise<Uint8Array>;

/** Reads from a store, and from the CID itself where that carries its block. */
export function blocksOf(store: Pick<BlockStore, 'get'>): GetBlock {
  return async (cid, { signal } = {}) => {
    throwIfAborted(signal);
    const bytes = inlineBytes(cid) ?? (await store.get(cid));
    if (bytes !== undefined) return bytes;
    throw new EngineError('ERR_BLOCK_NOT_FOUND', 'local', `block ${cid.toString()} is not in the store`);
  };
}

/** Throws `ERR_ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new EngineError('ERR_ABORTED', 'local', 'the caller gave up', { cause: signal.reason });
}
