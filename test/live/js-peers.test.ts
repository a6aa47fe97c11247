/** js-libp2p 3 as the judge of what nodes tell of themselves: the signed record, identify push both ways, the peerstore. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { firstValueFrom, filter } from 'rxjs';
import type { Host } from '../../src/host/host.js';
import type { PeerInfo } from '../../src/index.js';
import { startPeer, type Peer } from '../peers/peers.js';
import { KEY_PAIRS, privateKeyOf } from '../support/live-keys.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';

const PUSH = '/ipfs/id/push/1.0.0';
let peer: Peer;
beforeAll(async () => {
  peer = await startPeer('js-modern', ['--identify-push']);
});
afterAll(() => peer.stop());

interface Known {
  readonly protocols: readonly string[];
  readonly addresses: readonly { readonly address: string; readonly certified: boolean }[];
  readonly agentVersion: string;
  readonly hasRecord: boolean;
}

/** What the peer's peerstore knows of us, once `is` holds of it. */
async function known(node: Host, is: (known: Known) => boolean): Promise<Known> {
  for (;;) {
    const answer = await peer.request('knownPeer', { peerId: node.peerId }).catch((thrown: unknown) => {
      // Our dial is through before the peer has read the last message of the handshake.
      if (!String(thrown).includes('is not known')) throw thrown;
    });
    if (answer !== undefined && is(answer as unknown as Known)) return answer as unknown as Known;
  }
}

/** What we know of the peer, once `is` holds of it. */
async function learnt(node: Host, is: (info: PeerInfo) => boolean, of = peer.peerId): Promise<PeerInfo> {
  const now = await node.peers.get(of);
  if (now !== undefined && is(now)) return now;
  const changed = node.peers.changes$.pipe(filter(({ id, after }) => id === of && after !== undefined && is(after)));
  const { after } = await firstValueFrom(changed);
  return after as PeerInfo;
}

describe('the signed record', () => {
  const types = [...new Set(KEY_PAIRS.map(({ ours }) => ours.type))];

  test.each(types)('of our key of type %s is certified by js', async (type) => {
    const node = await liveNode({ privateKey: privateKeyOf(type) });
    await node.dial(peer.addresses[0]);
    const { addresses } = await known(node, ({ addresses }) => addresses.length > 0);
    const listening = node.addresses.map((address) => address.replace(/\/p2p\/.*$/, ''));
    expect(addresses).toEqual(listening.map((address) => ({ address, certified: true })));
    // The same peer id comes again: the peer must not take the old connection for it.
    await node.stop();
    await peer.request('hangUp', { peerId: node.peerId });
  });

  test.each(['rsa', 'ed25519', 'secp256k1'])('of a js peer with a key of type %s is certified by us', async (key) => {
    const signer = await startPeer('js-modern', ['--key', key]);
    try {
      const node = await liveNode();
      await signer.request('dial', { address: node.addresses[0] });
      const info = await learnt(node, ({ addresses }) => addresses.length > 0, signer.peerId);
      const address = signer.addresses[0].replace(/\/p2p\/.*$/, '');
      expect(info.addresses.map((one) => [one.address, one.source])).toEqual([[address, 'signed']]);
    } finally {
      await signer.stop();
    }
  });
});

describe('identify push', () => {
  test('js hears of a handler that we register, and of one that we take away', async () => {
    const node = await liveNode();
    await node.identify(peer.addresses[0]);
    expect((await learnt(node, ({ protocols }) => protocols.length > 0)).protocols).toContain(PUSH);
    node.registerHandle('/pushed/1.0.0', () => undefined);
    await known(node, ({ protocols }) => protocols.includes('/pushed/1.0.0'));
    node.unregisterHandle('/pushed/1.0.0');
    const { protocols } = await known(node, (now) => !now.protocols.includes('/pushed/1.0.0'));
    expect(protocols).toContain(PUSH);
  });

  test('we hear of a handler that js registers, and of one that it takes away', async () => {
    const node = await liveNode();
    await node.identify(peer.addresses[0]);
    await peer.request('handle', { protocol: '/theirs/1.0.0' });
    await learnt(node, ({ protocols }) => protocols.includes('/theirs/1.0.0'));
    await peer.request('unhandle', { protocol: '/theirs/1.0.0' });
    const { protocols } = await learnt(node, (info) => !info.protocols.includes('/theirs/1.0.0'));
    expect(protocols).toContain('/ipfs/ping/1.0.0');
  });
});

test('the repo remembers: the next node dials js by its id alone', async () => {
  const repo = temporaryFolder();
  const first = await liveNode({ repo, listen: [] });
  await first.identify(peer.addresses[0]);
  await first.stop();
  const second = await liveNode({ repo, listen: [] });
  expect(await second.dial(peer.peerId)).toMatchObject({ state: 'open', remotePeer: peer.peerId });
  expect((await second.peers.get(peer.peerId))?.agentVersion).toMatch(/libp2p/);
});

test('the ping monitor measures a js peer', async () => {
  const node = await liveNode({ listen: [], pingMonitor: { intervalMs: 20 } });
  await node.dial(peer.addresses[0]);
  const { latencyMs } = await learnt(node, (info) => info.latencyMs !== undefined);
  expect(latencyMs).toBeGreaterThan(0);
  expect(node.connections().length).toBe(1);
});
