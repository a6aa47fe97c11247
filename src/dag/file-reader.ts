/**
 * Reads a UnixFS file block by block, in order and on demand: nothing is fetched before the reader asks, so a slow reader
 * holds one block and the nodes above it, however long the file is. (The exporter library reads on regardless of its
 * reader and keeps what was not taken: a stalled reader of a 2 GiB file would hold all of it.) Reading ahead is the
 * prefetcher's work, which is bounded.
 */
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import { throwIfAborted } from './get-block.js';
import type { GetBlock } from './get-block.js';
import { decodeNode, invalid } from './node.js';
import type { FileNode } from './node.js';
import { WalkDepth } from './walk-depth.js';

/** Which bytes of a file, and how they are fetched. */
export interface ReadOptions {
  /** First byte; 0 by default. Beyond the end there is nothing to read. */
  readonly offset?: number | undefined;
  /** How many bytes at the most; to the end by default. */
  readonly length?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A node on the way down, and what of it is still to be read. */
interface Frame {
  readonly node: FileNode;
  /** The link to go down next. */
  next: number;
  /** Where in the file that link begins. */
  position: number;
}

/**
 * The bytes of the file `root`, in pieces as they are stored. The pieces are views of the blocks.
 *
 * `depth` counts on from a walk that led here. Rejects with `ERR_DAG_INVALID` when a piece is not what its parent says or
 * the file is too deep, with `ERR_ABORTED`, and with whatever `get` rejects with.
 */
export async function* readFile(
  get: GetBlock,
  root: { readonly cid: CID; readonly node: FileNode },
  options: ReadOptions = {},
  depth = new WalkDepth(),
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal } = options;
  const { start, end } = rangeOf(options);
  const cut = (bytes: Uint8Array, position: number): Uint8Array =>
    bytes.subarray(Math.max(0, start - position), Math.max(0, end - position));
  const frames: Frame[] = [];
  const enter = (cid: CID, node: FileNode, position: number): Uint8Array => {
    depth.enter(cid, node.links.length);
    frames.push({ node, next: 0, position: position + node.data.length });
    return cut(node.data, position);
  };

  const first = enter(root.cid, root.node, 0);
  if (first.length > 0) yield first;
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const link = frame.node.links[frame.next];
    if (link === undefined || frame.position >= end) {
      frames.pop();
      depth.leave(frame.node.links.length);
      continue;
    }
    const position = frame.position;
    frame.next++;
    frame.position += link.sizeBytes;
    if (frame.position <= start) continue;
    throwIfAborted(signal);
    const node = decodeNode(link.cid, await get(link.cid, { signal }));
    if (node.kind !== 'file') throw invalid(link.cid, `a piece of a file is a ${node.kind}`);
    if (node.sizeBytes !== link.sizeBytes) {
      throw invalid(link.cid, `it holds ${node.sizeBytes} bytes of a file, its parent says ${link.sizeBytes}`);
    }
    const piece = enter(link.cid, node, position);
    if (piece.length > 0) yield piece;
  }
}

function rangeOf({ offset = 0, length = Infinity }: ReadOptions): { readonly start: number; readonly end: number } {
  const isCount = (value: number): boolean => value >= 0 && (Number.isSafeInteger(value) || value === Infinity);
  if (!isCount(offset))
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `offset must be 0 or more, got ${offset}`);
  if (!isCount(length))
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `length must be 0 or more, got ${length}`);
  return { start: offset, end: offset + length };
}
