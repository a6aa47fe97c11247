/**
 * The content of a node: UnixFS files and trees on its block store, and whatever the store lacks through a bitswap
 * session, fetched ahead of the reader within bounds.
 */
import type { CID } from 'multiformats/cid';
import type { BitswapActor } from '../actors/bitswap/bitswap-actor.js';
import type { BitswapSession } from '../actors/bitswap/session.js';
import type { Environment } from '../actors/environment.js';
import { knownBytes } from '../dag/cid.js';
import type { ExportEntry, ExportFileOptions } from '../dag/exporter.js';
import { fetchFile, fetchTree } from '../dag/fetch.js';
import type { GetBlock } from '../dag/get-block.js';
import type { FileSource } from '../dag/file-source.js';
import { importFile, importTree, type ImportOptions, type ImportSummary, type TreeSource } from '../dag/importer.js';
import { EngineError } from '../errors.js';
import { watchStore } from '../dag/watched-store.js';
import type { BlockStore } from '../ports.js';

export type { ExportEntry as ContentEntry } from '../dag/exporter.js';
export type { FileSource } from '../dag/file-source.js';
export type { ImportEntry as TreeEntry, ImportSummary as Added, TreeSource } from '../dag/importer.js';

/** Where a {@link Content.get} stands. */
export interface FetchProgress {
  /** Blocks and bytes that came from peers. */
  readonly blocks: number;
  readonly bytes: number;
  /** Peers that delivered. */
  readonly peers: number;
}

/** Options of {@link Content.get} and {@link Content.cat}. */
export interface GetOptions extends ExportFileOptions {
  /** Peer ids believed to have the content: asked first. */
  readonly peers?: readonly string[];
  /** Hears how far the fetch is, after each block. */
  readonly onProgress?: (progress: FetchProgress) => void;
}

/** Options of {@link Content.add}. */
export type AddOptions = ImportOptions;

/** What content needs of its node. */
export interface ContentHooks {
  /** Whether there is anybody to ask, now or by a search. */
  canFetch(): boolean;
  /** Blocks came into the store by adding; at the end of each add, its root once more. */
  readonly added?: ((cids: readonly CID[], areRoots: boolean) => Promise<void>) | undefined;
}

/** Adds and gets. */
export class Content {
  readonly #environment: Environment;
  readonly #blocks: BlockStore;
  readonly #watched: BlockStore;
  readonly #bitswap: BitswapActor;
  readonly #hooks: ContentHooks;

  constructor(environment: Environment, blocks: BlockStore, bitswap: BitswapActor, hooks: ContentHooks) {
    this.#environment = environment;
    this.#blocks = blocks;
    this.#hooks = hooks;
    this.#bitswap = bitswap;
    this.#watched = watchStore(blocks, {
      put: (stored) => {
        // A peer that waits for a block gets it when it is added.
        bitswap.notifyNewBlocks(stored);
        void hooks.added?.(
          stored.map(({ cid }) => cid),
          false,
        );
      },
    });
  }

  /** Adds one file; its blocks are offered to peers that want them. */
  add(source: FileSource, options: AddOptions = {}): Promise<ImportSummary> {
    return this.#rooted(importFile(this.#watched, source, options));
  }

  /** Adds a tree; the root is the directory that holds the entries. */
  addTree(entries: TreeSource, options: AddOptions = {}): Promise<ImportSummary> {
    return this.#rooted(importTree(this.#watched, entries, options));
  }

  /** The bytes of the file at `path`, or of the CID. */
  async *cat(path: string | CID, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#fetching(options, (fetch) =>
      fetchFile(fetch, String(path), { ...options, limits: this.#environment.limits }),
    );
  }

  /** Everything at `path`, or below the CID, entry by entry. */
  async *get(path: string | CID, options: GetOptions = {}): AsyncGenerator<ExportEntry, void, undefined> {
    yield* this.#fetching(options, (fetch) =>
      fetchTree(fetch, String(path), { ...options, limits: this.#environment.limits }),
    );
  }

  #rooted(adding: Promise<ImportSummary>): Promise<ImportSummary> {
    const { added } = this.#hooks;
    if (added === undefined) return adding;
    return adding.then(async (summary) => {
      await added([summary.cid], true);
      return summary;
    });
  }

  /** Reads through the store and one session, which ends with the reader; every fetched block is stored before it ends. */
  async *#fetching<Item>(
    options: GetOptions,
    read: (fetch: GetBlock) => AsyncIterable<Item>,
  ): AsyncGenerator<Item, void, undefined> {
    let session: BitswapSession | undefined;
    let blocks = 0;
    let bytes = 0;
    const fetch: GetBlock = async (cid, { signal } = {}) => {
      const known = knownBytes(cid) ?? (await this.#blocks.get(cid));
      if (known !== undefined) return known;
      if (session === undefined && !this.#hooks.canFetch()) {
        const what = `block ${cid.toString()} is not in the store and no peer is connected`;
        throw new EngineError('ERR_BLOCK_NOT_FOUND', 'local', what);
      }
      session ??= this.#bitswap.createSession({ peers: options.peers ?? [] });
      const block = await session.want(cid, { signal });
      blocks++;
      bytes += block.length;
      options.onProgress?.({ blocks, bytes, peers: session.stats.peers.size });
      return block;
    };
    try {
      yield* read(fetch);
      await session?.flush();
    } finally {
      session?.close();
    }
  }
}
