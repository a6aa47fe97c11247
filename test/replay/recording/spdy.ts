/** SPDY and plaintext 1.0: a connection with js-libp2p 0.26 in both roles, and one of each failure of a SPDY session. */
import { constants, deflateSync } from 'node:zlib';
import { firstValueFrom } from 'rxjs';
import type { SecurityName } from '../../../src/chain-protocols.js';
import { encodeMultistreamMessage, MULTISTREAM_ID } from '../../../src/wire/multistream.js';
import { SPDY_DICTIONARY } from '../../../src/wire/spdy-dictionary.js';
import { encodeSpdySettings, encodeSpdySynStream, SPDY_MAX_UINT31, SPDY_SETTING } from '../../../src/wire/spdy.js';
import { seededBytes, startPeer } from '../../peers/peers.js';
import { echoed } from '../../support/live-echo.js';
import { data, goAway, ping, rst, SpdyFrameMaker, widen } from '../../support/spdy-frames.js';
import { next } from './expecting.js';
import type { Recipe, Recording } from './recipe.js';
import { agreed, dialedFailure, VERY_LONG_MS, type Failure } from './virtual.js';

const ECHO = '/echo/1.0.0';
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

// ------------------------------------------------------------ live

interface Channel {
  readonly called: string;
  readonly flag: string;
  readonly security: SecurityName;
}

const CHANNELS: readonly Channel[] = [
  { called: 'plaintext-1', flag: 'plaintext', security: 'unsafe-plaintext-1' },
  { called: 'secio', flag: 'secio', security: 'secio' },
];

async function dialed(recording: Recording, { flag, security }: Channel): Promise<void> {
  const peer = await startPeer('js-spdy', ['--security', flag]);
  recording.onEnd(() => peer.stop());
  const node = await recording.start({ security: [security], muxers: ['spdy'], listen: [], limits: {} });
  await node.dial(peer.addresses[0]);
  await node.identify(peer.peerId);
  const bytes = seededBytes(1, 100);
  const stream = await node.openStream(peer.peerId, ECHO);
  if (!Buffer.from(await echoed(stream, bytes)).equals(bytes)) throw new Error('the echo differs');
  await stream.closed;
  node.disconnect(peer.peerId);
}

async function accepted(recording: Recording, { flag, security }: Channel): Promise<void> {
  const peer = await startPeer('js-spdy', ['--security', flag]);
  recording.onEnd(() => peer.stop());
  const node = await recording.start({ security: [security], muxers: ['spdy'], testProtocols: true, limits: {} });
  const address = node.addresses[0] ?? '';
  const named = next(node, 'connection.named');
  const ended = next(node, 'connection.closed');
  await peer.request('dial', { address });
  await named;
  await peer.request('echo', { address, size: 100, seed: 1 });
  await peer.request('hangUp', { peerId: node.peerId });
  await ended;
}

const LIVE: readonly Recipe[] = [
  ...CHANNELS.map((channel): Recipe => ({
    name: `spdy-dialed-js-libp2p-0.26-${channel.called}`,
    title: `spdy over ${channel.called} with js-libp2p 0.26, dialed by us: identify both ways, an echo, closed`,
    peers: ['js-spdy'],
    ...(channel.flag === 'secio' ? { packed: true as const } : {}),
    record: (recording) => dialed(recording, channel),
  })),
  {
    name: 'spdy-accepted-js-libp2p-0.26-plaintext-1',
    title: 'spdy over plaintext-1 with js-libp2p 0.26, dialed by the peer: nobody until identify, an echo, a go-away',
    peers: ['js-spdy'],
    record: (recording) => accepted(recording, CHANNELS[0] as Channel),
  },
];

// ------------------------------------------------------------ failures, in virtual time

const deflated = (bytes: Uint8Array, dictionary: Uint8Array = SPDY_DICTIONARY): Uint8Array =>
  new Uint8Array(deflateSync(bytes, { level: 9, dictionary, finishFlush: constants.Z_SYNC_FLUSH }));
const opening = (block: Uint8Array): Uint8Array => encodeSpdySynStream(2, 0, block);
/** What agrees on the echo. */
const AGREEMENT = concat(...[MULTISTREAM_ID, ECHO].map((line) => encodeMultistreamMessage(line)));
const twice = (frame: (maker: SpdyFrameMaker) => Uint8Array): Uint8Array => {
  const maker = new SpdyFrameMaker();
  return concat(frame(maker), frame(maker));
};
const CONTROLS_PER_TURN = 4;

