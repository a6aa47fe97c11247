/** js-libp2p's Unix sockets, which its TCP transport has: who dials one comes from no address, and identify works all the same. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { startPeer, type Peer } from '../peers/peers.js';
import { liveNode, temporaryFolder } from '../support/live-node.js';

const unix = (): string => `/unix/${encodeURIComponent(join(temporaryFolder(), 'socket'))}`;

describe.each(['js-modern', 'js-v2', 'js-v1'] as const)('%s over a Unix socket', (name) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer(name);
  }, 300_000);
  afterAll(() => peer.stop());

  test('they dial: both identify', async () => {
    const node = await liveNode({ listen: [unix()] });
    const [address] = node.addresses;
    expect(await peer.request('identify', { address })).toMatchObject({
      peerId: node.peerId,
      agentVersion: 'swarmchart/0.1.0',
    });
    expect((await node.identify(peer.peerId)).protocols).toContain('/echo/1.0.0');
  });
});
