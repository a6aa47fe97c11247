/** Dials that cross, over real sockets: two nodes of ours, and one of ours with js-libp2p, which knows no rule for them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { peerIdToBytes } from '../../src/crypto/peer-id.js';
import type { Host } from '../../src/host/host.js';
import { sha256Hex } from '../support/live-bytes.js';
import { echoed } from '../support/live-echo.js';
import { liveNode } from '../support/live-node.js';
import { seededBytes, startPeer, type Peer } from '../peers/peers.js';

const ECHO = '/echo/1.0.0';
const BYTES = seededBytes(1, 100_000);

/** The way in which the one with the id `own` sees the connection that both keep. */
function keptDirection(own: string, other: string): string {
  return Buffer.compare(peerIdToBytes(own), peerIdToBytes(other)) < 0 ? 'outbound' : 'inbound';
}

function directionsOf(node: Host): readonly string[] {
  return node.connections().map(({ direction }) => direction);
}

/** As soon as it has one connection. */
async function hasOne(node: Host): Promise<void> {
  if (node.connections().length === 1) return;
  await firstValueFrom(
    node.events$.pipe(filter(({ type }) => type === 'connection.closed' && node.connections().length === 1)),
  );
}

async function expectEcho(node: Host, target: string): Promise<void> {
  const stream = await node.openStream(target, ECHO);
  expect(sha256Hex(await echoed(stream, BYTES))).toBe(sha256Hex(BYTES));
}

test('two nodes of ours come to have one connection, the same one, and never none', async () => {
  const [alice, bob] = [await liveNode(), await liveNode()];
  const gone: string[] = [];
  for (const { events$ } of [alice, bob]) {
    events$.subscribe(({ type }) => {
      if (type === 'peer.disconnected') gone.push(type);
    });
  }
  await Promise.all([alice.dial(bob.addresses[0] ?? ''), bob.dial(alice.addresses[0] ?? '')]);
  await Promise.all([expectEcho(alice, bob.peerId), expectEcho(bob, alice.peerId)]);
  expect([directionsOf(alice).length, directionsOf(bob).length]).toEqual([2, 2]);
  await Promise.all([hasOne(alice), hasOne(bob)]);
  expect(directionsOf(alice)).toEqual([keptDirection(alice.peerId, bob.peerId)]);
  expect(directionsOf(bob)).toEqual([keptDirection(bob.peerId, alice.peerId)]);
  await Promise.all([expectEcho(alice, bob.peerId), expectEcho(bob, alice.peerId)]);
  expect(gone).toEqual([]);
});

describe('with js-libp2p', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-modern');
  });
  afterAll(() => peer.stop());

  /** Until both were on their way before either had come in. */
  async function cross(node: Host): Promise<void> {
    const address = node.addresses[0] ?? '';
    for (let attempt = 0; attempt < 50; attempt++) {
      await Promise.all([peer.request('dial', { address }), node.dial(peer.addresses[0])]);
      if (node.connections().length === 2) return;
      await peer.request('hangUp', { peerId: node.peerId });
      for (const { id } of node.connections()) node.closeConnection(id);
    }
    throw new Error('no dials crossed');
  }

  test('the idle one goes, and both go on over the other one', async () => {
    const node = await liveNode();
    await cross(node);
    await hasOne(node);
    expect(directionsOf(node)).toEqual([keptDirection(node.peerId, peer.peerId)]);
    const address = node.addresses[0] ?? '';
    const size = BYTES.length;
    await expectEcho(node, peer.peerId);
    expect(await peer.request('echo', { address, size, seed: 1 })).toMatchObject({ sha256: sha256Hex(BYTES) });
    expect(directionsOf(node)).toHaveLength(1);
    expect((await peer.request('connections'))['count']).toBe(1);
  });

  test('one that it has a stream on is left alone', async () => {
    const node = await liveNode();
    await cross(node);
    const address = node.addresses[0] ?? '';
    const result = await peer.request('perf', { address, send: 33_554_432, receive: 33_554_432 });
    expect(result).toMatchObject({ sent: 33_554_432, received: 33_554_432 });
    await expectEcho(node, peer.peerId);
  });

  test('both stay where the node is told so', async () => {
    const node = await liveNode({
      connectionManager: { simultaneousDials: 'both' },
      limits: { crossedDialsGraceMs: 1 },
    });
    await cross(node);
    await expectEcho(node, peer.peerId);
    expect(await peer.request('echo', { address: node.addresses[0], size: BYTES.length, seed: 1 })).toMatchObject({
      sha256: sha256Hex(BYTES),
    });
    expect([...directionsOf(node)].sort()).toEqual(['inbound', 'outbound']);
  });
});
