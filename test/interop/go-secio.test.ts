/**
 * go-libp2p 0.9 as the judge of the whole chain: multistream, secio, multistream, yamux, protocol, in both directions,
 * up to files over each version of bitswap.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host, TransitionNotice } from '../../src/index.js';
import { seededBytes, startPeer, type Peer } from '../peers/peers.js';
import { chunksOf, sha256Hex } from '../support/live-bytes.js';
import { profileOf, theyFetch, weFetch, type Profile } from '../support/live-content-suite.js';
import { echoed } from '../support/live-echo.js';
import { GO_KEY_PAIRS, privateKeyOf } from '../support/live-keys.js';
import { liveNode } from '../support/live-node.js';
import { suiteFor } from '../support/live-suites.js';
import { flatFolder, nestedFolder, singleFile } from '../support/live-trees.js';

const ECHO = '/echo/1.0.0';
const MIB = 1024 * 1024;

const suite = await suiteFor('go-secio');

/** Every step of the machines that make up one connection's chain, and of its echo stream, in order. */
function chainOf(node: Host): () => readonly string[] {
  const notices: TransitionNotice[] = [];
  const streams: string[] = [];
  node.transitions$.subscribe((notice) => notices.push(notice));
  node.events$.subscribe((event) => {
    if (event.type === 'stream.opened' && event.stream.protocol === ECHO) streams.push(event.stream.id);
  });
  return () =>
    notices
      .filter(
        ({ actor }) => /^conn:\d+(\/(multistream|secio|yamux))?$/.test(actor) || actor.startsWith(`${streams[0]}`),
      )
      .map(({ actor, machine, to }) => `${actor.includes('/yamux/') ? 'stream: ' : ''}${machine} ${to}`);
}

/** The states of the chain up to an open session; `dialer` and `listener` differ in what multistream awaits. */
function upgrade(role: 'dialer' | 'listener', secio: readonly string[]): readonly string[] {
  const negotiation =
    role === 'dialer'
      ? ['multistreamDialer awaitingHeader', 'multistreamDialer awaitingReply', 'multistreamDialer selected']
      : ['multistreamListener awaitingHeader', 'multistreamListener awaitingProposal', 'multistreamListener selected'];
  return [
    'connection upgrading.connecting',
    'connection upgrading.negotiatingSecurity',
    ...negotiation,
    'connection upgrading.handshaking',
    ...secio.map((state) => `secioHandshake ${state}`),
    'connection upgrading.negotiatingMuxer',
    ...negotiation,
    'connection open',
    'yamuxSession live.streams.open|live.keepAlive.resting',
  ];
}

/** Whose preferences win is up to the nonces: either way is a whole handshake. */
const SECIO_PATHS = [
  [
    'awaitingPropose',
    'selectingSuite',
    'awaitingExchange.sent',
    'verifyingExchange.sent',
    'awaitingNonce.sent',
    'checkingNonce.sent',
    'secured',
  ],
  [
    'awaitingPropose',
    'selectingSuite',
    'awaitingExchange.held',
    'verifyingExchange.held',
    'awaitingNonce.sent',
    'checkingNonce.sent',
    'secured',
  ],
  // A secret of P-256 that begins with a zero byte: one of 256.
  [
    'awaitingPropose',
    'selectingSuite',
    'awaitingExchange.sent',
    'verifyingExchange.sent',
    'awaitingNonce.held',
    'checkingNonce.held',
    'secured',
  ],
];

