/** Files and folders for the live suites: made of a seed, written to a disk for the peers, listed with their hashes. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createHash, type Hash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { ContentEntry, TreeEntry } from '../../src/index.js';
import { chunksOf, patternBytes, sha256Hex } from './live-bytes.js';

/** One file of a tree; a single file has the path ''. */
export interface TreeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What is compared: every file by its hash. */
export interface HashedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A single file. */
export function singleFile(seed: string, size: number): readonly TreeFile[] {
  return [{ path: '', bytes: patternBytes(seed, size) }];
}

/** A folder of small files, 10 to 4,000 bytes each; names are `nameLength` characters long. */
export function flatFolder(seed: string, count: number, nameLength = 12): readonly TreeFile[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `file-${index}-`.padEnd(nameLength, 'x'),
    bytes: patternBytes(`${seed}/${index}`, 10 + ((index * 397) % 3991)),
  }));
}

/** Folders in folders, eight deep, with a file of more than one block at the bottom. */
export function nestedFolder(seed: string): readonly TreeFile[] {
  const files: TreeFile[] = [];
  let folder = '';
  for (let depth = 1; depth <= 8; depth++) {
    folder = `${folder}level ${depth} ü/`;
    files.push({ path: `${folder}note.txt`, bytes: patternBytes(`${seed}/${depth}`, 100 * depth) });
  }
  files.push({ path: `${folder}large.bin`, bytes: patternBytes(`${seed}/large`, 1_500_000) });
  files.push({ path: 'top', bytes: patternBytes(`${seed}/top`, 3) });
  return files;
}

/** The tree with its hashes, in order of paths. */
export function hashesOf(files: readonly TreeFile[]): readonly HashedFile[] {
  return inOrder(files.map(({ path, bytes }) => ({ path, bytes: bytes.length, sha256: sha256Hex(bytes) })));
}

/** Writes the tree below `root`, which becomes the file itself when the tree is a single file. */
export async function writeTree(root: string, files: readonly TreeFile[]): Promise<string> {
  for (const { path, bytes } of files) {
    const target = path === '' ? root : join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
  }
  return root;
}

/** The tree as entries to add. */
export function entriesOf(files: readonly TreeFile[]): AsyncIterable<TreeEntry> {
  return Readable.from(
    files.map(({ path, bytes }) => ({ path, content: chunksOf(bytes) })),
  ) as AsyncIterable<TreeEntry>;
}

/** What a node gives out, read to the end and hashed. */
export async function hashEntries(entries: AsyncIterable<ContentEntry>): Promise<readonly HashedFile[]> {
  const files: HashedFile[] = [];
  for await (const entry of entries) {
    if (entry.kind !== 'file') continue;
    files.push({ path: entry.names.join('/'), ...(await tallied(entry.content())) });
  }
  return inOrder(files);
}

/** What lies on the disk below `root`, hashed. */
export async function hashDisk(root: string, path = ''): Promise<readonly HashedFile[]> {
  const full = path === '' ? root : join(root, path);
  if (!(await stat(full)).isDirectory()) return [{ path, ...(await tallied(createReadStream(full))) }];
  const files: HashedFile[] = [];
  for (const name of await readdir(full)) files.push(...(await hashDisk(root, path === '' ? name : `${path}/${name}`)));
  return inOrder(files);
}

/** The answer of a peer's `get`, as the other lists are. */
export function hashesIn(answer: Readonly<Record<string, unknown>>): readonly HashedFile[] {
  if (answer['files'] !== undefined) return inOrder(answer['files'] as HashedFile[]);
  return [{ path: '', bytes: answer['bytes'] as number, sha256: answer['sha256'] as string }];
}

/** Writes a file too large to hold twice, a megabyte at a time; answers its hash. */
export async function writeLargeFile(path: string, seed: string, megabytes: number): Promise<readonly HashedFile[]> {
  const hash = createHash('sha256');
  await pipeline(Readable.from(pieces(seed, megabytes, hash)), createWriteStream(path));
  return [{ path: '', bytes: megabytes * 1_000_000, sha256: hash.digest('hex') }];
}

function* pieces(seed: string, megabytes: number, hash: Hash): Generator<Uint8Array> {
  for (let index = 0; index < megabytes; index++) {
    const piece = patternBytes(`${seed}/${index}`, 1_000_000);
    hash.update(piece);
    yield piece;
  }
}

async function tallied(source: AsyncIterable<Uint8Array>): Promise<Omit<HashedFile, 'path'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

function inOrder(files: readonly HashedFile[]): readonly HashedFile[] {
  return [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
}
