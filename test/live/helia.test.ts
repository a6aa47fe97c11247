/** helia 7 as the judge of content: it fetches from us and we from it, and the CIDs agree. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPeer, type Peer } from '../peers/peers.js';
import { theyFetchFromDaemon, weGetFromPeer } from '../support/live-command-line.js';
import { profileOf, theyFetch, weFetch, type Profile } from '../support/live-content-suite.js';
import { temporaryFolder } from '../support/live-node.js';
import {
  flatFolder,
  hashesOf,
  nestedFolder,
  singleFile,
  writeLargeFile,
  writeTree,
  type TreeFile,
} from '../support/live-trees.js';

const DEFAULT: Profile = { name: 'default', ours: {}, theirs: {} };
const PROFILES = [
  DEFAULT,
  profileOf(1024 * 1024, true, 1, 1024),
  profileOf(256 * 1024, true, 1, 174),
  profileOf(64 * 1024, true, 1, 174),
  profileOf(256 * 1024, false, 0, 174),
  profileOf(64 * 1024, false, 1, 174),
  profileOf(16 * 1024, false, 1, 11),
];
const EMPTY: TreeFile = { path: 'empty', bytes: new Uint8Array(0) };

/** Each content comes in two editions, one a direction: what a side has already it would not fetch. */
const CONTENTS: readonly { readonly name: string; readonly of: (seed: string) => readonly TreeFile[] }[] = [
  { name: 'a file of one block', of: (seed) => singleFile(seed, 1000) },
  { name: 'a file of exactly one chunk', of: (seed) => singleFile(seed, 1024 * 1024) },
  { name: 'a file of one chunk and a byte', of: (seed) => singleFile(seed, 1024 * 1024 + 1) },
  { name: 'a folder of 1,000 files and an empty one', of: (seed) => [...flatFolder(seed, 1000), EMPTY] },
  { name: 'folders in folders', of: nestedFolder },
  // Names and CIDs above 256 KiB: the directory is a tree of shards.
  { name: 'a sharded folder', of: (seed) => flatFolder(seed, 1200, 200) },
];

let peer: Peer;
beforeAll(async () => {
  peer = await startPeer('js-modern', ['--helia']);
});
afterAll(() => peer.stop());

describe('helia fetches from us', () => {
  test('an empty file', () => theyFetch(peer, singleFile('', 0), DEFAULT));
  test.each(CONTENTS)('$name', ({ name, of }) => theyFetch(peer, of(`we give ${name}`), DEFAULT));
  test.each(PROFILES)('5 MB in $name', (profile) =>
    theyFetch(peer, singleFile(`we give ${profile.name}`, 5_000_000), profile),
  );
});

describe('we fetch from helia', () => {
  test('an empty file', () => weFetch(peer, singleFile('', 0), DEFAULT));
  test.each(CONTENTS)('$name', ({ name, of }) => weFetch(peer, of(`they give ${name}`), DEFAULT));
  test.each(PROFILES)('5 MB in $name', (profile) =>
    weFetch(peer, singleFile(`they give ${profile.name}`, 5_000_000), profile),
  );
});

describe('the command line and helia', () => {
  test('a file of 100 MB: swarmchart daemon gives, helia agrees on the CID', async () => {
    const path = join(temporaryFolder(), 'large');
    const hashes = await writeLargeFile(path, 'daemon gives', 100);
    const { cid } = await theyFetchFromDaemon(peer, path, hashes);
    expect(await peer.request('addFile', { path })).toMatchObject({ cid });
  });

  test('a file of 100 MB: swarmchart get', async () => {
    const path = join(temporaryFolder(), 'large');
    const hashes = await writeLargeFile(path, 'get takes', 100);
    const { cid } = await peer.request('addFile', { path });
    await weGetFromPeer(peer, String(cid), hashes);
  });

  test('a folder of 1,000 files: swarmchart daemon gives, helia agrees on the CID', async () => {
    const files = flatFolder('daemon gives a folder', 1000);
    const path = await writeTree(join(temporaryFolder(), 'folder'), files);
    const { cid } = await theyFetchFromDaemon(peer, path, hashesOf(files));
    expect(await peer.request('addFile', { path })).toMatchObject({ cid });
  });

  test('a folder of 1,000 files: swarmchart get', async () => {
    const files = flatFolder('get takes a folder', 1000);
    const path = await writeTree(join(temporaryFolder(), 'folder'), files);
    const { cid } = await peer.request('addFile', { path });
    await weGetFromPeer(peer, String(cid), hashesOf(files));
  });
});
