/** Kubo as the judge of content, of noise and of TLS: it fetches from us and we from it, and the CIDs agree. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPeer, type Peer } from '../peers/peers.js';
import { theyFetchFromDaemon, weGetFromPeer } from '../support/live-command-line.js';
import type { Host } from '../../src/host/host.js';
import { profileOf, theyFetch, weFetch, type Profile } from '../support/live-content-suite.js';
import { privateKeyOf } from '../support/live-keys.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';
import { suiteFor } from '../support/live-suites.js';
import {
  flatFolder,
  hashesOf,
  nestedFolder,
  singleFile,
  writeLargeFile,
  writeTree,
  type TreeFile,
} from '../support/live-trees.js';

/** What `ipfs add` does without options. */
const AS_IPFS_ADD: Profile = { name: 'unixfs-v0-2015', ours: { profile: 'unixfs-v0-2015' }, theirs: {} };
const AS_2025: Profile = {
  name: 'unixfs-v1-2025',
  ours: { profile: 'unixfs-v1-2025' },
  theirs: { cidVersion: 1, rawLeaves: true, chunkSize: 1024 * 1024, maxLinks: 1024 },
};
const BY_DEFAULT: Profile = { name: 'our default', ours: {}, theirs: AS_2025.theirs };
const PROFILES = [
  AS_IPFS_ADD,
  AS_2025,
  BY_DEFAULT,
  profileOf(64 * 1024, true, 1, 174),
  profileOf(16 * 1024, false, 1, 11),
];
const EMPTY: TreeFile = { path: 'empty', bytes: new Uint8Array(0) };

/** Each content comes in two editions, one a direction: what a side has already it would not fetch. */
const CONTENTS: readonly { readonly name: string; readonly of: (seed: string) => readonly TreeFile[] }[] = [
  { name: 'a file of one block', of: (seed) => singleFile(seed, 1000) },
  // With raw leaves the empty one is a block of no bytes, which Kubo takes but never sends.
  { name: 'a folder of 1,000 files and an empty one', of: (seed) => [...flatFolder(seed, 1000), EMPTY] },
  { name: 'folders in folders', of: nestedFolder },
  // Names and CIDs above 256 KiB: the directory is a tree of shards.
  { name: 'a sharded folder', of: (seed) => flatFolder(seed, 1200, 200) },
];

const suite = await suiteFor('go-modern');

