// swarmchart as a contender, as built in dist/.
import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import { create as createDigest } from 'multiformats/hashes/digest';
import { filter, firstValueFrom, tap } from 'rxjs';
import { LIMITS as DEFAULTS } from '../dist/limits.js';

const ECHO = '/echo/1.0.0';
const PERF = '/perf/1.0.0';
const LIFTED = 1_000_000;
const LIMITS = {
  // Who measures is no stranger: nothing of what keeps strangers in bounds may be in the way.
  ...Object.fromEntries(
    Object.keys(DEFAULTS)
      .filter((name) => /^resource.*(Connections|Streams|Bytes)$/.test(name) && !/BytesPer/.test(name))
      .map((name) => [name, LIFTED * LIFTED]),
  ),
  connectionsHighWater: LIFTED,
  connectionsLowWater: LIFTED,
  streamResetsBurst: LIFTED,
  connections: LIFTED,
  connectionsPerPeer: LIFTED,
  upgradesInProgress: LIFTED,
  streamsPerProtocolInbound: LIFTED,
  streamsPerProtocolOutbound: LIFTED,
  yamuxInboundStreams: LIFTED,
  yamuxOutboundStreams: LIFTED,
  upgradesPerHost: LIFTED,
  connectionsHighWater: LIFTED,
  resourceTransientConnections: LIFTED,
  resourceSystemStreams: LIFTED,
  resourceTransientStreams: LIFTED,
  resourcePeerStreams: LIFTED,
  resourceProtocolStreams: LIFTED,
};
const PIECE = new Uint8Array(64 * 1024);

/** Starts a node, see contender.mjs. */
export async function createContender({ kind, security, listens }) {
  const listen = listens ? ['/ip4/127.0.0.1/tcp/0'] : [];
  const node = kind === 'bare' ? await bareNode(security, listen) : await wholeNode(security, listen);
  return {
    ...node,
    echo: async (connection, payload) => {
      const stream = await node.openStream(connection, ECHO);
      const read = readToEnd(stream);
      stream.write(payload);
      stream.closeWrite();
      const [bytes] = await Promise.all([read, stream.closed]);
      if (bytes !== payload.length) throw new Error(`${bytes} bytes came back`);
    },
    /** A stream that has echoed a byte, and stays open. */
    openEcho: async (connection) => {
      const stream = await node.openStream(connection, ECHO);
      const answered = firstValueFrom(stream.data$.pipe(tap((piece) => stream.consume(piece.length))));
      stream.write(Uint8Array.of(1));
      await answered;
      return stream;
    },
    perf: async (connection, send, receive) => {
      const stream = await node.openStream(connection, PERF);
      const read = readToEnd(stream);
      const head = new Uint8Array(8);
      new DataView(head.buffer).setBigUint64(0, BigInt(receive));
      stream.write(head);
      for (let left = send; left > 0; left -= PIECE.length) {
        if (!stream.write(PIECE.subarray(0, Math.min(left, PIECE.length)))) await stream.whenWritable();
      }
      stream.closeWrite();
      const [bytes] = await Promise.all([read, stream.closed]);
      if (bytes !== receive) throw new Error(`${bytes} of ${receive} bytes came`);
    },
  };
}