/** What the peer sends once the node has opened identify on stream 1 and an echo on stream 3. */
function failure(
  name: string,
  title: string,
  code: Failure['code'],
  bytes: Uint8Array,
  more?: Partial<Failure>,
): Failure {
  return {
    name: `spdy-${name}`,
    title,
    code,
    script: (peer) =>
      agreed(peer, 'plaintext')
        .plaintext.handshake()
        .multistream.accept('/spdy/3.1.0')
        .wait(100)
        .sendRaw(data(3, AGREEMENT))
        .wait(100)
        .chunking({ wire: 'joined' })
        .sendRaw(bytes)
        .expectClose({ withinMs: VERY_LONG_MS }),
    // The stream stands before it happens: what ends it is then told to its reader.
    call: async (node, address) => firstValueFrom((await node.openStream(address, ECHO)).data$),
    ...more,
    options: { muxers: ['spdy'], ...more?.options },
  };
}

const FAILURES: readonly Failure[] = [
  failure(
    'bad-version',
    'the peer sends a frame of SPDY/2',
    'ERR_SPDY_BAD_VERSION',
    hex('8002 0006 00000004 00000002'),
  ),
  failure(
    'bad-frame',
    'the peer sends a ping of five bytes',
    'ERR_SPDY_BAD_FRAME',
    hex('8003 0006 00000005 0000000200'),
  ),
  failure(
    'frame-too-large',
    'the peer announces a SYN_STREAM of 16 KiB and a byte',
    'ERR_SPDY_FRAME_TOO_LARGE',
    hex('8003 0001 00004001'),
  ),
  failure(
    'bad-headers',
    'the peer sends headers whose lengths lie',
    'ERR_SPDY_BAD_HEADERS',
    opening(deflated(hex('00000001 00000009 61'))),
  ),
  failure(
    'headers-too-large',
    'the peer sends a bomb',
    'ERR_SPDY_HEADERS_TOO_LARGE',
    opening(deflated(new Uint8Array(1 << 20))),
  ),
  failure(
    'bad-compression',
    'the peer sends headers that zlib cannot open',
    'ERR_SPDY_BAD_COMPRESSION',
    opening(hex('ffffffff')),
  ),
  failure(
    'bad-dictionary',
    'the peer compresses with another dictionary',
    'ERR_SPDY_BAD_DICTIONARY',
    opening(deflated(hex('00000000'), hex('01020304'))),
  ),
  failure(
    'window-exceeded',
    'the peer sends a byte more than the session was granted',
    'ERR_SPDY_WINDOW_EXCEEDED',
    concat(new SpdyFrameMaker().syn(2), hex('00000002 00012000')),
    { options: { limits: { spdySessionWindowBytes: 65_536 } } },
  ),
  failure(
    'window-overflow',
    'the peer widens the session beyond 31 bits',
    'ERR_SPDY_WINDOW_OVERFLOW',
    widen(0, SPDY_MAX_UINT31),
  ),
  failure('bad-stream-id', 'the peer sends data of stream 0', 'ERR_SPDY_BAD_STREAM_ID', data(0, hex('aa'))),
  failure(
    'flood',
    'the peer sends more pings and settings at once than are heeded in one turn',
    'ERR_SPDY_FLOOD',
    concat(
      encodeSpdySettings([[SPDY_SETTING.initialWindowSize, 1000]]),
      ...Array.from({ length: CONTROLS_PER_TURN }, (_, index) => ping(2 * index + 2)),
    ),
    { options: { limits: { spdyControlsPerTurn: CONTROLS_PER_TURN } } },
  ),
  failure('go-away', 'the peer goes away for a fault of ours', 'ERR_SPDY_GO_AWAY', goAway(3, 1)),
  failure('not-served', 'the peer goes away, and serves no stream of ours', 'ERR_SPDY_GO_AWAY', goAway(0, 0)),
  failure('keep-alive', 'the peer falls silent', 'ERR_SPDY_KEEPALIVE', encodeSpdySettings([]), {
    options: { limits: { multistreamTimeoutMs: VERY_LONG_MS } },
  }),
  failure('stream-reset', 'the peer resets a stream', 'ERR_STREAM_RESET', rst(3, 5)),
  failure(
    'replied-twice',
    'the peer answers a stream twice',
    'ERR_SPDY_UNEXPECTED',
    twice((maker) => maker.reply(3)),
  ),
  failure(
    'stream-window-overflow',
    'the peer widens a stream beyond 31 bits: the stream is lost, the session is not',
    'ERR_SPDY_WINDOW_OVERFLOW',
    concat(widen(3, SPDY_MAX_UINT31), ping(2)),
  ),
  failure('too-many-streams', 'the peer takes one stream at once', 'ERR_SPDY_TOO_MANY_STREAMS', hex(''), {
    options: { limits: { spdyOutboundStreams: 1 } },
  }),
];

export const SPDY: readonly Recipe[] = [...LIVE, ...FAILURES.map(dialedFailure)];
