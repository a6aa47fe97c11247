/** A block store that tells what happens in it: an exchange that serves others hears of new blocks this way. */
import type { CID } from 'multiformats/cid';
import type { BlockStore, StoredBlock } from '../ports.js';

/** Hears of changes, after the store has made them. Whatever is missing is not called, and costs nothing. */
export interface StoreListener {
  /** Blocks were put, whether they were there before or not. */
  put?(blocks: readonly StoredBlock[]): void;
  /** Blocks were put that were not there before. To know, every put is preceded by a look at the store. */
  newPut?(blocks: readonly StoredBlock[]): void;
  /** A block was deleted, if it was there at all. */
  deleted?(cid: CID): void;
}

/** `store` with someone listening. What is done to `store` itself goes unheard. */
export function watchStore(store: BlockStore, listener: StoreListener): BlockStore {
  return {
    has: (cid) => store.has(cid),
    get: (cid) => store.get(cid),
    getMany: (cids) => store.getMany(cids),
    cids: () => store.cids(),
    close: () => store.close(),
    async putMany(blocks) {
      const known = listener.newPut === undefined ? [] : await Promise.all(blocks.map(({ cid }) => store.has(cid)));
      await store.putMany(blocks);
      listener.put?.(blocks);
      const fresh = blocks.filter((_, at) => known[at] === false);
      if (fresh.length > 0) listener.newPut?.(fresh);
    },
    async delete(cid) {
      await store.delete(cid);
      listener.deleted?.(cid);
    },
  };
}
