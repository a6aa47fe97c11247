/** Lists a UnixFS directory: of one block, or sharded over a tree of them (HAMT), which is walked as it is read. */
import type { CID } from 'multiformats/cid';
import { throwIfAborted } from './get-block.js';
import type { GetBlock } from './get-block.js';
import { decodeNode, invalid } from './node.js';
import type { DirectoryNode, NamedLink } from './node.js';
import { WalkDepth } from './walk-depth.js';

/** How a directory is read. */
export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
}

interface Frame {
  readonly node: DirectoryNode;
  next: number;
}

/**
 * The entries of the directory `root`, in the order of its links. Names are the author's and may be anything but empty or
 * twice the same: see `safeEntryPath` before one of them becomes a path.
 *
 * `depth` counts on from a walk that led here. Rejects with `ERR_DAG_INVALID` for shards that are not, an entry that comes
 * twice, or shards nested too deep.
 */
export async function* listDirectory(
  get: GetBlock,
  root: { readonly cid: CID; readonly node: DirectoryNode },
  { signal }: ListOptions = {},
  depth = new WalkDepth(),
): AsyncGenerator<NamedLink, void, undefined> {
  const { prefixLength } = root.node;
  const names = new Set<string>();
  const frames: Frame[] = [];
  const enter = (cid: CID, node: DirectoryNode): void => {
    depth.enter(cid, node.links.length);
    frames.push({ node, next: 0 });
  };
  enter(root.cid, root.node);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const link = frame.node.links[frame.next++];
    if (link === undefined) {
      frames.pop();
      depth.leave(frame.node.links.length);
    } else if (prefixLength > 0 && link.name.length === prefixLength) {
      throwIfAborted(signal);
      enter(link.cid, shardIn(link.cid, await get(link.cid, { signal }), prefixLength));
    } else {
      const name = link.name.slice(prefixLength);
      if (names.has(name)) throw invalid(root.cid, `entry "${name}" comes twice`);
      names.add(name);
      yield { cid: link.cid, name };
    }
  }
}

function shardIn(cid: CID, bytes: Uint8Array, prefixLength: number): DirectoryNode {
  const node = decodeNode(cid, bytes);
  if (node.kind !== 'directory' || node.prefixLength !== prefixLength) {
    throw invalid(cid, 'it is linked as a shard, and is none of that directory');
  }
  return node;
}
