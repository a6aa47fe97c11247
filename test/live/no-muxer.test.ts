/**
 * The libraries of js-libp2p 0.28 as judges of a connection without a muxer: libp2p-tcp, libp2p-secio and multistream-select,
 * put one behind the other. libp2p itself takes no stream on such a connection, in any version.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { seededBytes, startPeer, type Peer } from '../peers/peers.js';
import { sha256Hex } from '../support/live-bytes.js';
import { echoedByCount, readBytes } from '../support/live-echo.js';
import { liveNode } from '../support/live-node.js';

const ECHO = '/echo/1.0.0';

describe('libp2p-secio and multistream-select of 2020, one stream a connection', () => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await startPeer('js-secio', ['--key', 'ed25519', '--raw-secio', '--protocol', ECHO]);
  });
  afterAll(() => peer.stop());

  test.each([1, 1000, 65_536, 300_000])('we dial, and %i bytes come back', async (size) => {
    const node = await liveNode({ security: ['secio'], muxers: ['none'], listen: [] });
    const stream = await node.openStream(peer.addresses[0], ECHO);
    expect(node.connections()).toMatchObject([{ security: '/secio/1.0.0', muxer: 'none', remotePeer: peer.peerId }]);
    const bytes = seededBytes(size, size);
    expect(sha256Hex(await echoedByCount(stream, bytes))).toBe(sha256Hex(bytes));
  });

  test('we dial three times at once: three streams, three connections', async () => {
    const node = await liveNode({ security: ['secio'], muxers: ['none'], listen: [] });
    const answers = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const stream = await node.openStream(peer.addresses[0], ECHO);
        stream.write(seededBytes(seed, 5000));
        const same = sha256Hex(await readBytes(stream, 5000)) === sha256Hex(seededBytes(seed, 5000));
        return { same, connection: stream.connection.id };
      }),
    );
    expect(answers.map(({ same }) => same)).toEqual([true, true, true]);
    expect(new Set(answers.map(({ connection }) => connection)).size).toBe(3);
  });

  test('what it does not speak is declined on the channel', async () => {
    const node = await liveNode({ security: ['secio'], muxers: ['none'], listen: [] });
    await expect(node.openStream(peer.addresses[0], '/nobody/1.0.0')).rejects.toMatchObject({
      code: 'ERR_MULTISTREAM_NO_OVERLAP',
    });
  });

  test.each([1, 1000, 65_536, 300_000])('they dial, and %i bytes come back', async (size) => {
    const node = await liveNode({ security: ['secio'], muxers: ['none'] });
    const answer = await peer.request('echo', { address: node.addresses[0], size, seed: size });
    expect(answer).toMatchObject({ bytes: size, sha256: sha256Hex(seededBytes(size, size)) });
  });

  test('they dial fifty times, four at once', async () => {
    const node = await liveNode({ security: ['secio'], muxers: ['none'] });
    const result = await peer.request('dialMany', { address: node.addresses[0], count: 50, concurrency: 4 });
    expect(result).toMatchObject({ count: 50 });
  });
});
