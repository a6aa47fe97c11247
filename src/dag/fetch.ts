/**
 * Exporting over something slow: the path is resolved block by block, then what it leads to is read through a prefetcher
 * that keeps many blocks on their way.
 */
import type { CID } from 'multiformats/cid';
import { exportFile, exportTree } from './exporter.js';
import type { ExportEntry, ExportFileOptions, ExportOptions } from './exporter.js';
import type { GetBlock } from './get-block.js';
import { resolvePath } from './path.js';
import { Prefetcher } from './prefetcher.js';
import type { PrefetchLimits } from './prefetcher.js';

/** How much is fetched ahead of the reader. */
export interface FetchOptions {
  readonly limits?: PrefetchLimits | undefined;
  /** Is given the prefetcher before it begins, to look at its `stats`. */
  readonly onPrefetcher?: ((prefetcher: Prefetcher) => void) | undefined;
}

/** {@link exportFile} with blocks fetched ahead of the reader. Leaving the iteration stops what is on its way. */
export function fetchFile(
  fetch: GetBlock,
  path: string | CID,
  options: ExportFileOptions & FetchOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  return ahead(fetch, path, options, exportFile);
}

/** {@link exportTree} with blocks fetched ahead of the reader. Leaving the iteration stops what is on its way. */
export function fetchTree(
  fetch: GetBlock,
  path: string | CID,
  options: ExportOptions & FetchOptions = {},
): AsyncGenerator<ExportEntry, void, undefined> {
  return ahead(fetch, path, options, exportTree);
}

async function* ahead<Options extends ExportOptions & FetchOptions, Value>(
  fetch: GetBlock,
  path: string | CID,
  options: Options,
  read: (get: GetBlock, root: CID, options: Options) => AsyncGenerator<Value, void, undefined>,
): AsyncGenerator<Value, void, undefined> {
  const { signal, limits, onPrefetcher } = options;
  const root = await resolvePath(fetch, path, { signal, maxBlocks: options.maxDepth });
  const prefetcher = new Prefetcher({ fetch, limits, signal });
  onPrefetcher?.(prefetcher);
  try {
    yield* read(prefetcher.get, root, options);
  } finally {
    prefetcher.stop();
  }
}
