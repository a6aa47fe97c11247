// A js-libp2p node with its limits lifted, and the commands that need no content.
import v8 from 'node:v8';
import vm from 'node:vm';
import { generateKeyPair } from '@libp2p/crypto/keys';
import { identify, identifyPush } from '@libp2p/identify';
import { mplex } from '@libp2p/mplex';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import { plaintext } from '@libp2p/plaintext';
import { tcp } from '@libp2p/tcp';
import { webSockets } from '@libp2p/websockets';
import { tls } from '@libp2p/tls';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { checkEcho, many, seededChunks, Tally } from '../control.mjs';
import { ECHO, PERF, perfOver, readToEnd, serveProtocols, writeAll } from './protocols.mjs';

const LIFTED = 1_000_000;
const A_DAY_MS = 24 * 60 * 60 * 1000;
const STREAM_LIMITS = { maxInboundStreams: LIFTED, maxOutboundStreams: LIFTED };
/** Those that our muxers take too. */
export const MUXER_OPTIONS = { maxEarlyStreams: LIFTED, streamOptions: { inactivityTimeout: A_DAY_MS } };
const MUXERS = {
  yamux: () => yamux({ ...STREAM_LIMITS, ...MUXER_OPTIONS }),
  // Its threshold is on new streams a second, whoever opens them.
  mplex: () => mplex({ ...MUXER_OPTIONS, disconnectThreshold: LIFTED }),
};
const SECURITY = { noise: () => noise(), plaintext: () => plaintext(), tls: () => tls() };

/** Makes an identity: rsa, ed25519 or secp256k1. */
export function privateKey(kind) {
  return kind === 'rsa'
    ? generateKeyPair('RSA', 2048)
    : generateKeyPair({ ed25519: 'Ed25519', secp256k1: 'secp256k1' }[kind] ?? kind);
}

/** What both a plain node and helia are made of. */
export function libp2pConfig({ key, security, muxers = ['yamux'], identify: identifies, identifyPush: pushes = false, listen, parts = {} }) {
  return {
    privateKey: key,
    addresses: { listen },
    transports: [parts.tcp ?? tcp(), webSockets()],
    connectionEncrypters: security.map((name) => parts[name] ?? SECURITY[name]()),
    streamMuxers: muxers.map((name) => parts[name] ?? MUXERS[name]()),
    connectionManager: {
      maxConnections: LIFTED,
      inboundConnectionThreshold: LIFTED,
      maxIncomingPendingConnections: LIFTED,
      reconnectRetries: 0,
    },
    connectionMonitor: { enabled: false },
    services: {
      ...(identifies ? { identify: identify(STREAM_LIMITS) } : {}),
      ...(pushes ? { identifyPush: identifyPush(STREAM_LIMITS) } : {}),
      ping: ping(STREAM_LIMITS),
    },
  };
}

/** Starts a plain node. */
export async function createNode(config) {
  const node = await createLibp2p(libp2pConfig(config));
  await serveProtocols(node, STREAM_LIMITS);
  return node;
}

/** Dials, and where the peer speaks identify waits until it has answered. */
export async function connect(node, address) {
  const target = multiaddr(address);
  const known = node.getConnections().find((connection) => target.toString().endsWith(`/${connection.remotePeer}`));
  if (known?.status === 'open') return known;
  if (node.services.identify === undefined) return node.dial(target);
  const identified = new Map();
  const waiting = new Map();
  const note = ({ detail }) => {
    identified.set(detail.connection.id, detail);
    waiting.get(detail.connection.id)?.();
  };
  node.addEventListener('peer:identify', note);
  try {
    const connection = await node.dial(target);
    if (!identified.has(connection.id)) {
      await new Promise((resolve) => {
        waiting.set(connection.id, resolve);
        connection.addEventListener('close', resolve);
        setTimeout(resolve, 5_000).unref(); // a peer without identify
      });
    }
    return connection;
  } finally {
    node.removeEventListener('peer:identify', note);
  }
}

const open = async (node, address, protocol) =>
  (await connect(node, address)).newStream(protocol, { maxOutboundStreams: LIFTED });

async function echo(node, { address, size = 0, seed = 0, chunk }) {
  const started = performance.now();
  const stream = await open(node, address, ECHO);
  const [sent, got] = [new Tally(), new Tally()];
  const write = async () => {
    await writeAll(stream, seededChunks(seed, size, chunk), (piece) => sent.add(piece));
    await stream.close();
  };
  try {
    await Promise.all([readToEnd(stream, (piece) => got.add(piece)), write()]);
  } catch (error) {
    stream.abort(error);
    throw error;
  }
  return { ...checkEcho(sent, got), millis: performance.now() - started };
}

/** The commands of a node, see ../README.md. */
export function nodeCommands(node, config) {
  return {
    dial: async ({ address }) => {
      const started = performance.now();
      const connection = await connect(node, address);
      return { ...describeConnection(connection), millis: performance.now() - started };
    },
    hangUp: async ({ peerId }) => {
      await Promise.all(
        node
          .getConnections()
          .filter((connection) => connection.remotePeer.toString() === peerId)
          .map((connection) => connection.close()),
      );
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
        const dialer = await createNode({ ...config, key: await privateKey('ed25519'), listen: [], identify: false });
        dialers.push(dialer);
        return async () => (await dialer.dial(multiaddr(params.address))).close();
      };
      return many(params, prepare, () => void Promise.all(dialers.map((dialer) => dialer.stop())));
    },
    perf: async ({ address, send = 0, receive = 0 }) => {
      const started = performance.now();
      const stream = await open(node, address, PERF);
      const received = await perfOver(stream, send, receive);
      return { sent: send, received, millis: performance.now() - started };
    },
    ping: async ({ address, count = 1 }) => {
      const connection = await connect(node, address);
      const rttMillis = [];
      for (let i = 0; i < count; i += 1) rttMillis.push(await node.services.ping.ping(connection.remotePeer));
      return { peerId: connection.remotePeer.toString(), rttMillis };
    },
    identify: async ({ address }) => {
      const connection = await connect(node, address);
      const told = await node.services.identify.identify(connection);
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
    knownPeer: async ({ peerId }) => {
      const known = (await node.peerStore.all()).find(({ id }) => id.toString() === peerId);
      if (known === undefined) throw new Error(`${peerId} is not known`);
      return {
        protocols: known.protocols,
        addresses: known.addresses.map(({ multiaddr: address, isCertified }) => ({
          address: address.toString(),
          certified: isCertified,
        })),
        agentVersion: new TextDecoder().decode(known.metadata.get('AgentVersion')),
        hasRecord: known.peerRecordEnvelope !== undefined,
      };
    },
    handle: async ({ protocol }) => {
      await node.handle(protocol, (stream) => stream.close());
      return {};
    },
    unhandle: async ({ protocol }) => {
      await node.unhandle(protocol);
      return {};
    },
    connections: async () => list(node.getConnections().map(describeConnection)),
    streams: async () =>
      list(
        node.getConnections().flatMap((connection) =>
          connection.streams.map(({ id, protocol, direction }) => ({
            peerId: connection.remotePeer.toString(),
            id,
            protocol,
            direction,
          })),
        ),
      ),
    memory: async () => {
      v8.setFlagsFromString('--expose-gc');
      vm.runInNewContext('gc')();
      const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
      return { rss, heapUsed, external, arrayBuffers };
    },
  };
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
