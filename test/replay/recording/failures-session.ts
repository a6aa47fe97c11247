/** Every failure of an open connection and of dialing that a peer or a network can bring about: yamux, identify, ping, dial. */
import { firstValueFrom } from 'rxjs';
import type { Host } from '../../../src/host/host.js';
import { dial, scriptedPeer, type Steps } from '../../../src/testing/scripted-peer/index.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import { expectFailure, next } from './expecting.js';
import type { Recipe } from './recipe.js';
import { agreed, dialedFailure, muxed, startIn, stopIn, VERY_LONG_MS, type Failure, type Script } from './virtual.js';

const SILENCE = { withinMs: VERY_LONG_MS };
const IDENTIFY = '/ipfs/id/1.0.0';
const PING = '/ipfs/ping/1.0.0';
const ECHO = '/echo/1.0.0';
const UNREADABLE = new Uint8Array(40).fill(0xff);
const SCRIPT_LISTENS = '/memory/peer';

const openEcho = (node: Host, address: string): Promise<unknown> => node.openStream(address, ECHO);

/** A fault that ends the session, and a stream of the node with it. */
function session(
  name: string,
  title: string,
  code: Failure['code'],
  act: (steps: Steps) => Steps,
  more: Partial<Failure> = {},
): Failure {
  return {
    name: `yamux-${name}`,
    title,
    code,
    script: (peer) => act(muxed(peer).yamux.accept(ECHO)).expectClose(SILENCE),
    call: streamsEnd,
    ...more,
  };
}

const PINGS_PER_TURN = 4;

const YAMUX: readonly Failure[] = [
  session('bad-header', 'the peer sends a frame of yamux version 1', 'ERR_YAMUX_BAD_HEADER', (steps) =>
    steps.yamux.sendFrame({ type: 'ping', flags: 'SYN', version: 1 }),
  ),
  session('frame-too-large', 'the peer announces a frame of 16 MiB and a byte', 'ERR_YAMUX_FRAME_TOO_LARGE', (steps) =>
    steps.yamux.sendFrame({ type: 'data', stream: ECHO, length: 16 * 1024 * 1024 + 1 }),
  ),
  session(
    'window-exceeded',
    'the peer announces a byte more than it was granted',
    'ERR_YAMUX_WINDOW_EXCEEDED',
    (steps) => steps.yamux.sendFrame({ type: 'data', stream: ECHO, length: 256 * 1024 + 1 }),
  ),
  session('bad-stream-id', 'the peer opens a stream with an id of our parity', 'ERR_YAMUX_BAD_STREAM_ID', (steps) =>
    steps.yamux.sendFrame({ type: 'windowUpdate', flags: 'SYN', stream: 7 }),
  ),
  session('unexpected', 'the peer sends a ping that neither asks nor answers', 'ERR_YAMUX_UNEXPECTED', (steps) =>
    steps.yamux.sendFrame({ type: 'ping', length: 5 }),
  ),
  session('go-away', 'the peer goes away for a fault of ours', 'ERR_YAMUX_GO_AWAY', (steps) =>
    steps.yamux.sendGoAway(1),
  ),
  session(
    'ping-flood',
    'the peer sends more pings at once than are answered in one turn',
    'ERR_YAMUX_PING_FLOOD',
    (steps) =>
      [...Array(PINGS_PER_TURN + 1).keys()].reduce<Steps>(
        (all, value) => all.yamux.sendPing(value),
        steps.chunking({ wire: 'joined' }),
      ),
    { options: { limits: { yamuxPingsPerTurn: PINGS_PER_TURN } } },
  ),
  session('keep-alive', 'the peer falls silent', 'ERR_YAMUX_KEEPALIVE', (steps) => steps, {
    // Longer than the keep-alive, so that this is what ends it.
    options: { limits: { multistreamTimeoutMs: VERY_LONG_MS } },
  }),
  session('transport-ended', 'the peer closes the connection with streams open', 'ERR_TRANSPORT_ENDED', (steps) =>
    steps.end(),
  ),
  {
    name: 'yamux-backlog',
    title: 'more streams of ours than may wait are not acknowledged',
    code: 'ERR_YAMUX_BACKLOG',
    options: { limits: { yamuxAckBacklog: 2 } },
    script: (peer) => muxed(peer).expectClose(SILENCE),
    call: (node, address) => twice(node, address),
  },
  {
    name: 'yamux-too-many-streams',
    title: 'more streams of ours than a connection may have',
    code: 'ERR_YAMUX_TOO_MANY_STREAMS',
    options: { limits: { yamuxOutboundStreams: 2 } },
    script: (peer) => muxed(peer).expectClose(SILENCE),
    call: (node, address) => twice(node, address),
  },
  {
    name: 'yamux-window-overflow',
    title: 'the peer grants more than a window can hold: the stream is lost, the session is not',
    code: 'ERR_YAMUX_WINDOW_OVERFLOW',
    script: (peer) => muxed(peer).yamux.accept(ECHO).grant(0xffffffff).expectReset(),
    call: streamsEnd,
  },
  {
    name: 'stream-reset',
    title: 'the peer resets a stream',
    code: 'ERR_STREAM_RESET',
    script: (peer) => muxed(peer).yamux.accept(ECHO).reset().yamux.sendPing(7).expectPong(7),
    call: streamsEnd,
  },
  {
    name: 'stream-no-overlap',
    title: 'the peer declines the protocol of a stream',
    code: 'ERR_MULTISTREAM_NO_OVERLAP',
    script: (peer) =>
      muxed(peer)
        .yamux.expectOpenFor(ECHO)
        .ack()
        .multistream.expectHeader()
        .sendHeader()
        .expectProposal(ECHO)
        .sendNa()
        .expectClose(SILENCE),
    call: openEcho,
  },
];

