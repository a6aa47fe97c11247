// A full node of js-libp2p 0.28: TCP, secio, mplex, identify and ping.
import pipe from 'it-pipe';
import Libp2p from 'libp2p';
import Mplex from 'libp2p-mplex';
import TCP from 'libp2p-tcp';
import WebSockets from 'libp2p-websockets';
import multiaddr from 'multiaddr';
import PeerId from 'peer-id';
import { checkEcho, many, say, seededChunks, Tally, zeroChunks } from '../control.mjs';
import { secio, suiteOf } from './secio.mjs';

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const STALL = '/stall/1.0.0';

/** Starts the node. */
export async function startNode({ peerId, newIdentity, listen }) {
  const node = await createNode(peerId, listen);
  return {
    addresses: node.multiaddrs.map((address) => `${address}/p2p/${peerId.toB58String()}`),
    commands: nodeCommands(node, newIdentity),
    stop: () => node.stop(),
  };
}

async function createNode(peerId, listen) {
  const node = await Libp2p.create({
    peerId,
    addresses: { listen },
    modules: { transport: [TCP, WebSockets], streamMuxer: [Mplex], connEncryption: [secio] },
    connectionManager: { maxConnections: Infinity },
    config: { peerDiscovery: { autoDial: false }, relay: { enabled: false } },
  });
  const serve = (protocol, handler) =>
    node.handle(protocol, ({ stream }) => handler(stream).catch((error) => stream.abort(error)));
  serve(ECHO, (stream) => pipe(stream, copyPieces, stream));
  serve(PERF, (stream) => pipe(stream, answerPerf, stream));
  serve(STALL, async () => {});
  await node.start();
  return node;
}

async function* copyPieces(source) {
  for await (const piece of source) yield piece.slice();
}

async function* answerPerf(source) {
  const head = Buffer.alloc(8);
  let filled = 0;
  for await (const piece of source) {
    if (filled < 8) filled += piece.copy(head, filled);
  }
  if (filled < 8) throw new Error('the upload ended before its head');
  yield* zeroChunks(Number(head.readBigUInt64BE()));
}

async function connect(node, address) {
  const id = PeerId.createFromB58String(multiaddr(address).getPeerId());
  const known = node.connectionManager.get(id);
  if (known?.stat.status === 'open') return known;
  node.peerStore.addressBook.delete(id); // only the given address may be dialed
  return node.dial(address);
}

async function open(node, address, protocol) {
  const { stream } = await (await connect(node, address)).newStream(protocol);
  return stream;
}

async function echo(node, { address, size = 0, seed = 0, chunk }) {
  const started = performance.now();
  const stream = await open(node, address, ECHO);
  const [sent, got] = [new Tally(), new Tally()];
  const write = function* () {
    for (const piece of seededChunks(seed, size, chunk)) {
      sent.add(piece);
      yield piece;
    }
  };
  await pipe(write(), stream, async (source) => {
    for await (const piece of source) got.add(piece.slice());
  });
  return { ...checkEcho(sent, got), millis: performance.now() - started };
}

async function perf(node, { address, send = 0, receive = 0 }) {
  const started = performance.now();
  const stream = await open(node, address, PERF);
  const upload = function* () {
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(receive));
    yield head;
    yield* zeroChunks(send);
  };
  let received = 0;
  await pipe(upload(), stream, async (source) => {
    for await (const piece of source) received += piece.length;
  });
  if (received !== receive) throw new Error(`asked for ${receive} bytes, got ${received}`);
  return { sent: send, received, millis: performance.now() - started };
}

function nodeCommands(node, newIdentity) {
  const connections = () => [...node.connections.values()].flat();
  return {
    dial: async ({ address }) => {
      const started = performance.now();
      return { ...describeConnection(await connect(node, address)), millis: performance.now() - started };
    },
    hangUp: async ({ peerId }) => {
      await node.hangUp(PeerId.createFromB58String(peerId));
      return {};
    },
    echo: (params) => echo(node, params),
    echoMany: async (params) => {
      await connect(node, params.address);
      return many(params, async () => () => echo(node, params));
    },
    dialMany: async (params) => {
      const dialers = [];
      const prepare = async () => {
        const dialer = await createNode(await newIdentity(), []);
        dialers.push(dialer);
        return async () => (await dialer.dial(params.address)).close();
      };
      return many(params, prepare, () => void Promise.all(dialers.map((dialer) => dialer.stop())));
    },
    perf: (params) => perf(node, params),
    ping: async ({ address, count = 1 }) => {
      const connection = await connect(node, address);
      const rttMillis = [];
      for (let i = 0; i < count; i += 1) rttMillis.push(await node.ping(connection.remotePeer));
      return { peerId: connection.remotePeer.toB58String(), rttMillis };
    },
    identify: async ({ address }) => {
      const connection = await connect(node, address);
      await node.identifyService.identify(connection);
      const { addressBook, metadataBook, protoBook } = node.peerStore;
      const id = connection.remotePeer;
      return {
        peerId: id.toB58String(),
        agentVersion: metadataBook.getValue(id, 'AgentVersion')?.toString(),
        protocols: protoBook.get(id),
        listenAddresses: (addressBook.get(id) ?? []).map(({ multiaddr: address }) => address.toString()),
      };
    },
    connections: async () => list(connections().map(describeConnection)),
    streams: async () =>
      list(
        connections().flatMap((connection) =>
          connection.streams.map((stream) => ({
            peerId: connection.remotePeer.toB58String(),
            id: stream.id,
            direction: stream.id.startsWith('i') ? 'outbound' : 'inbound',
          })),
        ),
      ),
  };
}

const list = (items) => ({ count: items.length, list: items });

function describeConnection(connection) {
  const peerId = connection.remotePeer.toB58String();
  return {
    peerId,
    address: connection.remoteAddr.toString(),
    direction: connection.stat.direction,
    security: connection.stat.encryption,
    suite: suiteOf(peerId),
    muxer: connection.stat.multiplexer,
    streams: connection.streams.length,
  };
}

// The library leaves some rejections of dead connections without an owner; they must not end the peer.
process.on('unhandledRejection', (error) => say({ event: 'unhandledRejection', error: String(error) }));
