/** Content both ways between the built command line and a peer, as a new user would do it. */
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Peer } from '../peers/peers.js';
import { serving, swarmchart, type Ended } from './command-line.js';
import { temporaryFolder } from './live-node.js';
import { hashDisk, hashesIn, type HashedFile } from './live-trees.js';

/** `swarmchart add`, then `swarmchart daemon`: the peer fetches from it. Answers the CID and the peer's milliseconds. */
export async function theyFetchFromDaemon(
  peer: Peer,
  path: string,
  expected: readonly HashedFile[],
  addOptions: readonly string[] = [],
): Promise<{ readonly cid: string; readonly millis: number }> {
  const repo = join(temporaryFolder(), 'repo');
  const cid = lastLine(wellEnded(await swarmchart('add', path, '--repo', repo, ...addOptions)));
  const daemon = await serving('daemon', '--repo', repo, '--listen', '/ip4/127.0.0.1/tcp/0');
  try {
    const answer = await peer.request('get', { cid, address: daemon.firstLine });
    expect(hashesIn(answer)).toEqual(expected);
    return { cid, millis: answer['millis'] as number };
  } finally {
    wellEnded(await daemon.stop());
  }
}

/** `swarmchart get` from the peer; answers what it said of itself. */
export async function weGetFromPeer(peer: Peer, cid: string, expected: readonly HashedFile[]): Promise<void> {
  const folder = temporaryFolder();
  const output = join(folder, 'output');
  const repo = join(folder, 'repo');
  wellEnded(await swarmchart('get', cid, '-o', output, '--peer', peer.addresses[0], '--repo', repo));
  expect(await hashDisk(output)).toEqual(expected);
}

function wellEnded(ended: Ended): Ended {
  expect(ended).toMatchObject({ code: 0 });
  return ended;
}

function lastLine({ stdout }: Ended): string {
  return stdout.trim().split('\n').at(-1) ?? '';
}
