/**
 * UnixFS into blocks: a file, or a tree of files, directories and symbolic links (ipfs-unixfs-importer). The same profile
 * gives the same CIDs as Kubo and helia; blocks go to the store in batches, and a store that is slow slows the source.
 */
import { importer } from 'ipfs-unixfs-importer';
import type {
  ImportCandidate,
  ImporterOptions,
  ImportResult as ImportedEntry,
  WritableStorage,
} from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import type { CID } from 'multiformats/cid';
import { EngineError, toEngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import type { BlockStore } from '../ports.js';
import { BlockWriter } from './block-writer.js';
import { chunksOf, type FileSource } from './file-source.js';
import { throwIfAborted } from './get-block.js';
import { checkImportPaths } from './import-paths.js';
import type { UnixfsTime } from './node.js';
import { installSizeMending } from './unixfs-sizes.js';

installSizeMending();

/** What decides the CIDs of an import. */
export interface ImportProfile {
  /** Bytes of a file in one block. */
  readonly chunkBytes: number;
  /** Children of one node of a file. */
  readonly linksPerNode: number;
  readonly cidVersion: 0 | 1;
  /** Leaves are bare bytes; otherwise each is a dag-pb node. */
  readonly rawLeaves: boolean;
  /** A directory above this size is sharded. */
  readonly shardThresholdBytes: number;
  /** How that size is taken: by names and CIDs alone, or by the block as it would be. */
  readonly shardEstimate: 'links' | 'block';
}

/**
 * Known profiles. `default` is what helia does without options; the others are those of IPIP-499: `unixfs-v1-2025`, and
 * `unixfs-v0-2015`, which is what `ipfs add` of Kubo does without options.
 */
export const IMPORT_PROFILES = {
  default: {
    chunkBytes: LIMITS.importChunkBytes,
    linksPerNode: LIMITS.importLinksPerNode,
    cidVersion: 1,
    rawLeaves: true,
    shardThresholdBytes: 256 * 1024,
    shardEstimate: 'links',
  },
  'unixfs-v1-2025': {
    chunkBytes: 1024 * 1024,
    linksPerNode: 1024,
    cidVersion: 1,
    rawLeaves: true,
    shardThresholdBytes: 256 * 1024,
    shardEstimate: 'block',
  },
  'unixfs-v0-2015': {
    chunkBytes: 256 * 1024,
    linksPerNode: 174,
    cidVersion: 0,
    rawLeaves: false,
    shardThresholdBytes: 256 * 1024,
    shardEstimate: 'links',
  },
} as const satisfies Record<string, ImportProfile>;

/** How something is imported; single settings win over the profile. */
export interface ImportOptions extends Partial<ImportProfile> {
  readonly profile?: keyof typeof IMPORT_PROFILES | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called as bytes are read; from inside the import, so it must be quick and must not throw. */
  readonly onProgress?: ((progress: ImportProgress) => void) | undefined;
}

/** How far an import is. */
export interface ImportProgress {
  /** Bytes read from all files so far. */
  readonly bytes: number;
  /** Blocks made so far. */
  readonly blocks: number;
  /** The file being read; absent for a single one. */
  readonly path?: string;
}

/** What an import came to. */
export interface ImportSummary {
  /** The root: the file, or the directory that holds the entries. */
  readonly cid: CID;
  /** Bytes of all files together. */
  readonly sizeBytes: number;
  /** Blocks given to the store, one that comes twice counted twice. */
  readonly blocks: number;
}

interface Metadata {
  readonly mode?: number | undefined;
  readonly mtime?: UnixfsTime | undefined;
}

/** An entry of a tree. `path` is relative to the root, with slashes; directories on the way need no entry of their own. */
export type ImportEntry = Metadata & { readonly path: string } & (
    | { readonly content: FileSource; readonly target?: never }
    | { readonly target: string; readonly content?: never }
    | { readonly content?: never; readonly target?: never }
  );

/** The entries of a tree, all at once or as they come. */
export type TreeSource = Iterable<ImportEntry> | AsyncIterable<ImportEntry>;

/**
 * Imports one file. Resolves when the store has every block.
 *
 * Rejects with `ERR_INVALID_ARGUMENT` for settings that make no sense or a source that fails (its error is the cause),
 * with `ERR_BLOCK_TOO_LARGE` when the settings lead to blocks that nobody would take, with `ERR_ABORTED`, and with what
 * the store rejects with.
 */
export function importFile(
  store: Pick<BlockStore, 'putMany'>,
  source: FileSource,
  options: ImportOptions & Metadata = {},
): Promise<ImportSummary> {
  return run(store, options, false, (content) => [{ content: content(source), ...metadata(options) }]);
}

/**
 * Imports a tree into one directory. Entries are taken one by one; each `content` is read before the import ends, and at
 * most four at once. Resolves when the store has every block.
 *
 * Rejects as {@link importFile} does, and with `ERR_INVALID_ARGUMENT` for a path that is empty, has `.` or `..` in it,
 * comes twice, or leads through a file.
 */
export function importTree(
  store: Pick<BlockStore, 'putMany'>,
  entries: TreeSource,
  options: ImportOptions = {},
): Promise<ImportSummary> {
  return run(store, options, true, (content) => candidates(entries, content));
}

/** Files read at once, and chunks of each hashed at once: together they bound memory to 16 chunks. */
const CONCURRENCY = 4;

type Counted = (source: FileSource, path?: string) => AsyncIterable<Uint8Array>;

async function run(
  store: Pick<BlockStore, 'putMany'>,
  options: ImportOptions,
  wrapWithDirectory: boolean,
  candidatesOf: (content: Counted) => Iterable<ImportCandidate> | AsyncIterable<ImportCandidate>,
): Promise<ImportSummary> {
  const profile = profileOf(options);
  const { signal, onProgress } = options;
  const writer = new BlockWriter(store);
  let sizeBytes = 0;
  const counted: Counted = async function* (source, path) {
    for await (const bytes of chunksOf(source)) {
      throwIfAborted(signal);
      sizeBytes += bytes.length;
      onProgress?.({ bytes: sizeBytes, blocks: writer.blocks, ...(path === undefined ? {} : { path }) });
      yield bytes;
    }
  };
  try {
    throwIfAborted(signal);
    let root: ImportedEntry | undefined;
    const source = candidatesOf(counted);
    for await (const entry of importer(source, storageOn(writer), { ...importerOptions(profile), wrapWithDirectory })) {
      root = entry;
    }
    await writer.finish();
    if (root === undefined) throw new EngineError('ERR_INVALID_ARGUMENT', 'local', 'there was nothing to import');
    return { cid: root.cid, sizeBytes, blocks: writer.blocks };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw toEngineError(cause, 'ERR_INVALID_ARGUMENT', 'local', `the source could not be imported: ${reason}`);
  }
}

async function* candidates(entries: TreeSource, content: Counted): AsyncGenerator<ImportCandidate> {
  const check = checkImportPaths();
  for await (const entry of entries) {
    const { path, target } = entry;
    const kind = entry.content !== undefined ? 'file' : target !== undefined ? 'symlink' : 'directory';
    if (!check(path, kind)) continue;
    const base = { path, ...metadata(entry) };
    if (entry.content !== undefined) yield { ...base, content: content(entry.content, path) };
    else if (target !== undefined) yield { ...base, link: target };
    else yield base;
  }
}

function metadata({ mode, mtime }: Metadata): { mode?: number; mtime?: { secs: bigint; nsecs: number } } {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(mtime === undefined ? {} : { mtime: { secs: BigInt(mtime.seconds), nsecs: mtime.nanoseconds } }),
  };
}

