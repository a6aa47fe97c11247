// A full node of js-libp2p 0.26: TCP, plaintext 1.0 or secio, spdy or mplex, identify and ping.
import Libp2p from 'libp2p';
import Mplex from 'pull-mplex';
import Secio from 'libp2p-secio';
import Spdy from 'libp2p-spdy';
import TCP from 'libp2p-tcp';
import WebSockets from 'libp2p-websockets';
import PeerInfo from 'peer-info';
import pull from 'pull-stream';
import { checkEcho, many, say, seededChunks, Tally, zeroChunks } from '../control.mjs';
import { lowLevel } from './streams.mjs';

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const STALL = '/stall/1.0.0';
const RESET = '/reset/1.0.0';
const MUXERS = { spdy: Spdy, mplex: Mplex };
/** No encryption module: the switch takes its own plaintext then. */
const SECURITY = { plaintext: undefined, secio: Secio };

/** Starts the node. */
export async function startNode(options) {
  const node = await createNode(options);
  const { id, multiaddrs } = node.peerInfo;
  const addresses = multiaddrs.toArray().map((address) => `${bare(address)}/p2p/${id.toB58String()}`);
  return { addresses, commands: nodeCommands(node, options), stop: () => node.stop() };
}

/** What the library prints of its own addresses ends in `/ipfs/ID`. */
const bare = (address) => String(address).replace(/\/(ipfs|p2p)\/[^/]+$/, '');

async function createNode({ peerId, listen, security, muxer }) {
  const peerInfo = new PeerInfo(peerId);
  // Without a TCP address of its own the switch drops the transport, even for dials.
  for (const address of listen) peerInfo.multiaddrs.add(address);
  const connEncryption = SECURITY[security];
  const node = new Libp2p({
    peerInfo,
    modules: {
      transport: [TCP, WebSockets],
      streamMuxer: [MUXERS[muxer]],
      ...(connEncryption === undefined ? {} : { connEncryption: [connEncryption] }),
    },
    config: { peerDiscovery: { autoDial: false }, relay: { enabled: false } },
  });
  node.handle(ECHO, (_, connection) => pull(connection, connection));
  node.handle(PERF, (_, connection) => pull(connection, perfAnswer(), connection));
  node.handle(STALL, () => {});
  node.handle(RESET, (_, connection) => connection.source(new Error('reset'), () => {}));
  await node.start();
  return node;
}

/** Reads the count at the front, then all until the end; then sends as many zero bytes. */
function perfAnswer() {
  const head = Buffer.alloc(8);
  let filled = 0;
  let zeros;
  return (read) =>
    function next(abort, callback) {
      if (abort) return read(abort, callback);
      if (zeros !== undefined) {
        const { value, done } = zeros.next();
        return done ? callback(true) : callback(null, value);
      }
      read(null, (end, piece) => {
        if (end && end !== true) return callback(end);
        if (end) {
          if (filled < 8) return callback(new Error('the upload ended before its head'));
          zeros = zeroChunks(Number(head.readBigUInt64BE()));
        } else if (filled < 8) {
          filled += piece.copy(head, filled);
        }
        // From the event loop: a long upload must not grow the stack.
        setImmediate(next, null, callback);
      });
    };
}

const opening = (node, address, protocol) => node.dialProtocol(address, protocol);

/** Runs a source into the connection and the connection into `onPiece`; resolves at the clean end of the answers. */
function exchange(connection, pieces, onPiece) {
  const iterator = pieces[Symbol.iterator]();
  return new Promise((resolve, reject) => {
    pull(
      (abort, callback) => {
        if (abort) return callback(abort);
        const { value, done } = iterator.next();
        setImmediate(callback, done ? true : null, value);
      },
      connection,
      pull.drain(onPiece, (error) => (error ? reject(error) : resolve())),
    );
  });
}

async function echo(node, { address, size = 0, seed = 0, chunk }) {
  const started = performance.now();
  const connection = await opening(node, address, ECHO);
  const [sent, got] = [new Tally(), new Tally()];
  const write = function* () {
    for (const piece of seededChunks(seed, size, chunk)) {
      sent.add(piece);
      yield Buffer.from(piece);
    }
  };
  await exchange(connection, write(), (piece) => got.add(piece));
  return { ...checkEcho(sent, got), millis: performance.now() - started };
}

async function perf(node, { address, send = 0, receive = 0 }) {
  const started = performance.now();
  const connection = await opening(node, address, PERF);
  const upload = function* () {
    const head = Buffer.alloc(8);
    head.writeBigUInt64BE(BigInt(receive));
    yield head;
    yield* zeroChunks(send);
  };
  let received = 0;
  await exchange(connection, upload(), (piece) => (received += piece.length));
  if (received !== receive) throw new Error(`asked for ${receive} bytes, got ${received}`);
  return { sent: send, received, millis: performance.now() - started };
}

function nodeCommands(node, options) {
  const idOf = (address) => String(address).split('/').at(-1);
  const bookOf = (address) => node.peerBook.get(idOf(address));
  return {
    dial: async ({ address }) => {
      const started = performance.now();
      await node.dial(address);
      const [connection] = node._switch.connection.getAllById(idOf(address));
      return {
        peerId: connection.theirB58Id,
        security: node._switch.crypto.tag,
        muxer: connection.muxer.multicodec,
        millis: performance.now() - started,
      };
    },
    hangUp: async ({ peerId }) => {
      await node.hangUp(node.peerBook.get(peerId));
      return {};
    },
    echo: (params) => echo(node, params),
    echoMany: (params) => many(params, async () => () => echo(node, params)),
    dialMany: async (params) => {
      const dialers = [];
      const prepare = async () => {
        const dialer = await createNode({ ...options, peerId: await options.newIdentity() });
        dialers.push(dialer);
        return async () => {
          await dialer.dial(params.address);
          await dialer.hangUp(dialer.peerBook.get(idOf(params.address)));
        };
      };
      return many(params, prepare, () => void Promise.all(dialers.map((dialer) => dialer.stop())));
    },
    perf: (params) => perf(node, params),
    ping: async ({ address, count = 1 }) => {
      await node.dial(address);
      const ping = await node.ping(bookOf(address));
      const rttMillis = await new Promise((resolve, reject) => {
        const heard = [];
        ping.on('ping', (millis) => heard.push(millis) === count && resolve(heard));
        ping.on('error', reject);
        ping.start();
      });
      ping.stop();
      return { peerId: idOf(address), rttMillis };
    },
    identify: async ({ address }) => {
      await node.dial(address);
      // The switch runs identify on every new connection; who it named stands in the peer book.
      for (let tries = 0; tries < 100 && (bookOf(address).protocols?.size ?? 0) === 0; tries++)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const { id, multiaddrs, protocols } = bookOf(address);
      return {
        peerId: id.toB58String(),
        protocols: [...protocols],
        listenAddresses: multiaddrs.toArray().map(bare),
      };
    },
    connections: async () => {
      const list = node._switch.connection.getAll().map(({ theirB58Id }) => ({ peerId: theirB58Id }));
      return { count: list.length, list };
    },
    ...lowLevel(node),
  };
}

// The library leaves some errors of dead streams without an owner; they must not end the peer.
process.on('unhandledRejection', (error) => say({ event: 'unhandledRejection', error: String(error) }));
process.on('uncaughtException', (error) => say({ event: 'uncaughtException', error: String(error) }));
