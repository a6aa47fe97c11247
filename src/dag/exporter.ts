/**
 * UnixFS out of a DAG: the bytes of a file, or a tree of files, directories and symbolic links, in the order in which
 * their blocks are linked. Everything is read on demand, so what is held does not grow with what is exported.
 */
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import { listDirectory } from './directory-reader.js';
import { readFile } from './file-reader.js';
import { throwIfAborted } from './get-block.js';
import type { GetBlock } from './get-block.js';
import { decodeNode } from './node.js';
import type { UnixfsNode, UnixfsTime } from './node.js';
import { resolvePath } from './path.js';
import { WalkDepth } from './walk-depth.js';

/** How something is exported. */
export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  /** Blocks between the root and the reader, at the most; by default `dagDepth`. */
  readonly maxDepth?: number | undefined;
}

/** Which bytes of a file are exported. */
export interface ExportFileOptions extends ExportOptions {
  /** First byte; 0 by default. */
  readonly offset?: number | undefined;
  /** How many bytes at the most; to the end by default. */
  readonly length?: number | undefined;
}

interface EntryBase {
  readonly cid: CID;
  /** The names that lead to it from the root, which itself has none. They are the author's: see `safeEntryPath`. */
  readonly names: readonly string[];
  /** Permission bits, where they are not the usual ones. */
  readonly mode?: number;
  readonly mtime?: UnixfsTime;
}

/** A file of a tree. */
export interface FileEntry extends EntryBase {
  readonly kind: 'file';
  readonly sizeBytes: number;
  /** Its bytes. To be read, or left, before the next entry is asked for. */
  content(): AsyncIterable<Uint8Array>;
}

/** A directory of a tree; its entries follow it. */
export interface DirectoryEntry extends EntryBase {
  readonly kind: 'directory';
}

/** A symbolic link of a tree. Where it leads is the author's word: whoever writes it to a disk must look out. */
export interface SymlinkEntry extends EntryBase {
  readonly kind: 'symlink';
  readonly target: string;
}

/** What {@link exportTree} gives out. */
export type ExportEntry = FileEntry | DirectoryEntry | SymlinkEntry;

/**
 * The bytes of the file at `path` (`CID`, `CID/a/b` or `/ipfs/CID/a/b`).
 *
 * Rejects with `ERR_INVALID_ARGUMENT` when it is not a file, with `ERR_PATH_NOT_FOUND`, `ERR_DAG_INVALID` and
 * `ERR_ABORTED`, and with whatever `get` rejects with.
 */
export async function* exportFile(
  get: GetBlock,
  path: string | CID,
  options: ExportFileOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const cid = await resolvePath(get, path, { signal: options.signal, maxBlocks: options.maxDepth });
  const node = await read(get, cid, options);
  if (node.kind !== 'file') {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `${path.toString()} is a ${node.kind}, not a file`);
  }
  yield* readFile(get, { cid, node }, options, new WalkDepth(options.maxDepth));
}

/**
 * Everything at `path` (`CID`, `CID/a/b` or `/ipfs/CID/a/b`): the entry there, then, when it is a directory, what is in
 * it, each directory before its own entries.
 *
 * Rejects as {@link exportFile} does, and with `ERR_DAG_INVALID` for a tree that is too deep or has an entry twice.
 */
export async function* exportTree(
  get: GetBlock,
  path: string | CID,
  options: ExportOptions = {},
): AsyncGenerator<ExportEntry, void, undefined> {
  const cid = await resolvePath(get, path, { signal: options.signal, maxBlocks: options.maxDepth });
  yield* entriesAt({ get, options, depth: new WalkDepth(options.maxDepth) }, cid, []);
}

interface Walk {
  readonly get: GetBlock;
  readonly options: ExportOptions;
  readonly depth: WalkDepth;
}

async function* entriesAt(
  walk: Walk,
  cid: CID,
  names: readonly string[],
): AsyncGenerator<ExportEntry, void, undefined> {
  const { get, options, depth } = walk;
  const node = await read(get, cid, options);
  yield entryOf(walk, cid, names, node);
  if (node.kind !== 'directory') return;
  for await (const { cid: child, name } of listDirectory(get, { cid, node }, options, depth)) {
    yield* entriesAt(walk, child, [...names, name]);
  }
}

function entryOf({ get, options, depth }: Walk, cid: CID, names: readonly string[], node: UnixfsNode): ExportEntry {
  const base = {
    cid,
    names,
    ...(node.mode === undefined ? {} : { mode: node.mode }),
    ...(node.mtime === undefined ? {} : { mtime: node.mtime }),
  };
  const here = depth.fork();
  switch (node.kind) {
    case 'file':
      return {
        ...base,
        kind: 'file',
        sizeBytes: node.sizeBytes,
        content: () => readFile(get, { cid, node }, options, here.fork()),
      };
    case 'directory':
      return { ...base, kind: 'directory' };
    case 'symlink':
      return { ...base, kind: 'symlink', target: node.target };
    default:
      return node satisfies never;
  }
}

async function read(get: GetBlock, cid: CID, { signal }: ExportOptions): Promise<UnixfsNode> {
  throwIfAborted(signal);
  return decodeNode(cid, await get(cid, { signal }));
}