suite('Kubo', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-modern');
  });
  afterAll(() => peer.stop());

  describe('connections over noise, though it likes TLS better', () => {
    test('we dial: identify and ping', async () => {
      const node = await liveNode({ listen: [] });
      const connection = await node.dial(peer.addresses[0]);
      expect(connection).toMatchObject({ remotePeer: peer.peerId, security: '/noise', muxer: '/yamux/1.0.0' });
      const identify = await node.identify(peer.addresses[0]);
      expect(identify.agentVersion).toMatch(/^kubo\/0\.40\./);
      expect(identify.protocols).toEqual(expect.arrayContaining(['/ipfs/bitswap/1.2.0', '/ipfs/ping/1.0.0']));
      const times: number[] = [];
      for await (const roundTripMs of node.ping(peer.addresses[0], { count: 5 })) times.push(roundTripMs);
      expect(times.length).toBe(5);
    });

    test('they dial: identify and ping', async () => {
      const node = await liveNode();
      const address = node.addresses[0];
      const told = await peer.request('identify', { address });
      expect(told).toMatchObject({ peerId: node.peerId, agentVersion: 'swarmchart/0.1.0' });
      expect(told['protocols']).toEqual(expect.arrayContaining(['/ipfs/bitswap/1.2.0', '/ipfs/id/1.0.0']));
      expect(((await peer.request('ping', { address, count: 2 }))['rttMillis'] as number[]).length).toBe(2);
      expect(node.connections()).toMatchObject([{ direction: 'inbound', remotePeer: peer.peerId, security: '/noise' }]);
    });
  });

  describe('it fetches from us', () => {
    test.each(CONTENTS)('$name', ({ name, of }) => theyFetch(peer, of(`we give ${name}`), BY_DEFAULT));
    test.each(PROFILES)('5 MB, $name', (profile) =>
      theyFetch(peer, singleFile(`we give ${profile.name}`, 5_000_000), profile),
    );
    test('a folder of 1,000 files, unixfs-v0-2015', () =>
      theyFetch(peer, flatFolder('we give as ipfs add', 1000), AS_IPFS_ADD));
    test('a sharded folder, unixfs-v0-2015', () =>
      theyFetch(peer, flatFolder('we give shards as ipfs add', 1300, 200), AS_IPFS_ADD));
  });

  describe('we fetch from it', () => {
    test.each(CONTENTS)('$name', ({ name, of }) => weFetch(peer, of(`they give ${name}`), BY_DEFAULT));
    test.each(PROFILES)('5 MB, $name', (profile) =>
      weFetch(peer, singleFile(`they give ${profile.name}`, 5_000_000), profile),
    );
    test('a folder of 1,000 files, unixfs-v0-2015', () =>
      weFetch(peer, flatFolder('they give as ipfs add', 1000), AS_IPFS_ADD));
    test('a sharded folder, unixfs-v0-2015', () =>
      weFetch(peer, flatFolder('they give shards as ipfs add', 1300, 200), AS_IPFS_ADD));
  });

  describe('and the command line', () => {
    test('a file of 100 MB: swarmchart daemon gives, the CID is that of ipfs add', async () => {
      const path = join(temporaryFolder(), 'large');
      const hashes = await writeLargeFile(path, 'daemon gives', 100);
      const { cid } = await theyFetchFromDaemon(peer, path, hashes, ['--profile', 'unixfs-v0-2015']);
      expect(await peer.request('addFile', { path })).toMatchObject({ cid });
    });

    test('a file of 100 MB: swarmchart get', async () => {
      const path = join(temporaryFolder(), 'large');
      const hashes = await writeLargeFile(path, 'get takes', 100);
      const { cid } = await peer.request('addFile', { path });
      await weGetFromPeer(peer, String(cid), hashes);
    });

    test('a folder of 1,000 files: swarmchart daemon gives, the CID is that of ipfs add', async () => {
      const files = flatFolder('daemon gives a folder', 1000);
      const path = await writeTree(join(temporaryFolder(), 'folder'), files);
      const { cid } = await theyFetchFromDaemon(peer, path, hashesOf(files), ['--profile', 'unixfs-v0-2015']);
      expect(await peer.request('addFile', { path })).toMatchObject({ cid });
    });

    test('a folder of 1,000 files: swarmchart get', async () => {
      const files = flatFolder('get takes a folder', 1000);
      const path = await writeTree(join(temporaryFolder(), 'folder'), files);
      const { cid } = await peer.request('addFile', { path });
      await weGetFromPeer(peer, String(cid), hashesOf(files));
    });
  });
});

suite('Kubo with TLS alone', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-modern', ['--security', 'tls']);
  });
  afterAll(() => peer.stop());

  test('we dial: refused by name', async () => {
    const node = await liveNode({ listen: [] });
    await expect(node.dial(peer.addresses[0])).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      blame: 'remote',
      message: 'multistream: the peer speaks none of /noise',
      details: { machine: 'multistreamLazyDialer', state: 'awaitingEcho', lastEvent: 'wire.na' },
    });
  });

  test('they dial: /tls/1.0.0 is answered with na, and the node goes on', async () => {
    const node = await liveNode();
    await expect(peer.request('dial', { address: node.addresses[0] })).rejects.toThrow(
      /security protocol|protocols not supported/,
    );
    const other = await liveNode({ listen: [] });
    expect(await other.dial(node.addresses[0] ?? '')).toMatchObject({ state: 'open' });
  });
});