/** The identify stream is the first of the backlog; the second of these is the one too many. */
async function twice(node: Host, address: string): Promise<unknown> {
  await node.dial(address);
  const first = node.openStream(address, ECHO);
  first.catch(() => undefined);
  return node.openStream(address, ECHO);
}

/** Opens an echo, and answers how its bytes end. */
async function streamsEnd(node: Host, address: string): Promise<unknown> {
  const stream = await node.openStream(address, ECHO);
  return firstValueFrom(stream.data$);
}

const identified = async (node: Host, address: string): Promise<unknown> =>
  node.identify((await node.dial(address)).remotePeer ?? '');

const IDENTIFIES: readonly Failure[] = [
  {
    name: 'identify-bad-message',
    title: 'what the peer says of itself is no identify message',
    code: 'ERR_IDENTIFY_BAD_MESSAGE',
    script: (peer) => muxed(peer).yamux.accept(IDENTIFY).sendMessage(UNREADABLE).fin().expectClose(SILENCE),
    call: identified,
  },
  {
    name: 'identify-too-large',
    title: 'the peer announces an identify message over the limit',
    code: 'ERR_IDENTIFY_TOO_LARGE',
    script: (peer) =>
      muxed(peer)
        .yamux.accept(IDENTIFY)
        .sendIdentify({}, { length: 8 * 1024 + 1 })
        .expectClose(SILENCE),
    call: identified,
  },
  {
    name: 'identify-key-mismatch',
    title: 'the key in identify is not the key of the connection',
    code: 'ERR_IDENTIFY_KEY_MISMATCH',
    script: (peer) =>
      muxed(peer)
        .yamux.accept(IDENTIFY)
        .sendIdentify({ publicKey: Uint8Array.of(8, 1, 18, 32, ...new Uint8Array(32).fill(9)) })
        .fin()
        .expectClose(SILENCE),
    call: identified,
  },
  {
    name: 'identify-timeout',
    title: 'the peer takes the identify stream and says nothing',
    code: 'ERR_IDENTIFY_TIMEOUT',
    script: (peer) => muxed(peer).yamux.accept(IDENTIFY).expectClose(SILENCE),
    call: identified,
  },
  {
    name: 'identify-ended',
    title: 'the peer closes the identify stream in the middle of its message',
    code: 'ERR_IDENTIFY_ENDED',
    script: (peer) =>
      muxed(peer).yamux.accept(IDENTIFY).sendIdentify({}, { truncateTo: 20 }).fin().expectClose(SILENCE),
    call: identified,
  },
];

const pinged = async (node: Host, address: string): Promise<void> => {
  for await (const roundTripMs of node.ping(address)) throw new Error(`the ping was answered after ${roundTripMs} ms`);
};

