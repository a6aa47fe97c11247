// What the peers of js-libp2p 1 and 2 have in common: their streams are duplexes of `source` and `sink`. Node built-ins
// only; the packages of a generation are handed in.
import { checkEcho, many, parseFlags, seededChunks, serveControl, Tally, zeroChunks } from './control.mjs';

const LIFTED = 1_000_000;
const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const STALL = '/stall/1.0.0';

/** Limits that no test should meet, for services and muxers. */
export const STREAM_LIMITS = { maxInboundStreams: LIFTED, maxOutboundStreams: LIFTED };

/** The connection manager's, for both generations. */
export const CONNECTION_LIMITS = {
  minConnections: 0,
  maxConnections: LIFTED,
  inboundConnectionThreshold: LIFTED,
  maxIncomingPendingConnections: LIFTED,
  maxParallelDials: LIFTED,
  reconnectRetries: 0,
};

/**
 * Runs a peer. `start` makes a node of `{ key, listen, security, muxers, identify }`; `multiaddr` is its generation's.
 */
export async function runPeer({ start, multiaddr }) {
  const flags = parseFlags({
    security: { type: 'string', multiple: true, default: ['noise'] },
    muxer: { type: 'string', default: 'yamux,mplex' },
    'no-identify': { type: 'boolean', default: false },
  });
  const config = {
    key: flags.key,
    security: flags.security,
    muxers: flags.muxer.split(','),
    identify: !flags['no-identify'],
  };
  const node = await start({ ...config, listen: flags.listen });
  await serveProtocols(node);
  const startDialer = () => start({ ...config, key: 'ed25519', listen: [], identify: false });
  serveControl({
    peerId: node.peerId.toString(),
    addresses: node.getMultiaddrs().map(String),
    commands: commandsOf(node, (text) => multiaddr(text), startDialer),
    stop: () => node.stop(),
    lifetimeSeconds: flags['lifetime-seconds'],
  });
}

async function serveProtocols(node) {
  const serve = (protocol, handler) =>
    node.handle(
      protocol,
      ({ stream }) => {
        handler(stream).catch((error) => stream.abort(error));
      },
      STREAM_LIMITS,
    );
  await serve(ECHO, (stream) => stream.sink(stream.source));
  await serve(PERF, async (stream) => {
    const head = Buffer.alloc(8);
    let filled = 0;
    for await (const piece of stream.source) {
      if (filled < 8) filled += Buffer.from(piece.subarray()).copy(head, filled);
    }
    if (filled < 8) throw new Error('the upload ended before its head');
    await stream.sink(zeroChunks(Number(head.readBigUInt64BE())));
  });
  await serve(STALL, async () => {});
}

function commandsOf(node, addressOf, startDialer) {
  const connect = (address) => connectTo(node, addressOf(address));
  const open = async (address, protocol) =>
    (await connect(address)).newStream(protocol, { maxOutboundStreams: LIFTED });
  const echo = async ({ address, size = 0, seed = 0, chunk }) => {
    const started = performance.now();
    const stream = await open(address, ECHO);
    const [sent, got] = [new Tally(), new Tally()];
    await bothWays(stream, seededChunks(seed, size, chunk), (piece) => sent.add(piece), (piece) => got.add(piece));
    return { ...checkEcho(sent, got), millis: performance.now() - started };
  };
  return {
    dial: async ({ address }) => {
      const started = performance.now();
      return { ...describeConnection(await connect(address)), millis: performance.now() - started };
    },
    hangUp: async ({ peerId }) => {
      const its = node.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peerId);
      await Promise.all(its.map((connection) => connection.close()));
      return {};
    },
    echo,
    echoMany: async (params) => {
      await connect(params.address);
      return many(params, async () => () => echo(params));
    },
    dialMany: async (params) => {
      const dialers = [];
      const prepare = async () => {
        const dialer = await startDialer();
        dialers.push(dialer);
        return async () => (await dialer.dial(addressOf(params.address))).close();
      };
      return many(params, prepare, () => void Promise.all(dialers.map((dialer) => dialer.stop())));
    },
    perf: async ({ address, send = 0, receive = 0 }) => {
      const started = performance.now();
      const stream = await open(address, PERF);
      const head = Buffer.alloc(8);
      head.writeBigUInt64BE(BigInt(receive));
      let received = 0;
      const upload = function* () {
        yield head;
        yield* zeroChunks(send);
      };
      await bothWays(stream, upload(), undefined, (piece) => (received += piece.byteLength));
      if (received !== receive) throw new Error(`asked for ${receive} bytes, got ${received}`);
      return { sent: send, received, millis: performance.now() - started };
    },
    ping: async ({ address, count = 1 }) => {
      const { remotePeer } = await connect(address);
      const rttMillis = [];
      for (let i = 0; i < count; i += 1) rttMillis.push(await node.services.ping.ping(remotePeer));
      return { peerId: remotePeer.toString(), rttMillis };
    },
    identify: async ({ address }) => {
      const told = await node.services.identify.identify(await connect(address));
      return {
        peerId: told.peerId.toString(),
        agentVersion: told.agentVersion,
        protocolVersion: told.protocolVersion,
        protocols: told.protocols,
        listenAddresses: told.listenAddrs.map(String),
        observedAddress: told.observedAddr?.toString(),
        signedRecord: told.signedPeerRecord !== undefined,
      };
    },
    connections: async () => list(node.getConnections().map(describeConnection)),
    streams: async () =>
      list(
        node.getConnections().flatMap(({ remotePeer, streams }) =>
          streams.map(({ id, protocol, direction }) => ({ peerId: remotePeer.toString(), id, protocol, direction })),
        ),
      ),
  };
}

/** Writes all and half-closes, while what comes is read to its end. */
async function bothWays(stream, pieces, onSent = () => {}, onGot) {
  const upload = function* () {
    for (const piece of pieces) {
      onSent(piece);
      yield piece;
    }
  };
  const download = async () => {
    for await (const piece of stream.source) onGot(piece);
  };
  try {
    await Promise.all([download(), stream.sink(upload()).then(() => stream.closeWrite())]);
  } catch (error) {
    stream.abort(error);
    throw error;
  }
}

/** Dials, and where the peer speaks identify waits until it has answered. */
async function connectTo(node, target) {
  const known = node.getConnections().find(({ remotePeer }) => target.toString().endsWith(`/${remotePeer}`));
  if (known?.status === 'open') return known;
  if (node.services.identify === undefined) return node.dial(target);
  const identified = new Promise((resolve) => {
    node.addEventListener('peer:identify', resolve, { once: true });
    setTimeout(resolve, 5_000).unref(); // a peer without identify
  });
  const connection = await node.dial(target);
  await identified;
  return connection;
}

const list = (items) => ({ count: items.length, list: items });

function describeConnection(connection) {
  return {
    peerId: connection.remotePeer.toString(),
    address: connection.remoteAddr.toString(),
    direction: connection.direction,
    security: connection.encryption,
    muxer: connection.multiplexer,
    streams: connection.streams.length,
  };
}