/** Connections and streams alone: the swarm without identify and bitswap. */
async function bareNode(security, listen) {
  const { Environment } = await import('../dist/actors/environment.js');
  const { SwarmActor } = await import('../dist/actors/swarm/swarm-actor.js');
  const { echo, ECHO_PROTOCOL } = await import('../dist/actors/protocols/echo-handler.js');
  const { answerPerf, PERF_PROTOCOL } = await import('../dist/actors/protocols/perf-handler.js');
  const { noiseProtocol } = await import('../dist/actors/connection/noise/handler.js');
  const { secioProtocol } = await import('../dist/actors/connection/secio/handler.js');
  const { yamuxProtocol } = await import('../dist/actors/connection/yamux/muxer.js');
  const { generateIdentity, identityFromPrivateKey } = await import('../dist/crypto/keys.js');
  const { nodeCiphers } = await import('../dist/platform/node-ciphers.js');
  const { systemClock } = await import('../dist/platform/system-clock.js');
  const { systemRandom } = await import('../dist/platform/system-random.js');
  const { tcpTransport } = await import('../dist/platform/tcp-transport.js');
  const environment = new Environment({
    clock: systemClock,
    random: systemRandom,
    ciphers: nodeCiphers,
    limits: LIMITS,
    onBroken: broken,
  });
  const { privateKeyProtobuf } = generateIdentity(nodeCiphers, systemRandom);
  const identity = identityFromPrivateKey(nodeCiphers, privateKeyProtobuf);
  const swarm = new SwarmActor({
    environment,
    identity,
    transports: [tcpTransport],
    security: [security === 'secio' ? secioProtocol : noiseProtocol],
    muxers: [yamuxProtocol],
    lazyNegotiation: true,
  });
  // What identify tells a whole node of its peers.
  swarm.protocolsOf = () => [ECHO_PROTOCOL, PERF_PROTOCOL];
  swarm.registerHandler(ECHO_PROTOCOL, (stream) => echo(environment, stream));
  swarm.registerHandler(PERF_PROTOCOL, (stream) => answerPerf(environment, stream));
  for (const address of listen) await swarm.listen(address);
  return {
    peerId: identity.peerId,
    addresses: swarm.fullAddresses,
    stop: () => swarm.stop(),
    dial: (address) => swarm.dial(address),
    close: async (connection) => {
      const closed = gone(swarm.events$, (event) => event.connection === connection);
      connection.close();
      await closed;
    },
    openStream: (connection, protocol) => swarm.openStreamOn(connection, [protocol]),
  };
}

/** A node as embedders get it. */
async function wholeNode(security, listen) {
  const { createNode } = await import('../dist/create-node.js');
  const node = await createNode({
    listen,
    security: [security],
    limits: LIMITS,
    testProtocols: true,
    onBroken: broken,
  });
  let session;
  return {
    peerId: node.peerId,
    addresses: node.addresses,
    stop: () => node.stop(),
    dial: (address) => node.dial(address),
    close: async ({ id, remotePeer }) => {
      const closed = gone(node.events$, (event) => event.info.id === id);
      node.disconnect(remotePeer);
      await closed;
    },
    identified: ({ remotePeer }) => node.identify(remotePeer),
    settled: async (count) => {
      const enough = () => node.connections().length === count;
      if (!enough()) await firstValueFrom(node.events$.pipe(filter(enough)));
      await Promise.all(node.connections().map(({ remotePeer }) => node.identify(remotePeer)));
    },
    openStream: ({ remotePeer }, protocol) => node.openStream(remotePeer, protocol),
    addFile: async (source, chunkBytes) => (await node.add(asynchronous(source), { chunkBytes })).cid.toString(),
    readFile: (cid) => node.cat(cid),
    addBlocks: async (pieces) => {
      const blocks = [...pieces].map((bytes) => {
        const digest = createDigest(0x12, createHash('sha256').update(bytes).digest());
        return { cid: CID.createV1(0x55, digest), bytes };
      });
      await node.blocks.putMany(blocks);
      return blocks.map(({ cid }) => cid.toString());
    },
    getBlock: async (text) => {
      const cid = CID.parse(text);
      session ??= node.createSession();
      return (await node.blocks.get(cid)) ?? session.want(cid);
    },
  };
}

function broken(error) {
  console.error(error);
}

function gone(events$, isIt) {
  return firstValueFrom(events$.pipe(filter((event) => event.type === 'connection.closed' && isIt(event))));
}

/** Resolves with the number of bytes that came before the peer's end. */
function readToEnd(stream) {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    stream.data$.subscribe({
      next: (piece) => {
        bytes += piece.length;
        stream.consume(piece.length);
      },
      complete: () => resolve(bytes),
      error: reject,
    });
  });
}

async function* asynchronous(pieces) {
  yield* pieces;
}