function storageOn(writer: BlockWriter): WritableStorage {
  return {
    async put(cid, bytes) {
      if (!(bytes instanceof Uint8Array))
        throw new EngineError('ERR_ENGINE_ASSERTION', 'engine', 'a block came in pieces');
      if (bytes.length > LIMITS.bitswapBlockBytes) {
        const message = `the import makes a block of ${bytes.length} bytes, ${LIMITS.bitswapBlockBytes} are allowed`;
        throw new EngineError('ERR_BLOCK_TOO_LARGE', 'local', message);
      }
      await writer.put(cid, bytes);
      return cid;
    },
  };
}

function importerOptions(profile: ImportProfile): ImporterOptions {
  return {
    cidVersion: profile.cidVersion,
    rawLeaves: profile.rawLeaves,
    chunker: fixedSize({ chunkSize: profile.chunkBytes }),
    layout: balanced({ maxChildrenPerNode: profile.linksPerNode }),
    shardSplitThresholdBytes: profile.shardThresholdBytes,
    shardSplitStrategy: profile.shardEstimate === 'links' ? 'links-bytes' : 'block-bytes',
    fileImportConcurrency: CONCURRENCY,
    blockWriteConcurrency: CONCURRENCY,
  };
}

function profileOf(options: ImportOptions): ImportProfile {
  const base = IMPORT_PROFILES[options.profile ?? 'default'];
  const profile: ImportProfile = {
    chunkBytes: options.chunkBytes ?? base.chunkBytes,
    linksPerNode: options.linksPerNode ?? base.linksPerNode,
    cidVersion: options.cidVersion ?? base.cidVersion,
    rawLeaves: options.rawLeaves ?? base.rawLeaves,
    shardThresholdBytes: options.shardThresholdBytes ?? base.shardThresholdBytes,
    shardEstimate: options.shardEstimate ?? base.shardEstimate,
  };
  checkCount('chunkBytes', profile.chunkBytes, 1);
  checkCount('linksPerNode', profile.linksPerNode, 2);
  checkCount('shardThresholdBytes', profile.shardThresholdBytes, 0);
  return profile;
}

function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new EngineError(
    'ERR_INVALID_ARGUMENT',
    'local',
    `${name} must be a whole number of at least ${least}, got ${value}`,
  );
}
