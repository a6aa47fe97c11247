/**
 * libp2p-secio (js) as the judge of secio: identities, suites, and its own reading of a secret with leading zeros.
 * Its full node speaks mplex (mplex.test.ts); here what the channel carries is a bare echo.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPeer, type Peer } from '../peers/peers.js';
import { KEY_PAIRS } from '../support/live-keys.js';
import { liveNode } from '../support/live-node.js';
import { rawSecioSuite } from '../support/raw-secio-suite.js';

// Its dials leave Nagle on and take 0.1 s each: four at a time keep the suite short.
rawSecioSuite({ peer: 'js-secio', keys: KEY_PAIRS, dialed: 300, accepted: 300, acceptedAtOnce: 4 });

describe('its full node, libp2p 0.28', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-secio', ['--key', 'ed25519']);
  });
  afterAll(() => peer.stop());

  test('asked by ls, it says in one message what it speaks', async () => {
    const node = await liveNode({ security: ['secio'], muxers: ['mplex'], listen: [] });
    const listed = await node.listProtocols(peer.addresses[0]);
    expect([...listed].sort()).toEqual([...(await node.identify(peer.peerId)).protocols].sort());
    expect(listed.length).toBeGreaterThan(2);
    expect(await node.listProtocols(peer.peerId)).toEqual(listed);
  });
});

describe('its full node, which has mplex only, when we offer yamux only', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-secio', ['--key', 'ed25519']);
  });
  afterAll(() => peer.stop());

  test('we dial: secio is secured, and the muxer is what fails', async () => {
    const node = await liveNode({ security: ['secio'], listen: [] });
    await expect(node.dial(peer.addresses[0])).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
      blame: 'remote',
      message: 'multistream: the peer speaks none of /yamux/1.0.0',
      details: {
        machine: 'multistreamDialer',
        state: 'awaitingReply',
        lastEvent: 'wire.na',
        peer: peer.peerId,
        timeline: expect.arrayContaining([
          expect.objectContaining({ machine: 'secioHandshake', state: 'secured' }),
          expect.objectContaining({ machine: 'connection', state: 'upgrading.negotiatingMuxer' }),
        ]),
      },
    });
  });

  test('they dial: the same, told as a failed connection', async () => {
    const node = await liveNode({ security: ['secio'] });
    const failed = new Promise((resolve) => {
      node.events$.subscribe((event) => event.type === 'connection.failed' && resolve(event));
    });
    await expect(peer.request('dial', { address: node.addresses[0] })).rejects.toThrow();
    expect(await failed).toMatchObject({ error: { details: { peer: peer.peerId } } });
  });
});
