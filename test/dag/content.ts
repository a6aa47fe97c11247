/** Content that vectors are made of, and small helpers to import and look at it. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode, prepare } from '@ipld/dag-pb';
import type { PBLink } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { cidOf } from '../../src/dag/block.js';
import { blocksOf } from '../../src/dag/get-block.js';
import type { GetBlock } from '../../src/dag/get-block.js';
import type { ImportEntry, ImportOptions } from '../../src/dag/importer.js';
import { MemoryBlockStore } from '../../src/sim/memory-store.js';

/** An entry of a tree as the vectors describe it; see `test/vectors/unixfs/README.md`. */
export interface TreeEntry {
  readonly path: string;
  readonly size?: number;
  readonly seed?: number;
  readonly target?: string;
  readonly count?: number;
}

export interface Vectors {
  readonly files: readonly {
    readonly size: number;
    readonly options?: ImportOptions;
    readonly flags?: string;
    readonly cid: string;
  }[];
  readonly trees: readonly {
    readonly name: string;
    readonly entries: readonly TreeEntry[];
    readonly options?: ImportOptions;
    readonly cid: string;
  }[];
  readonly cars: readonly { readonly file: string; readonly cid: string; readonly entries: readonly TreeEntry[] }[];
}

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'vectors', 'unixfs');

export function vectorBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, file)));
}

export function vectors(file: string): Vectors {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as Vectors;
}

export function contentOf(size: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >>> 8) * 7 + (at >>> 16) * 13 + seed) & 255;
  return bytes;
}

export function expand(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  return entries.flatMap(({ count, ...entry }) => {
    if (count === undefined) return [entry];
    return Array.from({ length: count }, (_, number) => ({
      ...entry,
      path: entry.path + String(number).padStart(6, '0'),
      seed: number,
    }));
  });
}

/** Bytes as a source gives them: in pieces of `size`. */
export async function* inPieces(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function* importEntries(entries: readonly TreeEntry[]): AsyncGenerator<ImportEntry> {
  for (const { path, size, seed, target } of expand(entries)) {
    if (target !== undefined) yield { path, target };
    else if (size === undefined) yield { path };
    else yield { path, content: inPieces(contentOf(size, seed)) };
  }
}

export async function joined(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return new Uint8Array(Buffer.concat(all));
}

export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

/** Blocks made by hand: what no importer would make. */
export class HandMade {
  readonly store = new MemoryBlockStore();
  readonly get: GetBlock = blocksOf(this.store);

  async put(codec: number, bytes: Uint8Array): Promise<CID> {
    const cid = cidOf(codec, bytes);
    await this.store.putMany([{ cid, bytes }]);
    return cid;
  }

  raw(bytes: Uint8Array): Promise<CID> {
    return this.put(0x55, bytes);
  }

  /** A dag-pb block with the given UnixFS data, or with data that is something else, or none. */
  node(data: UnixFS | Uint8Array | undefined, links: readonly PBLink[] = []): Promise<CID> {
    const Data = data instanceof UnixFS ? data.marshal() : data;
    return this.put(0x70, encode(prepare({ ...(Data === undefined ? {} : { Data }), Links: [...links] })));
  }

  /** A file node over pieces of the sizes given. */
  file(pieces: readonly { readonly cid: CID; readonly size: number }[]): Promise<CID> {
    const data = new UnixFS({ type: 'file', blockSizes: pieces.map(({ size }) => BigInt(size)) });
    return this.node(
      data,
      pieces.map(({ cid, size }) => ({ Hash: cid, Name: '', Tsize: size })),
    );
  }

  directory(entries: Readonly<Record<string, CID>> | readonly PBLink[]): Promise<CID> {
    const links = Array.isArray(entries)
      ? (entries as readonly PBLink[])
      : Object.entries(entries as Record<string, CID>).map(([Name, Hash]) => ({ Name, Hash, Tsize: 100 }));
    return this.node(new UnixFS({ type: 'directory' }), links);
  }
}