suite('the whole chain with go-libp2p 0.9', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-secio', ['--key', 'ed25519']);
  });
  afterAll(() => peer.stop());

  test('we dial: the states of every layer, one after another', async () => {
    const node = await liveNode({ security: ['secio'], listen: [], lazyNegotiation: false });
    const chain = chainOf(node);
    const stream = await node.openStream(peer.addresses[0], ECHO);
    const bytes = seededBytes(1, 1000);
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    await stream.closed;
    expect(node.connections()).toMatchObject([
      {
        remotePeer: peer.peerId,
        security: '/secio/1.0.0',
        muxer: '/yamux/1.0.0',
        agreed: { curve: 'P-256', cipher: 'AES-256', hash: 'SHA256' },
      },
    ]);
    const states = chain();
    expect(SECIO_PATHS.map((secio) => upgrade('dialer', secio))).toContainEqual(
      states.filter((state) => !state.startsWith('stream: ')),
    );
    expect(states.filter((state) => state.startsWith('stream: '))).toEqual([
      'stream: yamuxStream open.windowOpen',
      'stream: multistreamDialer awaitingHeader',
      'stream: multistreamDialer awaitingReply',
      'stream: multistreamDialer selected',
      // What was written and the half-close leave together, when the work at hand is done.
      'stream: yamuxStream open.draining',
      'stream: yamuxStream halfClosedLocal.receiving',
      'stream: yamuxStream closed',
    ]);
  });

  test('they dial: the states of every layer, one after another', async () => {
    const node = await liveNode({ security: ['secio'] });
    const chain = chainOf(node);
    const answer = await peer.request('echo', { address: node.addresses[0], size: 1000, seed: 2 });
    expect(answer).toMatchObject({ bytes: 1000, sha256: sha256Hex(seededBytes(2, 1000)) });
    const states = chain();
    expect(SECIO_PATHS.map((secio) => upgrade('listener', secio))).toContainEqual(
      states.filter((state) => !state.startsWith('stream: ')),
    );
    expect(states.filter((state) => state.startsWith('stream: ')).slice(0, 4)).toEqual([
      'stream: yamuxStream open.windowOpen',
      'stream: multistreamListener awaitingHeader',
      'stream: multistreamListener awaitingProposal',
      'stream: multistreamListener selected',
    ]);
  });

  test('identify and ping, asked and answered', async () => {
    const node = await liveNode({ security: ['secio'] });
    const address = node.addresses[0];
    const identify = await node.identify(peer.addresses[0]);
    expect(identify.protocols).toEqual(expect.arrayContaining([ECHO, '/ipfs/bitswap/1.2.0', '/ipfs/id/1.0.0']));
    expect(identify.observedAddress).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/);
    const times: number[] = [];
    for await (const roundTripMs of node.ping(peer.addresses[0], { count: 5 })) times.push(roundTripMs);
    expect(times.length).toBe(5);
    const told = await peer.request('identify', { address });
    expect(told).toMatchObject({ peerId: node.peerId, agentVersion: 'swarmchart/0.1.0' });
    expect(told['protocols']).toEqual(expect.arrayContaining(['/ipfs/bitswap/1.2.0', '/ipfs/ping/1.0.0']));
    expect(((await peer.request('ping', { address, count: 5 }))['rttMillis'] as number[]).length).toBe(5);
  });

  test.each([0, 1, 65_536, 262_144, 262_145, 5_000_000])('%i bytes there and back, sent by us', async (size) => {
    const node = await liveNode({ security: ['secio'], listen: [] });
    const bytes = seededBytes(size, size);
    const stream = await node.openStream(peer.addresses[0], ECHO);
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
  });

  test.each([1, 65_536, 262_144, 262_145, 5_000_000])('%i bytes there and back, sent by them', async (size) => {
    const node = await liveNode({ security: ['secio'] });
    const answer = await peer.request('echo', { address: node.addresses[0], size, seed: size });
    expect(answer).toMatchObject({ bytes: size, sha256: sha256Hex(seededBytes(size, size)) });
  });

  test('32 MiB each way on one stream', async () => {
    const node = await liveNode({ security: ['secio'] });
    const answer = await peer.request('perf', { address: node.addresses[0], send: 32 * MIB, receive: 32 * MIB });
    expect(answer).toMatchObject({ sent: 32 * MIB, received: 32 * MIB });
  });

  test('a hundred streams of ours at once, each its own bytes', async () => {
    const node = await liveNode({ security: ['secio'], listen: [] });
    await node.dial(peer.addresses[0]);
    const same = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const bytes = seededBytes(index + 1, 20_000 + index);
        const stream = await node.openStream(peer.addresses[0], ECHO);
        return sha256Hex(await echoed(stream, bytes, 999)) === sha256Hex(bytes);
      }),
    );
    expect(same.filter(Boolean).length).toBe(100);
    expect(node.connections().length).toBe(1);
  });

  test('a thousand streams of theirs, 32 at once', async () => {
    const node = await liveNode({ security: ['secio'] });
    const answer = await peer.request('echoMany', {
      address: node.addresses[0],
      count: 1000,
      concurrency: 32,
      size: 500,
      seed: 1,
    });
    expect(answer).toMatchObject({ count: 1000 });
  });

  test('a peer that never reads holds back the writer, and other streams go on', async () => {
    const node = await liveNode({ security: ['secio'], listen: [] });
    const stalled = await node.openStream(peer.addresses[0], '/stall/1.0.0');
    let written = 0;
    while (stalled.write(new Uint8Array(65_536))) {
      written += 65_536;
      expect(written).toBeLessThan(4 * MIB);
    }
    const bytes = seededBytes(3, 1_000_000);
    const stream = await node.openStream(peer.addresses[0], ECHO);
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    stalled.reset();
  });

  test('a node without secio is refused by name', async () => {
    const node = await liveNode({ listen: [] });
    await expect(node.dial(peer.addresses[0])).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      message: 'multistream: the peer speaks none of /noise',
    });
  });
});

