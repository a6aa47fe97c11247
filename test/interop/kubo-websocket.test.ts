/** Kubo's WebSocket transport as the judge of ours, both directions. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPeer, type Peer } from '../peers/peers.js';
import { liveNode } from '../support/live-node.js';
import { suiteFor } from '../support/live-suites.js';

const LISTEN = '/ip4/127.0.0.1/tcp/0/ws';
const suite = await suiteFor('go-modern');

suite('Kubo over WebSocket', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('go-modern', ['--listen', LISTEN]);
  });
  afterAll(() => peer.stop());

  test('we dial: identify and ping', async () => {
    const node = await liveNode({ listen: [] });
    const [address] = peer.addresses;
    expect(address).toMatch(/\/tcp\/\d+\/ws\/p2p\//);
    expect(await node.dial(address)).toMatchObject({
      remotePeer: peer.peerId,
      security: '/noise',
      muxer: '/yamux/1.0.0',
    });
    expect((await node.identify(address)).agentVersion).toMatch(/^kubo\//);
    for await (const roundTripMs of node.ping(address)) expect(roundTripMs).toBeGreaterThan(0);
  });

  test('they dial: identify and ping', async () => {
    const node = await liveNode({ listen: [LISTEN] });
    const address = node.addresses[0];
    expect(await peer.request('identify', { address })).toMatchObject({ peerId: node.peerId });
    expect(((await peer.request('ping', { address, count: 1 }))['rttMillis'] as number[]).length).toBe(1);
    expect(node.connections()).toMatchObject([{ direction: 'inbound', remotePeer: peer.peerId, security: '/noise' }]);
  });
});
