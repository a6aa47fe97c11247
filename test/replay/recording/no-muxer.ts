/** Connections without a muxer: with the libraries of js-libp2p 0.28 in both roles, and how their one stream can fail. */
import { seededBytes, startPeer, type Peer } from '../../peers/peers.js';
import { next } from './expecting.js';
import type { Recipe, Recording } from './recipe.js';
import { agreed, dialedFailure, VERY_LONG_MS, type Failure } from './virtual.js';

const SILENCE = { withinMs: VERY_LONG_MS };
const ECHO = '/echo/1.0.0';
const SIZE = 100;

async function peerOf(recording: Recording): Promise<Peer> {
  const peer = await startPeer('js-secio', ['--key', 'ed25519', '--raw-secio', '--protocol', ECHO]);
  recording.onEnd(() => peer.stop());
  return peer;
}

const LIVE: readonly Recipe[] = [
  {
    name: 'secio-dialed-js-secio-no-muxer',
    title: 'secio with js-secio, no muxer, dialed by us: an echo on the channel itself',
    peers: ['js-secio'],
    record: async (recording) => {
      const peer = await peerOf(recording);
      const node = await recording.start({ security: ['secio'], muxers: ['none'], listen: [], limits: {} });
      const closed = next(node, 'connection.closed');
      const stream = await node.openStream(peer.addresses[0], ECHO);
      stream.write(seededBytes(1, SIZE));
      let length = 0;
      for await (const chunk of stream) if ((length += chunk.length) >= SIZE) break;
      stream.closeWrite();
      await closed;
    },
  },
  {
    name: 'secio-accepted-js-secio-no-muxer',
    title: 'secio with js-secio, no muxer, dialed by the peer: an echo on the channel itself',
    peers: ['js-secio'],
    record: async (recording) => {
      const peer = await peerOf(recording);
      const options = { security: ['secio'], muxers: ['none'], testProtocols: true, limits: {} } as const;
      const node = await recording.start(options);
      const closed = next(node, 'connection.closed');
      await peer.request('echo', { address: node.addresses[0] ?? '', size: SIZE, seed: 1 });
      await closed;
    },
  },
];

const FAILURES: readonly Failure[] = [
  {
    name: 'no-muxer-no-overlap',
    title: 'without a muxer: the peer declines the protocol of the only stream, and the connection is dropped',
    code: 'ERR_MULTISTREAM_NO_OVERLAP',
    options: { muxers: ['none'] },
    script: (peer) =>
      agreed(peer, 'plaintext')
        .plaintext.handshake()
        .multistream.expectHeader()
        .sendHeader()
        .expectProposal(ECHO)
        .sendNa()
        .expectClose(SILENCE),
    call: (node, address) => node.openStream(address, ECHO),
  },
  {
    name: 'no-muxer-transport-dropped',
    title: 'without a muxer: the connection breaks, and the only stream is lost with it',
    code: 'ERR_TRANSPORT_ENDED',
    options: { muxers: ['none'] },
    script: (peer) => agreed(peer, 'plaintext').plaintext.handshake().multistream.accept(ECHO).wait(10).drop(),
    call: async (node, address) => (await node.openStream(address, ECHO)).closed,
  },
];

export const NO_MUXER: readonly Recipe[] = [...LIVE, ...FAILURES.map(dialedFailure)];