suite('identities with go-libp2p 0.9, ours and theirs', () => {
  test.each(GO_KEY_PAIRS)('$name: dialed and accepted', async ({ ours, theirs }) => {
    const peer = await startPeer('go-secio', ['--key', theirs.flag]);
    try {
      const node = await liveNode({ security: ['secio'], privateKey: privateKeyOf(ours.type) });
      const bytes = seededBytes(9, 100_000);
      const stream = await node.openStream(peer.addresses[0], ECHO);
      expect(stream.connection.remotePeer).toBe(peer.peerId);
      expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
      const listening = await liveNode({ security: ['secio'], privateKey: privateKeyOf(ours.type) });
      await peer.request('hangUp', { peerId: node.peerId });
      const answer = await peer.request('echo', { address: listening.addresses[0], size: 100_000, seed: 9 });
      expect(answer).toMatchObject({ bytes: 100_000, sha256: sha256Hex(bytes) });
      expect(listening.connections()).toMatchObject([{ direction: 'inbound', remotePeer: peer.peerId }]);
    } finally {
      await peer.stop();
    }
  });
});

/** Kubo's defaults of then. */
const BY_DEFAULT: Profile = { ...profileOf(256 * 1024, false, 0, 174), name: 'as it adds by default', theirs: {} };
const RAW_LEAVES = profileOf(64 * 1024, true, 1, 174);
/** Bitswap 1.0.0 sends a block without a word of its CID: two such peers pass CIDv0 only, also among themselves. */
const VERSIONS = [
  { version: '1.2.0', profiles: [BY_DEFAULT, RAW_LEAVES] },
  { version: '1.1.0', profiles: [BY_DEFAULT, RAW_LEAVES] },
  { version: '1.0.0', profiles: [BY_DEFAULT] },
];

describe.each(VERSIONS)('bitswap $version', ({ version, profiles }) => {
  suite('with go-bitswap of May 2020, over secio', () => {
    const options = { security: ['secio'] } as const;
    let peer: Peer;
    beforeAll(async () => {
      peer = await startPeer('go-secio', ['--key', 'ed25519', '--bitswap', version]);
    });
    afterAll(() => peer.stop());

    test('is what both sides speak', async () => {
      const node = await liveNode(options);
      const spoken = new Set<string>();
      node.events$.subscribe((event) => {
        if (event.type === 'stream.opened' && event.stream.protocol.startsWith('/ipfs/bitswap')) {
          spoken.add(`${event.stream.direction} ${event.stream.protocol}`);
        }
      });
      const { cid } = await node.add(chunksOf(seededBytes(50, 1000)), BY_DEFAULT.ours);
      await peer.request('get', { cid: cid.toString(), address: node.addresses[0] });
      expect([...spoken].sort()).toEqual([`inbound /ipfs/bitswap/${version}`, `outbound /ipfs/bitswap/${version}`]);
    });

    test.each(profiles)('they fetch a file of 5 MB, $name', (profile) =>
      theyFetch(peer, singleFile(`we give ${version} ${profile.name}`, 5_000_000), profile, options),
    );
    test.each(profiles)('we fetch a file of 5 MB, $name', (profile) =>
      weFetch(peer, singleFile(`they give ${version} ${profile.name}`, 5_000_000), profile, options),
    );
    test('they fetch a folder of 1,000 files', () =>
      theyFetch(peer, flatFolder(`we give ${version}`, 1000), BY_DEFAULT, options));
    test('we fetch a folder of 1,000 files', () =>
      weFetch(peer, flatFolder(`they give ${version}`, 1000), BY_DEFAULT, options));
    test('they fetch folders in folders', () =>
      theyFetch(peer, nestedFolder(`we give ${version}`), BY_DEFAULT, options));
    test('we fetch folders in folders', () => weFetch(peer, nestedFolder(`they give ${version}`), BY_DEFAULT, options));
  });
});