suite('Kubo over TLS', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-modern', ['--security', 'tls']);
  });
  afterAll(() => peer.stop());

  /** The way of every connection of a node. */
  const waysOf = (node: Host): string[] => {
    const ways: string[] = [];
    node.transitions$.subscribe(({ machine, to }) => machine === 'connection' && ways.push(to));
    return ways;
  };
  /** Without `upgrading.negotiatingMuxer`: the muxer came with the application protocol. */
  const WITH_ALPN = ['upgrading.connecting', 'upgrading.negotiatingSecurity', 'upgrading.handshaking', 'open'];

  test('we dial: identify and ping, the muxer by ALPN', async () => {
    const node = await liveNode({ security: ['tls'], listen: [] });
    const ways = waysOf(node);
    const connection = await node.dial(peer.addresses[0]);
    expect(connection).toMatchObject({ remotePeer: peer.peerId, security: '/tls/1.0.0', muxer: '/yamux/1.0.0' });
    expect(ways).toEqual(WITH_ALPN);
    const identify = await node.identify(peer.addresses[0]);
    expect(identify.agentVersion).toMatch(/^kubo\/0\.40\./);
    const times: number[] = [];
    for await (const roundTripMs of node.ping(peer.addresses[0], { count: 5 })) times.push(roundTripMs);
    expect(times.length).toBe(5);
  });

  test('they dial: identify and ping, the muxer by ALPN', async () => {
    const node = await liveNode({ security: ['tls'] });
    const ways = waysOf(node);
    const address = node.addresses[0];
    expect(await peer.request('identify', { address })).toMatchObject({ peerId: node.peerId });
    expect(((await peer.request('ping', { address, count: 2 }))['rttMillis'] as number[]).length).toBe(2);
    expect(node.connections()).toMatchObject([
      { direction: 'inbound', remotePeer: peer.peerId, security: '/tls/1.0.0', muxer: '/yamux/1.0.0' },
    ]);
    expect(ways).toEqual(WITH_ALPN);
  });

  test('another peer id than the one that answers is refused', async () => {
    const node = await liveNode({ security: ['tls'], listen: [] });
    const wrong = peer.addresses[0].replace(peer.peerId, '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5');
    await expect(node.dial(wrong)).rejects.toMatchObject({
      code: 'ERR_PEER_ID_MISMATCH',
      details: { machine: 'tlsClient', state: 'judgingCertificate' },
    });
  });

  test.each([1000, 5_000_000])('it fetches %i bytes from us', (size) =>
    theyFetch(peer, singleFile(`we give ${size} over TLS`, size), BY_DEFAULT, { security: ['tls'] }),
  );
  test.each([1000, 5_000_000])('we fetch %i bytes from it', (size) =>
    weFetch(peer, singleFile(`they give ${size} over TLS`, size), BY_DEFAULT, { security: ['tls'] }),
  );
});

suite('identities with Kubo', () => {
  const PAIRS = [
    ['RSA', 'rsa'],
    ['Secp256k1', 'ed25519'],
    ['ECDSA', 'ecdsa'],
    ['ECDSA', 'ed25519'],
    ['Ed25519', 'ecdsa'],
  ] as const;
  const cases = (['tls', 'noise'] as const).flatMap((security) => PAIRS.map((pair) => [security, ...pair] as const));

  test.each(cases)(
    'over %s, ours of %s, theirs of %s: identify and ping, both ways',
    async (security, ours, theirs) => {
      const other = await startPeer('go-modern', ['--security', security, '--key', theirs]);
      try {
        expect(other.peerId).toMatch(theirs === 'ed25519' ? /^12D3KooW/ : /^Qm/);
        const privateKey = privateKeyOf(ours);
        const dialing = await liveNode({ security: [security], privateKey, listen: [] });
        expect(await dialing.dial(other.addresses[0])).toMatchObject({ remotePeer: other.peerId });
        expect((await dialing.identify(other.addresses[0])).agentVersion).toMatch(/^kubo\/0\.40\./);
        await dialing.stop();
        const listening = await liveNode({ security: [security], privateKey });
        const [address] = listening.addresses;
        expect(await other.request('identify', { address })).toMatchObject({ peerId: listening.peerId });
        expect(((await other.request('ping', { address, count: 2 }))['rttMillis'] as number[]).length).toBe(2);
        expect(listening.connections()).toMatchObject([{ direction: 'inbound', remotePeer: other.peerId }]);
      } finally {
        await other.stop();
      }
    },
  );
});

suite('Kubo with both', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-modern');
  });
  afterAll(() => peer.stop());

  test('it dials with TLS where we have it, and we with what we like best', async () => {
    const node = await liveNode({ security: ['noise', 'tls'] });
    await peer.request('dial', { address: node.addresses[0] });
    expect(node.connections()).toMatchObject([{ direction: 'inbound', security: '/tls/1.0.0' }]);
    const other = await liveNode({ security: ['noise', 'tls'], listen: [] });
    expect(await other.dial(peer.addresses[0])).toMatchObject({ security: '/noise' });
  });
});
