/**
 * js-libp2p 1 and 2, whose streams, muxers and noise are other code than today's: every security protocol and muxer that
 * both sides have, both directions, half-closes included.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MUXER_NAMES, MUXERS, SECURITY, type MuxerName, type SecurityName } from '../../src/chain-protocols.js';
import { seededBytes, startPeer, type Peer, type PeerName } from '../peers/peers.js';
import { sha256Hex } from '../support/live-bytes.js';
import { echoed } from '../support/live-echo.js';
import { liveNode } from '../support/live-node.js';

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const MIB = 1024 * 1024;
const INSTALL_MS = 300_000;

const GENERATIONS: readonly PeerName[] = ['js-v1', 'js-v2'];
const BOTH_SECURE: readonly SecurityName[] = ['noise', 'plaintext'];
/** What of ours those peers have too. */
const BOTH_MUX: readonly MuxerName[] = MUXER_NAMES.filter((name) => ['yamux', 'mplex'].includes(name));

/** js-libp2p 1 answers one ping on a stream and resets it at the second; the spec lets a dialer repeat. */
const pingsOf = (generation: PeerName): number => (generation === 'js-v1' ? 1 : 3);

const STACKS = GENERATIONS.flatMap((generation) =>
  BOTH_SECURE.flatMap((security) => BOTH_MUX.map((muxer) => ({ generation, security, muxer }))),
);

describe.each(STACKS)('$generation over $security and $muxer', ({ generation, security, muxer }) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer(generation, ['--security', security, '--muxer', muxer]);
  }, INSTALL_MS);
  afterAll(() => peer.stop());
  const parts = { security: [security], muxers: [muxer] };

  test('we dial: identify, ping, a mebibyte there and back', async () => {
    const node = await liveNode({ ...parts, listen: [] });
    const [address] = peer.addresses;
    expect(await node.dial(address)).toMatchObject({
      state: 'open',
      remotePeer: peer.peerId,
      security: SECURITY[security].id,
      muxer: MUXERS[muxer].id,
    });
    expect((await node.identify(address)).protocols).toEqual(expect.arrayContaining([ECHO, PERF, '/ipfs/ping/1.0.0']));
    const times: number[] = [];
    for await (const roundTripMs of node.ping(address, { count: pingsOf(generation) })) times.push(roundTripMs);
    expect(times).toHaveLength(pingsOf(generation));
    const bytes = seededBytes(1, MIB);
    const stream = await node.openStream(address, ECHO);
    expect(sha256Hex(await echoed(stream, bytes))).toBe(sha256Hex(bytes));
    await stream.closed;
  });

  test('they dial: identify, ping, a mebibyte there and back, forty streams', async () => {
    const node = await liveNode(parts);
    const [address] = node.addresses;
    expect(await peer.request('dial', { address })).toMatchObject({
      peerId: node.peerId,
      security: SECURITY[security].id,
      muxer: MUXERS[muxer].id,
    });
    expect(await peer.request('identify', { address })).toMatchObject({ peerId: node.peerId });
    expect((await peer.request('ping', { address, count: 3 }))['rttMillis']).toHaveLength(3);
    const sha256 = sha256Hex(seededBytes(2, MIB));
    expect(await peer.request('echo', { address, size: MIB, seed: 2 })).toMatchObject({ bytes: MIB, sha256 });
    const many = { address, count: 40, concurrency: 10, size: 3_000, seed: 3 };
    expect(await peer.request('echoMany', many)).toMatchObject({ count: 40 });
  });

  test('a half that was closed hears the other half to its end', async () => {
    const node = await liveNode(parts);
    const [address] = node.addresses;
    const perf = { address, send: 3, receive: 2 * MIB };
    expect(await peer.request('perf', perf)).toMatchObject({ sent: 3, received: 2 * MIB });
    const stream = await node.openStream(peer.addresses[0], PERF);
    const head = new Uint8Array(8);
    new DataView(head.buffer).setBigUint64(0, BigInt(2 * MIB));
    stream.write(head);
    stream.closeWrite();
    let received = 0;
    for await (const chunk of stream) received += chunk.length;
    expect(received).toBe(2 * MIB);
    await stream.closed;
  });
});

describe.each(GENERATIONS)('the failures of %s', (generation) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer(generation);
  }, INSTALL_MS);
  afterAll(() => peer.stop());

  test('it refuses what it does not speak', async () => {
    const node = await liveNode({ security: ['secio'], listen: [] });
    await expect(node.dial(peer.addresses[0])).rejects.toMatchObject({ code: 'ERR_MULTISTREAM_NO_OVERLAP' });
  });

  test('it goes without a word: streams end, and the connection is forgotten', async () => {
    const node = await liveNode({ listen: [] });
    const stream = await node.openStream(peer.addresses[0], '/stall/1.0.0');
    const closed = stream.closed.then(
      () => 'well',
      (error: unknown) => (error as { readonly code: string }).code,
    );
    await peer.kill();
    expect(await closed).toMatch(/^ERR_/);
    expect(node.connections()).toEqual([]);
  });
});
