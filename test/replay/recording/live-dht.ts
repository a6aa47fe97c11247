/** DHTs of js-libp2p: asked by us, with names of IPNS and a random walk, and served by us, who provide to them. */
import { createHash } from 'node:crypto';
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { createIPNSRecord, marshalIPNSRecord, multihashToIPNSRoutingKey } from 'ipns';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { filter, firstValueFrom, lastValueFrom, toArray, type Observable } from 'rxjs';
import type { Host } from '../../../src/host/host.js';
import type { Peer } from '../../peers/peers.js';
import { chunksOf, patternBytes } from '../../support/live-bytes.js';
import { tableHolds } from '../../support/dht-table.js';
import { expectEqual } from './expecting.js';
import type { NodeOptions, Recipe, Recording } from './recipe.js';
import { startedPeer } from './started-peer.js';

/** As few as make a network, so that the fixtures are small. */
const NODES = 3;
const CLIENT = { dht: { mode: 'client', peers: 'any' } } as const;
const SERVER = { dht: { mode: 'server', peers: 'any' } } as const;
const PATH = '/ipfs/bafkreicvlo3bbc7bxzvrictsjhqx3eheiiefahj7hop7zdohhjv3edutui';

export const LIVE_DHT: readonly Recipe[] = [
  {
    name: 'dht-asked-js-libp2p',
    title: 'a client of a DHT of js-libp2p: a provider and a peer are found, and a random walk is gone',
    peers: ['js-kad'],
    packed: true,
    record: async (recording) => {
      const { peer, first } = await network(recording);
      const cid = cidOf('theirs');
      await peer.request('provide', { cid: cid.toString(), node: NODES - 1 });
      const routing = { ...CLIENT, randomWalk: { intervalMs: 1000 } };
      const node = await client(recording, first, { routing });
      const walked = machineIn(node, 'randomWalk', 'walking');
      const [found] = await all(node.routing.findProviders(cid));
      const { list } = (await peer.request('nodes')) as unknown as Nodes;
      const last = list[NODES - 1]?.peerId ?? '';
      expectEqual(found?.provider.id, last, 'who provides it');
      const [answer] = await all(node.routing.findPeer(last));
      expectEqual(answer?.peer.id, last, 'who was looked for');
      await walked;
      await machineIn(node, 'randomWalk', 'resting');
    },
  },
  {
    name: 'ipns-over-js-libp2p',
    title: 'names over a DHT of js-libp2p: ours is published, one of js-ipns is resolved',
    peers: ['js-kad'],
    packed: true,
    record: async (recording) => {
      const { peer, first } = await network(recording);
      const key = await generateKeyPairFromSeed('Ed25519', createHash('sha256').update('a name').digest());
      const name = peerIdFromPrivateKey(key);
      const record = marshalIPNSRecord(await createIPNSRecord(key, PATH, 1, 24 * 3_600_000));
      await peer.request('putValue', {
        key: base64(multihashToIPNSRoutingKey(name.toMultihash())),
        value: base64(record),
      });
      const node = await client(recording, first, { routing: CLIENT });
      expectEqual((await node.names.resolveBest(`/ipns/${name.toString()}`)).path, PATH, 'where the name leads');
      await node.names.publish(PATH);
    },
  },
  {
    name: 'dht-served-to-js-libp2p',
    title: 'a server in a DHT of js-libp2p: what is added is provided there, and the others ask',
    peers: ['js-kad'],
    packed: true,
    record: async (recording) => {
      const { peer, first } = await network(recording);
      const node = await client(recording, first, { routing: SERVER, listen: ['/ip4/127.0.0.1/tcp/0'] });
      const [providing] = node.providing;
      if (providing === undefined) throw new Error('nothing is provided');
      const provided = firstValueFrom(providing.events$.pipe(filter(({ type }) => type === 'region.provided')));
      const { cid } = await node.add(chunksOf(patternBytes('provided', 100)), { cidVersion: 1, rawLeaves: true });
      await provided;
      const { providers } = (await peer.request('findProviders', { cid: cid.toString(), node: 1, enough: 1 })) as {
        providers?: readonly { readonly peerId: string }[];
      };
      expectEqual(providers?.[0]?.peerId, node.peerId, 'who provides it');
      await peer.request('waitTables', { n: NODES });
      const asked = machineIn(node, 'kadInbound', 'finished');
      const { stored } = await peer.request('provide', { cid: cidOf('theirs').toString(), node: 1 });
      expectEqual((stored as readonly string[]).includes(node.peerId), true, 'whether it is told to us too');
      await asked;
    },
  },
];

interface Nodes {
  readonly list: readonly { readonly peerId: string; readonly addresses: readonly string[] }[];
}

/** Nodes that all know each other. */
async function network(recording: Recording): Promise<{ readonly peer: Peer; readonly first: string }> {
  const peer = await startedPeer(recording, 'js-kad', ['--nodes', String(NODES)]);
  await peer.request('mesh');
  await peer.request('waitTables', { n: NODES - 1 });
  return { peer, first: peer.addresses[0] };
}

/** A node that has all of them in its table. */
async function client(recording: Recording, first: string, options: NodeOptions): Promise<Host> {
  const node = await recording.start({ security: ['noise'], listen: [], limits: {}, bootstrap: [first], ...options });
  await tableHolds(node, NODES);
  return node;
}

/** When a machine is in a state for the next time. */
async function machineIn(node: Host, machine: string, state: string): Promise<void> {
  await firstValueFrom(node.transitions$.pipe(filter((notice) => notice.machine === machine && notice.to === state)));
}

function cidOf(text: string): CID {
  return CID.createV1(0x55, Digest.create(0x12, createHash('sha256').update(text).digest()));
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const all = <Answer>(answers: Observable<Answer>): Promise<Answer[]> => lastValueFrom(answers.pipe(toArray()));
