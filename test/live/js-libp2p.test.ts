/** js-libp2p 3 as the judge of the chain: noise, TLS or plaintext, the early muxer, yamux, identify, ping, both directions. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededBytes, startPeer, type Peer } from '../peers/peers.js';
import { sha256Hex } from '../support/live-bytes.js';
import { echoed } from '../support/live-echo.js';
import { KEY_PAIRS, privateKeyOf } from '../support/live-keys.js';
import { liveNode } from '../support/live-node.js';

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';

describe.each([
  { security: 'noise', id: '/noise' },
  { security: 'tls', id: '/tls/1.0.0' },
  { security: 'plaintext', id: '/plaintext/2.0.0' },
] as const)('js-libp2p over $security', ({ security, id }) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-modern', ['--security', security]);
  });
  afterAll(() => peer.stop());

  test('we dial: agreed as expected, identify both ways, ping', async () => {
    const node = await liveNode({ security: [security], listen: [] });
    const connection = await node.dial(peer.addresses[0]);
    expect(connection).toMatchObject({ state: 'open', remotePeer: peer.peerId, security: id, muxer: '/yamux/1.0.0' });
    const identify = await node.identify(peer.addresses[0]);
    expect(identify.agentVersion).toMatch(/libp2p/);
    expect(identify.protocols).toEqual(expect.arrayContaining([ECHO, PERF, '/ipfs/ping/1.0.0', '/ipfs/id/1.0.0']));
    expect(identify.observedAddress).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/);
    const times: number[] = [];
    for await (const roundTripMs of node.ping(peer.addresses[0], { count: 5 })) times.push(roundTripMs);
    expect(times.length).toBe(5);
  });

  test('they dial: identify tells who we are, ping is answered, the bytes come back', async () => {
    const node = await liveNode({ security: [security] });
    const address = node.addresses[0];
    expect(await peer.request('dial', { address })).toMatchObject({ peerId: node.peerId });
    const identify = await peer.request('identify', { address });
    expect(identify).toMatchObject({ agentVersion: 'swarmchart/0.1.0' });
    expect(identify['protocols']).toEqual(
      expect.arrayContaining(['/ipfs/bitswap/1.2.0', '/ipfs/id/1.0.0', ECHO, PERF]),
    );
    expect(identify['listenAddresses']).toEqual(
      expect.arrayContaining([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\//)]),
    );
    expect(((await peer.request('ping', { address, count: 3 }))['rttMillis'] as number[]).length).toBe(3);
    const size = 3_000_001;
    expect(await peer.request('echo', { address, size, seed: 7 })).toMatchObject({
      bytes: size,
      sha256: sha256Hex(seededBytes(7, size)),
    });
  });

  test.each([0, 1, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 5_000_000])(
    'we send %i bytes and get them back',
    async (size) => {
      const node = await liveNode({ security: [security], listen: [] });
      const bytes = seededBytes(size, size);
      const stream = await node.openStream(peer.addresses[0], ECHO);
      expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
      await stream.closed;
    },
  );

  test('a hundred streams at once, each its own bytes', async () => {
    const node = await liveNode({ security: [security], listen: [] });
    await node.identify(peer.addresses[0]);
    const results = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const bytes = seededBytes(index + 1, 20_000 + index);
        const stream = await node.openStream(peer.addresses[0], ECHO);
        return sha256Hex(await echoed(stream, bytes, 999)) === sha256Hex(bytes);
      }),
    );
    expect(results.filter((same) => same).length).toBe(100);
    expect(node.connections().length).toBe(1);
  });

  test('they open five hundred streams, 32 at once', async () => {
    const node = await liveNode({ security: [security] });
    const result = await peer.request('echoMany', {
      address: node.addresses[0],
      count: 500,
      concurrency: 32,
      size: 64,
      seed: 1,
    });
    expect(result).toMatchObject({ count: 500 });
  });

  test('32 MiB each way on one stream, from both sides', async () => {
    const node = await liveNode({ security: [security] });
    const result = await peer.request('perf', { address: node.addresses[0], send: 33_554_432, receive: 33_554_432 });
    expect(result).toMatchObject({ sent: 33_554_432, received: 33_554_432 });
  });
});

describe.each(['noise', 'tls'] as const)('identities over %s, ours and theirs', (security) => {
  test.each(KEY_PAIRS)('$name: dialed and accepted', async ({ ours, theirs }) => {
    const peer = await startPeer('js-modern', ['--key', theirs.flag, '--security', security]);
    try {
      const dialing = await liveNode({ privateKey: privateKeyOf(ours.type), listen: [], security: [security] });
      expect(await dialing.dial(peer.addresses[0])).toMatchObject({ state: 'open', remotePeer: peer.peerId });
      // The same peer id comes again: the peer must not take the old connection for it.
      await dialing.stop();
      await peer.request('hangUp', { peerId: dialing.peerId });
      const listening = await liveNode({ privateKey: privateKeyOf(ours.type), security: [security] });
      const address = listening.addresses[0];
      expect(await peer.request('identify', { address })).toMatchObject({ peerId: listening.peerId });
      const [connection] = listening.connections();
      expect(connection).toMatchObject({ state: 'open', direction: 'inbound', remotePeer: peer.peerId });
    } finally {
      await peer.stop();
    }
  });
});

describe('failures against js-libp2p', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-modern');
  });
  afterAll(() => peer.stop());

  test('no security in common is named, with what was offered', async () => {
    const node = await liveNode({ security: ['secio'], listen: [] });
    await expect(node.dial(peer.addresses[0])).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      message: 'multistream: the peer speaks none of /secio/1.0.0',
      details: { machine: 'multistreamLazyDialer', state: 'awaitingEcho', lastEvent: 'wire.na' },
    });
  });

  test('another peer id than the one that answers is refused', async () => {
    const node = await liveNode({ listen: [] });
    const wrong = peer.addresses[0].replace(peer.peerId, '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5');
    await expect(node.dial(wrong)).rejects.toMatchObject({ code: 'ERR_PEER_ID_MISMATCH' });
  });

  test('a peer that never reads holds back the writer, and other streams go on', async () => {
    const node = await liveNode({ listen: [] });
    const stalled = await node.openStream(peer.addresses[0], '/stall/1.0.0');
    let written = 0;
    while (stalled.write(new Uint8Array(65_536))) {
      written += 65_536;
      expect(written).toBeLessThan(64 * 1024 * 1024);
    }
    const bytes = seededBytes(3, 1_000_000);
    const stream = await node.openStream(peer.addresses[0], ECHO);
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    expect(written).toBeLessThan(4 * 1024 * 1024);
    stalled.reset();
  });
});
