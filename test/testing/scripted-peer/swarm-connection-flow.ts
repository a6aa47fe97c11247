/**
 * A swarm join as go-ipfs of the secio years performed it, from the remote side: TCP (or a pipe), multistream, secio,
 * multistream, yamux, then six streams: identify both ways, kad both ways, circuit relay v1 both ways.
 *
 * - Every stream is opened by a bare window update with SYN, and answered by one with ACK.
 * - Each length prefix travels in a data frame of its own: 19, 16 and 28 before the multistream lines, two bytes before
 *   identify (167, 4 for a message of 551 bytes), one before kad and relay messages.
 * - CAN_HOP ("are you a relay?", 8, 4) is answered with STATUS 270, HOP_CANT_SPEAK_RELAY (8, 3, 32, 142, 2).
 *
 * kad has no handler in the engine yet, so `registerFlowHandlers` gives the node a small one.
 */
import { identityFromPrivateKey } from '../../../src/crypto/keys.js';
import type { Host } from '../../../src/host/host.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { ProtocolStream } from '../../../src/actors/stream/protocol-stream.js';
import type { OwnIdentify } from '../../../src/wire/identify.js';
import { decodeVarintPrefixed, encodeVarintPrefixed } from '../../../src/wire/length-prefixed.js';
import { encodeFields, type Fields } from '../../../src/testing/scripted-peer/protobuf-fields.js';
import type { Steps } from '../../../src/testing/scripted-peer/index.js';
import { privateKeyOf } from '../../support/live-keys.js';

export const KAD = '/ipfs/kad/1.0.0';
export const RELAY = '/libp2p/circuit/relay/0.1.0';
const IDENTIFY = '/ipfs/id/1.0.0';

/** Circuit relay v1 (libp2p/specs relay/circuit-v1.md): `type` is field 1, `code` field 4. */
export const CAN_HOP: Fields = [[1, 4]];
export const HOP_CANT_SPEAK_RELAY: Fields = [
  [1, 3],
  [4, 270],
];

/** kad-dht Message (libp2p/specs kad-dht/README.md): `type` is field 1 (4: FIND_NODE), `key` field 2, a raw level field 10. */
export const findNode = (key: Uint8Array): Fields => [
  [1, 4],
  [2, key],
  [10, 0],
];
/** The answer of a node that knows nobody closer. */
export const NOBODY_CLOSER: Fields = [
  [1, 4],
  [10, 0],
];

/** Peers of those years had RSA keys. */
export const remoteIdentity = identityFromPrivateKey(nodeCiphers, privateKeyOf('RSA'));

/** Identify of 551 bytes, as in the log, so that its length prefix is 167, 4. */
export const REMOTE_IDENTIFY: Partial<OwnIdentify> = {
  publicKey: remoteIdentity.publicKeyProtobuf,
  protocolVersion: 'ipfs/0.1.0',
  agentVersion: 'go-ipfs/0.4.18/',
  protocols: [
    IDENTIFY,
    '/ipfs/ping/1.0.0',
    KAD,
    '/ipfs/dht',
    RELAY,
    '/ipfs/bitswap/1.1.0',
    '/ipfs/bitswap/1.0.0',
    '/ipfs/bitswap',
  ],
  listenAddresses: [
    '/ip4/127.0.0.1/tcp/4001',
    '/ip4/10.0.0.7/tcp/4001',
    '/ip4/172.17.0.1/tcp/4001',
    '/ip4/192.0.2.7/tcp/4001',
    '/ip6/::1/tcp/4001',
  ],
  observedAddress: '/ip4/127.0.0.1/tcp/40001',
};

/** The remote side's script; `role` says whether it dials our node or is dialed by it. */
export function swarmConnectionFlow(script: Steps, role: 'dialer' | 'listener', nodeKey: Uint8Array): Steps {
  const agree = (steps: Steps, protocol: string): Steps =>
    role === 'dialer' ? steps.multistream.negotiate(protocol) : steps.multistream.accept(protocol);
  const opened = { type: 'windowUpdate', flags: 'SYN', length: 0 } as const;
  return agree(agree(script, '/secio/1.0.0').secio.handshake(), '/yamux/1.0.0')
    .chunking({ stream: 'prefix' })
    .yamux.expectOpen('their identify', opened)
    .ack()
    .accept(IDENTIFY)
    .sendIdentify(REMOTE_IDENTIFY)
    .fin()
    .yamux.open('our identify')
    .expectAck()
    .negotiate(IDENTIFY)
    .expectIdentify({ agentVersion: 'swarmchart/0.1.0', protocols: (all) => all.includes(KAD) && all.includes(RELAY) })
    .expectFin()
    .fin()
    .yamux.open('our kad')
    .expectAck()
    .negotiate(KAD)
    .sendFields(findNode(nodeKey))
    .expectFields(NOBODY_CLOSER)
    .yamux.open('our relay')
    .expectAck()
    .negotiate(RELAY)
    .sendFields(CAN_HOP)
    .expectBytes(encodeVarintPrefixed(encodeFields(HOP_CANT_SPEAK_RELAY)))
    .fin()
    .expectFin()
    .yamux.expectOpen('their kad', opened)
    .ack()
    .accept(KAD)
    .expectFields(findNode(nodeKey))
    .sendFields(NOBODY_CLOSER)
    .yamux.expectOpen('their relay', opened)
    .ack()
    .accept(RELAY)
    .expectFields(CAN_HOP)
    .sendFields(HOP_CANT_SPEAK_RELAY)
    .fin()
    .expectFin();
}

/** What our node answers to kad: it knows nobody. Relay it answers by itself. */
export function registerFlowHandlers(node: Host): void {
  node.registerHandle(KAD, (stream) => answering(stream, NOBODY_CLOSER));
}

async function answering(stream: ProtocolStream, answer: Fields): Promise<void> {
  const requests = messagesOf(stream);
  while ((await requests.next()).done !== true) stream.write(encodeVarintPrefixed(encodeFields(answer)));
  stream.closeWrite();
}

/** What our node asks: the closest peers to its own key, then whether the peer is a relay. Answers what it heard. */
export async function askFlow(node: Host, peer: string, nodeKey: Uint8Array): Promise<readonly Uint8Array[]> {
  const answers: Uint8Array[] = [];
  for (const [protocol, fields] of [
    [KAD, findNode(nodeKey)],
    [RELAY, CAN_HOP],
  ] as const) {
    const stream = await node.openStream(peer, protocol);
    stream.write(encodeVarintPrefixed(encodeFields(fields)));
    const { value } = await messagesOf(stream).next();
    if (value !== undefined) answers.push(value);
    stream.closeWrite();
  }
  return answers;
}

/** Messages with a varint length in front, however they were cut. */
async function* messagesOf(stream: ProtocolStream): AsyncGenerator<Uint8Array, void, undefined> {
  let unread: Uint8Array = new Uint8Array(0);
  for await (const chunk of stream) {
    unread = Buffer.concat([unread, chunk]);
    for (;;) {
      const decoded = decodeVarintPrefixed(unread, 4096);
      if (decoded === undefined) break;
      unread = unread.subarray(decoded.size);
      yield decoded.value;
    }
  }
}
