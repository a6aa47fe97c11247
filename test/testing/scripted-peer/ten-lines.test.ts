/** What a user writes: a test of the engine, or of any peer over TCP, in ten lines. */
import { expect, test } from '@jest/globals';
import { createNode } from '../../../src/create-node.js';
import { scriptedPeer, tcp, tcpListener } from '../../../src/testing/scripted-peer/index.js';

// prettier-ignore
test('a node refuses an Exchange with a wrong signature', async () => {
  const node = await createNode({ security: ['secio'] });
  const failed = new Promise((resolve) => node.events$.subscribe((event) => 'error' in event && resolve(event.error)));
  await scriptedPeer({ over: tcp(String(node.addresses[0])) })
    .multistream.sendHeader().propose('/secio/1.0.0').expectHeader().expectEcho()
    .secio.sendPropose({ exchanges: ['P-256'] }).expectPropose().sendExchange({ signature: 'wrong' }).expectClose()
    .run();
  expect(await failed).toMatchObject({ code: 'ERR_SECIO_BAD_SIGNATURE' });
  await node.stop();
});

// prettier-ignore
test('a node pings whoever it dialed', async () => {
  const peer = scriptedPeer({ over: tcpListener() })
    .multistream.accept('/noise').noise.handshake().multistream.accept('/yamux/1.0.0')
    .yamux.accept('/ipfs/ping/1.0.0', { name: 'ping' }).expectBytes(32, { as: 'payload' }).sendBytes({ saved: 'payload' })
    .start();
  const node = await createNode({ listen: [] });
  for await (const roundTripMs of node.ping(await peer.address)) expect(roundTripMs).toBeGreaterThan(0);
  await node.stop();
  expect((await peer.outcome).remotePeer).toBe(node.peerId);
});
