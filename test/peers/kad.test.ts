/** The DHT peers judged against themselves, so that a failure of another suite is known to be ours and not theirs. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { ensurePeer, startPeer, type Peer, type PeerName } from './peers.js';

const INSTALL_MS = 300_000;
/** Ten nodes make a hundred handshakes, on a machine that has other work. */
const TEST_MS = 300_000;

const started: Peer[] = [];
const start = async (name: PeerName, ...args: string[]): Promise<Peer> => {
  const peer = await startPeer(name, args);
  started.push(peer);
  return peer;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((peer) => peer.stop()));
}, TEST_MS);

const SHA2_256 = 0x12;
const cidOf = (text: string, version: 0 | 1): string => {
  const digest = Digest.create(SHA2_256, createHash('sha256').update(text).digest());
  return (version === 0 ? CID.createV0(digest) : CID.createV1(0x55, digest)).toString();
};
const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Found {
  readonly peerId: string;
  readonly addresses: readonly string[];
}

const NETWORKS: readonly { name: PeerName; nodes: number; cidVersion: 0 | 1 }[] = [
  { name: 'js-kad', nodes: 10, cidVersion: 1 },
  { name: 'js-secio-kad', nodes: 5, cidVersion: 0 },
];

describe('peers with a DHT', () => {
  test.each(['js-kad', 'js-secio-kad'] as const)(
    '%s installs',
    async (name) => expect(await ensurePeer(name)).toEqual({ ready: true }),
    INSTALL_MS,
  );

  test.each(NETWORKS)(
    '$nodes nodes of $name find one another, what they provide and what they store',
    async ({ name, nodes, cidVersion }) => {
      const peer = await start(name, '--nodes', String(nodes));
      const { list } = (await peer.request('nodes')) as unknown as { readonly list: readonly Found[] };
      expect([new Set(list.map(({ peerId }) => peerId)).size, peer.addresses]).toEqual([
        nodes,
        list.map(({ addresses }) => addresses[0]),
      ]);
      await peer.request('mesh', {}, TEST_MS);
      await peer.request('waitTables', { n: nodes - 1 });
      const [first, last] = [0, nodes - 1];
      const middle = list[Math.floor(nodes / 2)]!;
      expect(await peer.request('findPeer', { peerId: middle.peerId, node: first })).toMatchObject({
        peerId: middle.peerId,
      });

      const cid = cidOf(name, cidVersion);
      await peer.request('provide', { cid, node: first });
      const { providers } = await peer.request('findProviders', { cid, node: last });
      expect((providers as readonly Found[]).map(({ peerId }) => peerId)).toEqual([list[0]!.peerId]);

      const key = base64('/v/a key');
      await peer.request('putValue', { key, value: base64('1 first'), node: 1 });
      expect(await peer.request('getValue', { key, node: last })).toMatchObject({ value: base64('1 first') });
      await peer.request('putValue', { key, value: base64('2 second'), node: last });
      expect(await peer.request('getValue', { key, node: 1 })).toMatchObject({ value: base64('2 second') });

      const { peers } = await peer.request('getClosestPeers', { key, node: first });
      const ids = list.map(({ peerId }) => peerId);
      expect((peers as readonly Found[]).length).toBeGreaterThan(0);
      expect((peers as readonly Found[]).filter(({ peerId }) => !ids.includes(peerId))).toEqual([]);
    },
    TEST_MS,
  );

  test(
    'a node in another process joins by one address',
    async () => {
      const [network, joining] = await Promise.all([start('js-kad', '--nodes', '4'), start('js-kad')]);
      await network.request('mesh');
      await joining.request('connect', { address: network.addresses[0] });
      await joining.request('waitTables', { n: 1 });
      const cid = cidOf('from outside', 1);
      await joining.request('provide', { cid });
      const { providers } = await network.request('findProviders', { cid, node: 3 });
      expect((providers as readonly Found[]).map(({ peerId }) => peerId)).toEqual([joining.peerId]);
    },
    TEST_MS,
  );

  test(
    'a command for a node that is not there says so',
    async () => {
      const peer = await start('js-kad');
      await expect(peer.request('tableSize', { node: 1 })).rejects.toThrow('there are 1 nodes, no number 1');
    },
    TEST_MS,
  );
});
