/**
 * Paths: `/ipfs/CID/a/b`, `CID/a/b` or a CID alone, resolved block by block through directories of one block and sharded
 * ones; and names from outside before they become paths on a disk.
 */
import { walkPath } from 'ipfs-unixfs-exporter';
import type { ReadableStorage } from 'ipfs-unixfs-exporter';
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import { LIMITS } from '../limits.js';
import { parseCid } from './cid.js';
import { throwIfAborted } from './get-block.js';
import type { GetBlock } from './get-block.js';
import { decodeNode, invalid } from './node.js';
import type { DirectoryNode } from './node.js';

const PREFIX = '/ipfs/';

/** How a path is resolved. */
export interface ResolveOptions {
  readonly signal?: AbortSignal | undefined;
  /** Blocks looked at on the way, at the most; by default `dagDepth`. */
  readonly maxBlocks?: number | undefined;
}

/**
 * The CID that a path leads to.
 *
 * Rejects with `ERR_INVALID_ARGUMENT` when the path does not begin with a CID, with `ERR_PATH_NOT_FOUND` when it leads
 * nowhere, with `ERR_DAG_INVALID` when a block on the way is not what it should be or the way is too long, and with
 * whatever `get` rejects with.
 */
export async function resolvePath(get: GetBlock, path: string | CID, options: ResolveOptions = {}): Promise<CID> {
  if (typeof path !== 'string') return path;
  const rest = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path;
  const [root = '', ...names] = rest.split('/').filter((name) => name !== '');
  let cid = parseCid(root);
  const read = countedReader(get, options);
  for (const name of names) {
    const bytes = await read(cid);
    const node = decodeNode(cid, bytes);
    if (node.kind !== 'directory') throw notFound(path, `"${name}" is below a ${node.kind}`);
    const entry = node.prefixLength === 0 ? flatEntry(node, name) : await shardedEntry(read, cid, bytes, name);
    if (entry === undefined) throw notFound(path, `there is no "${name}"`);
    cid = entry;
  }
  return cid;
}

/**
 * A relative path on this system made of names from outside, one for each folder on the way.
 *
 * Throws `ERR_DAG_INVALID` for names that lead elsewhere or that a file system cannot hold: empty ones, `.` and `..`, a
 * slash or a zero byte inside; on Windows also backslashes, colons, control characters and trailing dots and spaces.
 */
export function safeEntryPath(names: readonly string[], system: 'posix' | 'windows' = 'posix'): string {
  const refused = names.find((name) => !isSafeName(name, system));
  if (refused === undefined) return names.join('/');
  throw new EngineError('ERR_DAG_INVALID', 'remote', `"${refused}" cannot be the name of a file`);
}

const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

function isSafeName(name: string, system: 'posix' | 'windows'): boolean {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return false;
  // eslint-disable-next-line no-control-regex
  return system === 'posix' || !(/[\\:*?"<>|\x00-\x1f]|[. ]$/.test(name) || WINDOWS_DEVICE.test(name));
}

type Read = (cid: CID) => Promise<Uint8Array>;

/** Our getter, for as many blocks as are allowed. */
function countedReader(get: GetBlock, { signal, maxBlocks = LIMITS.dagDepth }: ResolveOptions): Read {
  let count = 0;
  return async (cid) => {
    throwIfAborted(signal);
    if (++count > maxBlocks) throw invalid(cid, `the path leads through more than ${maxBlocks} blocks`);
    return get(cid, { signal });
  };
}

function flatEntry(node: DirectoryNode, name: string): CID | undefined {
  return node.links.find((link) => link.name === name)?.cid;
}

/** Finds a name in a sharded directory, whose first shard is at hand. The library knows which shards its hash leads to. */
async function shardedEntry(read: Read, root: CID, bytes: Uint8Array, name: string): Promise<CID | undefined> {
  let failure: { readonly error: unknown } | undefined;
  const storage: ReadableStorage = {
    async *get(cid) {
      try {
        yield cid.equals(root) ? bytes : await read(cid);
      } catch (error) {
        failure = { error };
        throw error;
      }
    },
  };
  try {
    let found: CID | undefined;
    for await (const { cid, remainder } of walkPath(`${root.toString()}/${name}`, storage)) {
      if (remainder.length === 0) found = cid;
    }
    return found;
  } catch (cause) {
    if (failure !== undefined) throw failure.error;
    if ((cause as Error).name === 'NotFoundError') return undefined;
    throw invalid(root, 'a shard of it does not decode', cause);
  }
}

function notFound(path: string, reason: string): EngineError {
  return new EngineError('ERR_PATH_NOT_FOUND', 'local', `the path ${path} leads nowhere: ${reason}`);
}
