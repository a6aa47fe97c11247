/** One connection with each live peer, dialed and accepted, up to identify and a ping or an echo, then closed. */
import type { MuxerName, SecurityName } from '../../../src/chain-protocols.js';
import { seededBytes, startPeer, type Peer, type PeerName } from '../../peers/peers.js';
import { echoed } from '../../support/live-echo.js';
import { expectFailure, next } from './expecting.js';
import type { Recipe, Recording } from './recipe.js';

interface Handshake {
  readonly peer: PeerName;
  /** As fixture names call the peer. */
  readonly called: string;
  readonly security: SecurityName;
  /** Default: yamux. */
  readonly muxers?: readonly MuxerName[];
  /** What else the name says, e.g. the suite. */
  readonly variant?: string;
  readonly flags?: readonly string[];
  /** What a connection is used for once it stands; `none`: it does not, for want of a common muxer. */
  readonly use: 'ping' | 'echo' | 'none';
}

const HANDSHAKES: readonly Handshake[] = [
  { peer: 'js-modern', called: 'js-libp2p', security: 'noise', use: 'ping' },
  { peer: 'js-modern', called: 'js-libp2p', security: 'tls', flags: ['--security', 'tls'], use: 'ping' },
  { peer: 'js-modern', called: 'js-libp2p', security: 'plaintext', use: 'ping' },
  { peer: 'go-modern', called: 'kubo', security: 'noise', flags: ['--security', 'noise'], use: 'ping' },
  {
    peer: 'js-modern',
    called: 'js-libp2p',
    security: 'noise',
    muxers: ['mplex'],
    variant: 'mplex',
    flags: ['--muxer', 'mplex'],
    use: 'ping',
  },
  {
    peer: 'js-secio',
    called: 'js-secio',
    security: 'secio',
    muxers: ['mplex'],
    variant: 'mplex',
    flags: ['--key', 'ed25519'],
    use: 'echo',
  },
  { peer: 'go-modern', called: 'kubo', security: 'tls', flags: ['--security', 'tls'], use: 'ping' },
  {
    peer: 'go-modern',
    called: 'kubo',
    security: 'tls',
    variant: 'ecdsa',
    flags: ['--security', 'tls', '--key', 'ecdsa'],
    use: 'ping',
  },
  ...['js-secio', 'go-secio'].flatMap((peer) =>
    [
      ['rsa', 'P-256'],
      ['ed25519', 'P-384'],
      ['secp256k1', 'P-521'],
    ].map(([key = '', curve = '']): Handshake => {
      const flags = ['--key', key, '--exchanges', curve];
      const variant = `${key}-${curve.replace('-', '').toLowerCase()}`;
      if (peer === 'js-secio') return { peer, called: peer, security: 'secio', variant, flags, use: 'none' };
      return { peer: 'go-secio', called: peer, security: 'secio', variant, flags, use: 'echo' };
    }),
  ),
];

export const LIVE_HANDSHAKES: readonly Recipe[] = HANDSHAKES.flatMap((handshake) => {
  const { peer, called, security, variant, use } = handshake;
  const name = (role: string) => [security, role, called, ...(variant === undefined ? [] : [variant])].join('-');
  const then =
    use === 'none'
      ? 'there is no muxer in common'
      : `identify both ways, ${use === 'ping' ? 'a ping' : 'an echo'}, closed`;
  const what = `${security} with ${called}${variant === undefined ? '' : ` (${variant})`}`;
  return [
    {
      name: name('dialed'),
      title: `${what}, dialed by us: ${then}`,
      peers: [peer],
      record: (recording) => dialed(recording, handshake),
    },
    {
      name: name('accepted'),
      title: `${what}, dialed by the peer: ${then}`,
      peers: [peer],
      record: (recording) => accepted(recording, handshake),
    },
  ];
});

async function peerOf(recording: Recording, { peer: name, security, flags }: Handshake): Promise<Peer> {
  const peer = await startPeer(name, flags ?? (security === 'plaintext' ? ['--security', 'plaintext'] : []));
  recording.onEnd(() => peer.stop());
  return peer;
}

async function dialed(recording: Recording, handshake: Handshake): Promise<void> {
  const { security, muxers = ['yamux'], use } = handshake;
  const peer = await peerOf(recording, handshake);
  const node = await recording.start({ security: [security], muxers, listen: [], limits: {} });
  if (use === 'none') {
    await expectFailure(node.dial(peer.addresses[0]), 'ERR_MULTISTREAM_NO_OVERLAP');
    return;
  }
  await node.dial(peer.addresses[0]);
  await node.identify(peer.peerId);
  if (use === 'ping') {
    for await (const roundTripMs of node.ping(peer.peerId)) if (roundTripMs < 0) throw new Error('time runs backwards');
  } else {
    const bytes = seededBytes(1, 100);
    const stream = await node.openStream(peer.peerId, '/echo/1.0.0');
    const answer = await echoed(stream, bytes);
    if (!Buffer.from(answer).equals(bytes)) throw new Error('the echo differs');
    await stream.closed;
  }
  node.disconnect(peer.peerId);
}

async function accepted(recording: Recording, handshake: Handshake): Promise<void> {
  const { security, muxers = ['yamux'], use } = handshake;
  const peer = await peerOf(recording, handshake);
  const node = await recording.start({ security: [security], muxers, testProtocols: use === 'echo', limits: {} });
  const address = node.addresses[0] ?? '';
  const ended = next(node, use === 'none' ? 'connection.failed' : 'connection.closed');
  if (use === 'none') {
    await expectFailure(peer.request('dial', { address }));
  } else {
    await peer.request('dial', { address });
    await node.identify(peer.peerId);
    if (use === 'ping') await peer.request('ping', { address, count: 1 });
    else await peer.request('echo', { address, size: 100, seed: 1 });
    await peer.request('hangUp', { peerId: node.peerId });
  }
  await ended;
}
