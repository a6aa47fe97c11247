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
import type { GetBlock } from './get-block.js';

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
  if (names.length === 0) return cid;
  const { signal, maxBlocks = LIMITS.dagDepth } = options;
  // The library reads `\/` as part of a name; here a slash always separates, as in every other implementation.
  if (names.some((name) => name.endsWith('\\'))) throw notFound(path);
  try {
    const storage = countedStorage(get, maxBlocks, signal);
    for await (const entry of walkPath(`${root}/${names.join('/')}`, storage)) cid = entry.cid;
    return cid;
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const { name } = cause as Error;
    if (name === 'NotFoundError' || name === 'BadPathError') throw notFound(path, cause);
    throw new EngineError('ERR_DAG_INVALID', 'remote', `a block on the path ${path} does not decode`, { cause });
  }
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

/** What the library reads from: our getter, for as many blocks as are allowed. */
function countedStorage(get: GetBlock, maxBlocks: number, signal: AbortSignal | undefined): ReadableStorage {
  let count = 0;
  return {
    async *get(cid) {
      count++;
      if (count > maxBlocks) {
        throw new EngineError('ERR_DAG_INVALID', 'remote', `the path leads through more than ${maxBlocks} blocks`);
      }
      yield await get(cid, { signal });
    },
  };
}

function notFound(path: string, cause?: unknown): EngineError {
  return new EngineError('ERR_PATH_NOT_FOUND', 'local', `the path ${path} leads nowhere`, { cause });
}
