/**
 * Joining a swarm of 2018 as go-ipfs 0.4 did it, message by message: secio, yamux, then six streams, odd ids by the
 * dialer and even ones by the listener, which carry identify, kad and relay in both directions. Every stream opens with
 * a window update of its own, and go-ipfs puts each length prefix into a frame of its own. Neither side is a relay, and
 * each tells the other so.
 */
import type { Host } from '../../../src/host/host.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import {
  listen,
  scriptedPeer,
  type Fields,
  type ScriptedPeer,
  type Steps,
} from '../../../src/testing/scripted-peer/index.js';
import { during, newWorld } from '../../support/sim-nodes.js';
import { expectEqual } from './expecting.js';
import type { Recipe } from './recipe.js';
import { startIn, stopIn } from './virtual.js';

const IDENTIFY = '/ipfs/id/1.0.0';
const KAD = '/ipfs/kad/1.0.0';
const RELAY = '/libp2p/circuit/relay/0.1.0';

/** Circuit relay v1: field 1 is the type, 4 for CAN_HOP and 3 for STATUS; field 4 is the code, 270 for "no relay". */
const CAN_HOP = Uint8Array.of(8, 4);
const CANNOT_HOP = Uint8Array.of(8, 3, 32, 142, 2);

/** FIND_NODE (4) for a key; an answer without closer peers. */
const KEY = new Uint8Array(34).fill(0x12);
const FIND_NODE: Fields = [
  [1, 4],
  [2, KEY],
  [10, 1],
];
const FIND_NODE_BYTES = Uint8Array.of(8, 4, 18, KEY.length, ...KEY, 80, 1);

/** As go-ipfs 0.4.13 spoke of itself, in as many bytes as in the log of 2018 that this follows. */
const GO_IPFS = {
  protocolVersion: 'ipfs/0.1.0',
  agentVersion: 'go-ipfs/0.4.13/3b16b74',
  protocols: [
    ...['/ipfs/bitswap/1.1.0', '/ipfs/bitswap/1.0.0', '/ipfs/bitswap', KAD, '/ipfs/dht', RELAY, '/ipfs/diag/net/1.0.0'],
    ...['/ipfs/diagnostics', '/x/', '/ipfs/ping/1.0.0', IDENTIFY, '/multistream/1.0.0', '/floodsub/1.0.0'],
  ],
  listenAddresses: [
    ...[1, 2, 3, 4, 5, 6, 7].map((last) => `/ip4/10.0.0.${last}/tcp/4001`),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((last) => `/ip6/fd00::${last}/tcp/4001`),
  ],
};

function goIpfs(peer: ScriptedPeer): Steps {
  return peer.multistream
    .accept('/secio/1.0.0')
    .secio.handshake()
    .multistream.accept('/yamux/1.0.0')
    .chunking({ stream: 'prefix' })
    .yamux.accept(IDENTIFY, { name: 'identify 1' })
    .sendIdentify(GO_IPFS)
    .fin()
    .yamux.open('identify 2')
    .expectAck()
    .negotiate(IDENTIFY)
    .expectIdentify({ agentVersion: 'swarmchart/0.1.0' })
    .expectFin()
    .fin()
    .yamux.accept(KAD, { name: 'kad 3' })
    .expectMessage(FIND_NODE_BYTES)
    .sendFields(FIND_NODE)
    .fin()
    .yamux.open('kad 4')
    .expectAck()
    .negotiate(KAD)
    .sendFields(FIND_NODE)
    .expectMessage(FIND_NODE_BYTES)
    .expectFin()
    .fin()
    .yamux.accept(RELAY, { name: 'relay 5' })
    .expectMessage(CAN_HOP)
    .sendMessage(CANNOT_HOP)
    .fin()
    .yamux.open('relay 6')
    .expectAck()
    .negotiate(RELAY)
    .sendMessage(CAN_HOP)
    .expectMessage(CANNOT_HOP)
    .expectFin()
    .fin()
    .yamux.sendGoAway(0)
    .expectClose();
}

export const SWARM_JOIN: Recipe = {
  name: 'swarm-join-2018',
  title: 'the whole way into a swarm of go-ipfs 0.4: identify, kad and relay both ways over secio and yamux',
  peers: [],
  packed: true,
  record: async (recording) => {
    const world = newWorld();
    const node = await startIn(world, recording, { security: ['secio'], listen: [] });
    node.registerHandle(KAD, (stream) => answer(stream, FIND_NODE_BYTES, FIND_NODE_BYTES));
    node.registerHandle(RELAY, (stream) => answer(stream, CAN_HOP, CANNOT_HOP));
    const peer = scriptedPeer({ clock: world.clock, over: listen(world.network.transport, '/memory/go-ipfs') });
    const running = goIpfs(peer).start();
    await during(world, join(node, await running.address));
    await during(world, running.outcome);
    await stopIn(world, node);
  },
};

async function join(node: Host, address: string): Promise<void> {
  const { remotePeer } = await node.dial(address);
  const { agentVersion } = await node.identify(remotePeer);
  expectEqual(agentVersion, GO_IPFS.agentVersion, 'what the peer is');
  for (const [protocol, question, expected] of [
    [KAD, FIND_NODE_BYTES, FIND_NODE_BYTES],
    [RELAY, CAN_HOP, CANNOT_HOP],
  ] as const) {
    const stream = await node.openStream(remotePeer, protocol);
    stream.write(message(question));
    await expectMessage(stream, expected);
    stream.closeWrite();
  }
}

async function answer(stream: ProtocolStream, question: Uint8Array, words: Uint8Array): Promise<void> {
  await expectMessage(stream, question);
  stream.write(message(words));
  stream.closeWrite();
}

const message = (bytes: Uint8Array): Uint8Array => Uint8Array.of(bytes.length, ...bytes);

/** Reads one message, its length in front, and holds it to be these bytes. */
async function expectMessage(stream: ProtocolStream, expected: Uint8Array): Promise<void> {
  const wanted = Buffer.from(message(expected));
  let heard = Buffer.alloc(0);
  for await (const chunk of stream) {
    heard = Buffer.concat([heard, chunk]);
    if (heard.length >= wanted.length) break;
  }
  expectEqual(heard.toString('hex'), wanted.toString('hex'), `the message on ${stream.protocol}`);
}
