/**
 * Our block stores for those who speak `interface-blockstore` (helia and its libraries), and theirs for us.
 */
import type { Blockstore } from 'interface-blockstore';
import { CID } from 'multiformats/cid';
import type { BlockStore } from '../ports.js';
import { RAW } from './cid.js';
import { throwIfAborted } from './get-block.js';

/** Thrown for a block that is not there; consumers of `interface-blockstore` know it by its name. */
class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly code = 'ERR_NOT_FOUND';
}

/** One of our stores as an `interface-blockstore` Blockstore. Closing it stays with its owner. */
export function toBlockstore(store: BlockStore): Blockstore {
  const get: Blockstore['get'] = async function* (cid, options) {
    throwIfAborted(options?.signal);
    const bytes = await store.get(cid);
    if (bytes === undefined) throw new NotFoundError(`block ${cid.toString()} is not in the store`);
    yield bytes;
  };
  const put: Blockstore['put'] = async (cid, value, options) => {
    throwIfAborted(options?.signal);
    await store.putMany([{ cid, bytes: await joined(value) }]);
    return cid;
  };
  return {
    get,
    put,
    has: (cid) => store.has(cid),
    delete: (cid) => store.delete(cid),
    async *putMany(source, options) {
      for await (const { cid, bytes } of source) yield await put(cid, bytes, options);
    },
    async *getMany(source, options) {
      for await (const cid of source) yield { cid, bytes: get(cid, options) };
    },
    async *deleteMany(source) {
      for await (const cid of source) {
        await store.delete(cid);
        yield cid;
      }
    },
    async *getAll(options) {
      for await (const cid of store.cids()) yield { cid, bytes: get(cid, options) };
    },
  };
}

/**
 * An `interface-blockstore` Blockstore as one of ours. It has no batches, so `putMany` stores block by block and may stop
 * half-way where a store of ours would store none. Closing it stays with its owner.
 */
export function fromBlockstore(blockstore: Blockstore): BlockStore {
  const get = async (cid: CID): Promise<Uint8Array | undefined> => {
    try {
      return await joined(blockstore.get(cid));
    } catch (error) {
      if (error instanceof Error && error.name === 'NotFoundError') return undefined;
      throw error;
    }
  };
  return {
    get,
    has: async (cid) => blockstore.has(cid),
    getMany: (cids) => Promise.all(cids.map(get)),
    async putMany(blocks) {
      for (const { cid, bytes } of blocks) await blockstore.put(cid, bytes);
    },
    async delete(cid) {
      await blockstore.delete(cid);
    },
    async *cids() {
      for await (const { cid, bytes } of blockstore.getAll()) {
        await bytes.return(undefined);
        yield CID.createV1(RAW, cid.multihash);
      }
    },
    close: () => Promise.resolve(),
  };
}

async function joined(value: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  if (value instanceof Uint8Array) return value;
  const pieces: Uint8Array[] = [];
  for await (const piece of value) pieces.push(piece);
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const bytes = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