const PINGS: readonly Failure[] = [
  {
    name: 'ping-mismatch',
    title: 'the peer echoes other bytes than it was sent',
    code: 'ERR_PING_MISMATCH',
    script: (peer) => muxed(peer).yamux.accept(PING).expectBytes(32).sendBytes(new Uint8Array(32)).expectClose(SILENCE),
    call: pinged,
  },
  {
    name: 'ping-timeout',
    title: 'the peer does not answer a ping',
    code: 'ERR_PING_TIMEOUT',
    script: (peer) => muxed(peer).yamux.accept(PING).expectBytes(32).expectClose(SILENCE),
    call: pinged,
  },
  {
    name: 'ping-ended',
    title: 'the peer closes the ping stream in the middle of an answer',
    code: 'ERR_PING_ENDED',
    script: (peer) =>
      muxed(peer).yamux.accept(PING).expectBytes(32).sendBytes(new Uint8Array(5)).fin().expectClose(SILENCE),
    call: pinged,
  },
];

const abort = new AbortController();
const nobody: Script = (peer) => peer.expectClose(SILENCE);

const DIALS: readonly Failure[] = [
  {
    name: 'upgrade-timeout',
    title: 'the peer agrees step by step, and all of it takes too long',
    code: 'ERR_UPGRADE_TIMEOUT',
    options: { limits: { upgradeTimeoutMs: 15_000 } },
    script: (peer) => agreed(peer.wait(8_000), 'plaintext').wait(8_000).plaintext.sendExchange().expectClose(SILENCE),
  },
  {
    name: 'upgrade-transport-dropped',
    title: 'the connection breaks during the upgrade',
    code: 'ERR_TRANSPORT_ENDED',
    script: (peer) => agreed(peer, 'plaintext').drop(),
  },
  {
    name: 'dial-refused',
    title: 'nobody listens there',
    code: 'ERR_TRANSPORT_REFUSED',
    script: nobody,
    call: (node) => node.dial('/memory/nobody'),
  },
  {
    name: 'dial-timeout',
    title: 'the transport does not connect in time',
    code: 'ERR_DIAL_TIMEOUT',
    latencyMs: 15_000,
    script: nobody,
  },
  {
    name: 'dial-no-address',
    title: 'a peer is dialed of whom no address is known',
    code: 'ERR_DIAL_NO_ADDRESS',
    script: nobody,
    call: (node) => node.dial('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'),
  },
  {
    name: 'dial-self',
    title: 'the node dials its own address',
    code: 'ERR_DIAL_SELF',
    options: { listen: ['/memory/node'], security: ['noise'] },
    script: nobody,
    call: (node) => node.dial('/memory/node'),
  },
  {
    name: 'dial-aborted',
    title: 'the caller cancels a dial that is under way',
    code: 'ERR_ABORTED',
    script: (peer) =>
      peer
        .wait(1_000)
        .call('the caller cancels', () => abort.abort())
        .expectClose(SILENCE),
    call: (node, address) => node.openStream(address, ECHO, { signal: abort.signal }),
  },
];

/** Two addresses, known from identify of an earlier connection, and nobody there any more. */
const DIAL_FAILED: Recipe = {
  name: 'dial-failed',
  title: 'every known address of a peer refuses',
  peers: [],
  record: async (recording) => {
    const world = newWorld();
    const node = await startIn(world, recording, { listen: ['/memory/node'] });
    const peer = scriptedPeer({ clock: world.clock, over: dial(world.network.transport, '/memory/node') });
    const closed = next(node, 'connection.closed');
    const { localPeer } = await during(
      world,
      peer.multistream
        .negotiate('/plaintext/2.0.0')
        .plaintext.handshake()
        .multistream.negotiate('/yamux/1.0.0')
        .yamux.accept(IDENTIFY)
        .sendIdentify({ listenAddresses: [`${SCRIPT_LISTENS}-1`, `${SCRIPT_LISTENS}-2`] })
        .fin()
        .expectFin()
        .yamux.sendGoAway(0)
        .end()
        .run(),
    );
    await during(world, closed);
    await during(world, expectFailure(node.dial(localPeer), 'ERR_DIAL_FAILED'));
    await stopIn(world, node);
  },
};

export const SESSION_FAILURES: readonly Recipe[] = [
  ...[...YAMUX, ...IDENTIFIES, ...PINGS, ...DIALS].map(dialedFailure),
  DIAL_FAILED,
];
