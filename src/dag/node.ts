/**
 * One block of a UnixFS tree as a value: a file (or a piece of one), a directory, a shard of a large directory, or a
 * symbolic link (specs.ipfs.tech unixfs). dag-pb and UnixFS are decoded by their libraries; here is what must hold
 * between the two, so that nobody who walks a tree meets anything else.
 */
import { decode } from '@ipld/dag-pb';
import type { PBNode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { EngineError } from '../errors.js';
import { DAG_PB, RAW } from './cid.js';

/** A time as UnixFS keeps it. */
export interface UnixfsTime {
  /** Seconds since the Unix epoch; negative before it. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

interface Metadata {
  /** Permission bits, where they are not the usual 0644 (files) or 0755 (directories). */
  readonly mode?: number;
  readonly mtime?: UnixfsTime;
}

/** A file or a piece of one: its own bytes, then those of its links in order. */
export interface FileNode extends Metadata {
  readonly kind: 'file';
  readonly data: Uint8Array;
  readonly links: readonly FileLink[];
  /** All bytes of the file below this node. */
  readonly sizeBytes: number;
}

/** A piece of a file, and how many bytes of the file are below it. */
export interface FileLink {
  readonly cid: CID;
  readonly sizeBytes: number;
}

/** A directory, or one shard of it, in which links to further shards have bare prefixes for names. */
export interface DirectoryNode extends Metadata {
  readonly kind: 'directory';
  readonly links: readonly NamedLink[];
  /** Hex digits in front of each name; 0 in a directory of one block. */
  readonly prefixLength: number;
}

/** An entry of a directory as it is linked. */
export interface NamedLink {
  readonly cid: CID;
  readonly name: string;
}

/** A symbolic link. Where it leads is the author's word and nothing else. */
export interface SymlinkNode extends Metadata {
  readonly kind: 'symlink';
  readonly target: string;
}

/** What a block of a UnixFS tree can be. */
export type UnixfsNode = FileNode | DirectoryNode | SymlinkNode;

/** boxo refuses wider shards. */
const WIDEST_FANOUT = 1024;
const PERMISSIONS = { file: 0o644, directory: 0o755, symlink: 0o644 } as const;
const NOTHING = new Uint8Array(0);

/**
 * Decodes a block that was verified. Throws `ERR_DAG_INVALID` when it is not UnixFS: another codec, bytes that do not
 * decode, or fields that contradict each other.
 */
export function decodeNode(cid: CID, bytes: Uint8Array): UnixfsNode {
  if (cid.code === RAW) return { kind: 'file', data: bytes, links: [], sizeBytes: bytes.length };
  if (cid.code !== DAG_PB) throw invalid(cid, `codec 0x${cid.code.toString(16)} is neither raw nor dag-pb`);
  const { node, unixfs } = decodeBoth(cid, bytes);
  switch (unixfs.type) {
    case 'file':
    case 'raw':
      return fileNode(cid, node, unixfs);
    case 'directory':
      return {
        kind: 'directory',
        links: namedLinks(cid, node),
        prefixLength: 0,
        ...metadata(cid, unixfs, 'directory'),
      };
    case 'hamt-sharded-directory':
      return shardNode(cid, node, unixfs);
    case 'symlink':
      return { kind: 'symlink', target: textOf(unixfs.data ?? NOTHING), ...metadata(cid, unixfs, 'symlink') };
    default:
      throw invalid(cid, `UnixFS type "${unixfs.type}" holds no content`);
  }
}

/** The links of a dag-pb block in order, whatever it means by them; none for other codecs or bytes that do not decode. */
export function linksOf(cid: CID, bytes: Uint8Array): PBNode['Links'] {
  if (cid.code !== DAG_PB) return [];
  try {
    return decode(bytes).Links;
  } catch {
    return [];
  }
}

/** `ERR_DAG_INVALID` about a block. */
export function invalid(cid: CID, reason: string, cause?: unknown): EngineError {
  return new EngineError('ERR_DAG_INVALID', 'remote', `block ${cid.toString()} is not UnixFS: ${reason}`, { cause });
}

function decodeBoth(cid: CID, bytes: Uint8Array): { readonly node: PBNode; readonly unixfs: UnixFS } {
  let node: PBNode;
  try {
    node = decode(bytes);
  } catch (cause) {
    throw invalid(cid, 'its dag-pb does not decode', cause);
  }
  if (node.Data === undefined) throw invalid(cid, 'it has no data field');
  try {
    return { node, unixfs: UnixFS.unmarshal(node.Data) };
  } catch (cause) {
    throw invalid(cid, 'its data field does not decode', cause);
  }
}

function fileNode(cid: CID, node: PBNode, unixfs: UnixFS): FileNode {
  if (node.Links.length !== unixfs.blockSizes.length) {
    throw invalid(cid, `${node.Links.length} links have ${unixfs.blockSizes.length} sizes`);
  }
  const sizeBytes = unixfs.fileSize();
  if (sizeBytes > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(cid, `no file has ${sizeBytes.toString()} bytes`);
  return {
    kind: 'file',
    data: unixfs.data ?? NOTHING,
    links: node.Links.map((link, at) => ({ cid: link.Hash, sizeBytes: Number(unixfs.blockSizes[at]) })),
    sizeBytes: Number(sizeBytes),
    ...metadata(cid, unixfs, 'file'),
  };
}

function shardNode(cid: CID, node: PBNode, unixfs: UnixFS): DirectoryNode {
  const fanout = Number(unixfs.fanout ?? 0);
  const isPowerOfTwo = Number.isInteger(Math.log2(fanout));
  if (fanout < 8 || fanout > WIDEST_FANOUT || !isPowerOfTwo) throw invalid(cid, `no shard has a fan-out of ${fanout}`);
  const prefixLength = (fanout - 1).toString(16).length;
  const links = namedLinks(cid, node);
  const short = links.find(({ name }) => name.length < prefixLength);
  if (short !== undefined) throw invalid(cid, `link "${short.name}" of a shard has no prefix`);
  return { kind: 'directory', links, prefixLength, ...metadata(cid, unixfs, 'directory') };
}

function namedLinks(cid: CID, node: PBNode): readonly NamedLink[] {
  return node.Links.map((link) => {
    if (link.Name === undefined || link.Name === '') throw invalid(cid, 'an entry of a directory has no name');
    return { cid: link.Hash, name: link.Name };
  });
}

function metadata(cid: CID, { mode, mtime }: UnixFS, kind: UnixfsNode['kind']): Metadata {
  return {
    ...(mode === undefined || mode === PERMISSIONS[kind] ? {} : { mode }),
    ...(mtime === undefined ? {} : { mtime: timeOf(cid, mtime.secs, mtime.nsecs ?? 0) }),
  };
}

function timeOf(cid: CID, secs: bigint, nanoseconds: number): UnixfsTime {
  const seconds = Number(secs);
  if (!Number.isSafeInteger(seconds) || nanoseconds > 999_999_999) throw invalid(cid, 'its time is out of range');
  return { seconds, nanoseconds };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
