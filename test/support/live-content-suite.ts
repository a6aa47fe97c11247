/**
 * Content both ways between a node of ours and a peer: what one adds the other fetches, file by file the same, and both
 * give it the same CID for the same import profile.
 */
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { AddOptions, CreateNodeOptions, Host } from '../../src/index.js';
import type { Peer } from '../peers/peers.js';
import { chunksOf } from './live-bytes.js';
import { liveNode, temporaryFolder } from './live-node.js';
import { entriesOf, hashEntries, hashesIn, hashesOf, writeTree, type TreeFile } from './live-trees.js';

/** The import settings that every peer knows. */
export interface PeerImportOptions {
  readonly cidVersion?: 0 | 1;
  readonly rawLeaves?: boolean;
  readonly chunkSize?: number;
  readonly maxLinks?: number;
}

/** The same import in our words and in the peer's. */
export interface Profile {
  readonly name: string;
  readonly ours: AddOptions;
  readonly theirs: PeerImportOptions;
}

/** A profile given by its settings. */
export function profileOf(chunkSize: number, rawLeaves: boolean, cidVersion: 0 | 1, maxLinks: number): Profile {
  return {
    name: `chunks of ${chunkSize / 1024} KiB, ${rawLeaves ? 'raw' : 'dag-pb'} leaves, CIDv${cidVersion}`,
    ours: { chunkBytes: chunkSize, rawLeaves, cidVersion, linksPerNode: maxLinks },
    theirs: { chunkSize, rawLeaves, cidVersion, maxLinks },
  };
}

/** The node's own content, added as a file or as a folder. */
export async function addOurs(node: Host, files: readonly TreeFile[], options: AddOptions): Promise<string> {
  const [first, ...others] = files;
  const added =
    first?.path === '' && others.length === 0
      ? await node.add(chunksOf(first.bytes), options)
      : await node.addTree(entriesOf(files), options);
  return added.cid.toString();
}

/** The peer fetches what we added, then adds the same itself, and agrees on the CID. */
export async function theyFetch(
  peer: Peer,
  files: readonly TreeFile[],
  profile: Profile,
  options: CreateNodeOptions = {},
): Promise<void> {
  const node = await liveNode(options);
  const cid = await addOurs(node, files, profile.ours);
  const answer = await peer.request('get', { cid, address: node.addresses[0] });
  expect(hashesIn(answer)).toEqual(hashesOf(files));
  const path = await writeTree(join(temporaryFolder(), 'ours'), files);
  expect(await peer.request('addFile', { path, options: profile.theirs })).toMatchObject({ cid });
}

/** We fetch what the peer added, then add the same ourselves, and agree on the CID. */
export async function weFetch(
  peer: Peer,
  files: readonly TreeFile[],
  profile: Profile,
  options: CreateNodeOptions = {},
): Promise<void> {
  const path = await writeTree(join(temporaryFolder(), 'theirs'), files);
  const { cid } = await peer.request('addFile', { path, options: profile.theirs });
  const node = await liveNode({ listen: [], ...options });
  await node.dial(peer.addresses[0]);
  expect(await hashEntries(node.get(String(cid)))).toEqual(hashesOf(files));
  const other = await liveNode({ listen: [] });
  expect(await addOurs(other, files, profile.ours)).toBe(cid);
}
