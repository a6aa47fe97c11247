/** Blocks over bitswap with live peers: fetched from helia and from Kubo, served to helia, and both at once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../../../src/host/host.js';
import type { PeerName } from '../../peers/peers.js';
import { chunksOf, collect, patternBytes } from '../../support/live-bytes.js';
import { expectEqual, next } from './expecting.js';
import type { Recipe, Recording } from './recipe.js';
import { startedPeer } from './started-peer.js';

/** Small, so that the fixture is. */
const CONTENT_BYTES = 200;
const PROFILE = { cidVersion: 1, rawLeaves: true } as const;

export const LIVE_CONTENT: readonly Recipe[] = [
  {
    name: 'bitswap-fetched-from-helia',
    title: 'one block over bitswap from helia, then closed',
    peers: ['js-modern'],
    record: (recording) => fetched(recording, 'js-modern', ['--helia']),
  },
  {
    name: 'bitswap-fetched-from-kubo',
    title: 'one block over bitswap from Kubo, then closed',
    peers: ['go-modern'],
    record: (recording) => fetched(recording, 'go-modern', ['--security', 'noise']),
  },
  {
    name: 'bitswap-served-to-helia',
    title: 'one block over bitswap to helia, which dialed us',
    peers: ['js-modern'],
    record: async (recording) => {
      const peer = await startedPeer(recording, 'js-modern', ['--helia']);
      const node = await recording.start({ security: ['noise'], limits: {} });
      const { cid } = await node.add(chunksOf(patternBytes('served', CONTENT_BYTES)), PROFILE);
      const closed = next(node, 'connection.closed');
      const answer = await peer.request('getBlocks', { cids: [cid.toString()], address: node.addresses[0] });
      expectEqual(answer['bytes'], CONTENT_BYTES, 'bytes that helia got');
      await peer.request('hangUp', { peerId: node.peerId });
      await closed;
    },
  },
  {
    name: 'two-connections-and-a-store',
    title: 'a block from helia over noise is served to go-libp2p 0.9 over secio, both connected at once',
    peers: ['js-modern', 'go-secio'],
    packed: true,
    record: async (recording) => {
      const source = await startedPeer(recording, 'js-modern', ['--helia']);
      const sink = await startedPeer(recording, 'go-secio', ['--key', 'ed25519']);
      const { cids } = await source.request('addBlocks', { count: 1, size: CONTENT_BYTES, seed: 2 });
      const [cid = ''] = cids as readonly string[];
      const node = await recording.start({ security: ['noise', 'secio'], limits: {} });
      await node.dial(source.addresses[0]);
      expectEqual((await fetchedBlock(node, cid)).length, CONTENT_BYTES, 'bytes that we got');
      const answer = await sink.request('get', { cid, address: node.addresses[0] });
      expectEqual(answer['bytes'], CONTENT_BYTES, 'bytes that go-libp2p got');
      expectEqual(node.connections().length, 2, 'connections at once');
    },
  },
];

async function fetched(recording: Recording, name: PeerName, flags: readonly string[]): Promise<void> {
  const peer = await startedPeer(recording, name, flags);
  const folder = mkdtempSync(join(tmpdir(), 'swarmchart-fixture-'));
  recording.onEnd(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'file');
  const bytes = patternBytes('fetched', CONTENT_BYTES);
  writeFileSync(path, bytes);
  const { cid } = await peer.request('addFile', { path, options: PROFILE });
  const node = await recording.start({ security: ['noise'], listen: [], limits: {} });
  await node.dial(peer.addresses[0]);
  await node.identify(peer.peerId);
  if (!Buffer.from(await fetchedBlock(node, String(cid))).equals(bytes)) throw new Error('the block differs');
  node.disconnect(peer.peerId);
}

async function fetchedBlock(node: Host, cid: string): Promise<Uint8Array> {
  return collect(node.cat(cid));
}
