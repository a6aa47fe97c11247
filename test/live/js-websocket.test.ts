/** js-libp2p's WebSocket transport as the judge of ours, both directions. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededBytes, startPeer, type Peer } from '../peers/peers.js';
import { sha256Hex } from '../support/live-bytes.js';
import { echoed } from '../support/live-echo.js';
import { eventually } from '../support/hostile-pipe.js';
import { liveNode } from '../support/live-node.js';

const LISTEN = '/ip4/127.0.0.1/tcp/0/ws';

describe('js-libp2p over WebSocket', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-modern', ['--listen', LISTEN]);
  });
  afterAll(() => peer.stop());

  test('we dial: agreed as expected, identify, ping', async () => {
    const node = await liveNode({ listen: [] });
    const [address] = peer.addresses;
    expect(address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\//);
    const connection = await node.dial(address);
    expect(connection).toMatchObject({
      state: 'open',
      remotePeer: peer.peerId,
      security: '/noise',
      muxer: '/yamux/1.0.0',
    });
    const identify = await node.identify(address);
    expect(identify.observedAddress).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/);
    for await (const roundTripMs of node.ping(address)) expect(roundTripMs).toBeGreaterThan(0);
  });

  test('they dial: identify tells who we are, ping is answered', async () => {
    const node = await liveNode({ listen: [LISTEN] });
    const address = node.addresses[0];
    expect(address).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws\/p2p\//);
    expect(await peer.request('dial', { address })).toMatchObject({ peerId: node.peerId });
    const identify = await peer.request('identify', { address });
    expect(identify['listenAddresses']).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws$/)]);
    expect(((await peer.request('ping', { address, count: 3 }))['rttMillis'] as number[]).length).toBe(3);
    expect(node.connections()).toMatchObject([{ direction: 'inbound', remotePeer: peer.peerId }]);
  });

  test.each([0, 1, 65_535, 65_536, 262_145, 5_000_000])('we send %i bytes and get them back', async (size) => {
    const node = await liveNode({ listen: [] });
    const bytes = seededBytes(size, size);
    const stream = await node.openStream(peer.addresses[0], '/echo/1.0.0');
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    await stream.closed;
  });

  test('they send 3 MB and get them back; 32 MiB each way on one stream', async () => {
    const node = await liveNode({ listen: [LISTEN] });
    const address = node.addresses[0];
    const size = 3_000_001;
    expect(await peer.request('echo', { address, size, seed: 7 })).toMatchObject({
      bytes: size,
      sha256: sha256Hex(seededBytes(7, size)),
    });
    const perf = await peer.request('perf', { address, send: 33_554_432, receive: 33_554_432 });
    expect(perf).toMatchObject({ sent: 33_554_432, received: 33_554_432 });
  });

  test('a peer that never reads holds back the writer, and other streams go on', async () => {
    const node = await liveNode({ listen: [] });
    const stalled = await node.openStream(peer.addresses[0], '/stall/1.0.0');
    while (stalled.write(new Uint8Array(65_536))) await Promise.resolve();
    const bytes = seededBytes(3, 1_000_000);
    const stream = await node.openStream(peer.addresses[0], '/echo/1.0.0');
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    stalled.reset();
  });

  test('either side closes: the other one sees a connection that ended well', async () => {
    const node = await liveNode({ listen: [LISTEN] });
    const ended: unknown[] = [];
    node.events$.subscribe((event) => event.type === 'connection.closed' && ended.push(event.error ?? 'well'));
    await node.dial(peer.addresses[0]);
    node.disconnect(peer.peerId);
    await eventually('ours is over', () => ended.length === 1);
    while ((await peer.request('connections'))['count'] !== 0);
    await peer.request('dial', { address: node.addresses[0] });
    await peer.request('hangUp', { peerId: node.peerId });
    await eventually('the second is over', () => ended.length === 2);
    expect(ended).toEqual(['well', 'well']);
  });
});
