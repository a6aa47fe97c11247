/** Makes a node with the real ports and sensible defaults: the door for embedders and for the command line. */
import type { MuxerProtocol } from './actors/connection/muxer.js';
import type { ConnectionManagerOptions } from './actors/policy/connection-manager.js';
import type { GaterOptions } from './actors/policy/gater.js';
import type { ResourceOptions } from './actors/policy/resource-manager.js';
import { MUXERS, SECURITY, type MuxerName, type SecurityName } from './chain-protocols.js';
import { generateIdentity, identityFromPrivateKey } from './crypto/keys.js';
import { EngineError, toEngineError } from './errors.js';
import { Host } from './host/host.js';
import type { HostOptions, PeerOptions } from './host/options.js';
import { peerOptionsOf } from './host/peer-options.js';
import type { NodeRoutingOptions } from './host/routing/options.js';
import { LIMITS, type Limits } from './limits.js';
import { checkNodeOptions } from './options/node-schema.js';
import { createFlightDeck, openRecording, type FlightDeck } from './platform/live-trace.js';
import { openInspection } from './platform/live-inspect.js';
import { NodeHttpClient } from './platform/http-client.js';
import { nodeCiphers } from './platform/node-ciphers.js';
import { udpDatagrams } from './platform/udp-datagrams.js';
import { openRepo, type Repo } from './platform/repo.js';
import { systemClock } from './platform/system-clock.js';
import { systemRandom } from './platform/system-random.js';
import { systemResolver } from './platform/system-resolver.js';
import { defaultTransports } from './platform/default-transports.js';
import type {
  BlockStore,
  Ciphers,
  Clock,
  DataStore,
  Datagrams,
  HttpClient,
  KeyType,
  RandomSource,
  Resolver,
  TraceSink,
  Transport,
} from './ports.js';
import { MemoryBlockStore, MemoryDataStore } from './sim/memory-store.js';
import { logTo, type LogLevel, type LogSink } from './telemetry/log.js';

/** How a node is made. Everything has a default. */
export interface CreateNodeOptions extends PeerOptions {
  /** Folder of the repo: identity, blocks and records on Level. Default: a fresh identity, everything in memory. */
  readonly repo?: string;
  /** A private key in the libp2p keys protobuf, instead of the repo's or a fresh one. */
  readonly privateKey?: Uint8Array;
  /** Multiaddrs to listen on. Default: `/ip4/127.0.0.1/tcp/0`; an empty list only dials. */
  readonly listen?: readonly string[];
  /** Best first. Default: noise. tls is what Kubo likes best, secio is for the networks that still need it, plaintext for tests. */
  readonly security?: readonly SecurityName[];
  /** Best first. Default: yamux. mplex is for peers that have nothing else; none (one stream a connection) stands alone. */
  readonly muxers?: readonly MuxerName[];
  /**
   * Saves round trips: a handshake that is the only one offered, and what is said on a stream whose protocol identify
   * told of, leave with the proposal instead of waiting for its echo. Default: yes.
   */
  readonly lazyNegotiation?: boolean;
  /** Behaves as nodes of an earlier engine did where that shows in a recording; for replays. Default: as today's. */
  readonly generation?: number;
  /** Peers to connect to at start. */
  readonly bootstrap?: readonly string[];
  /** How peers and content are found: DHT, mDNS, delegated servers, trackers (docs/routing.md). Default: not at all. */
  readonly routing?: NodeRoutingOptions;
  /** Limits of the resource scopes, where they differ from the defaults (docs/policy.md). */
  readonly resources?: ResourceOptions;
  /** Allow and deny lists, and hooks. Default: everybody is welcome. */
  readonly gater?: GaterOptions;
  /** High and low water, grace, and peers that are kept connected. */
  readonly connectionManager?: ConnectionManagerOptions;
  /** Overrides of single bounds of `limits.ts`. */
  readonly limits?: Partial<Limits>;
  /** What identify says of us. */
  readonly agentVersion?: string;
  /** Answer `/echo/1.0.0` and `/perf/1.0.0`, for peers that measure or test. Default: no. */
  readonly testProtocols?: boolean;
  /** Each address goes to the first that handles it. Default: TCP, WebSocket and Unix domain sockets. */
  readonly transports?: readonly Transport[];
  /** What resolves `/dns...` and `/dnsaddr` addresses. Default: the system's DNS. */
  readonly resolver?: Resolver | undefined;
  /** What asks delegated servers and trackers. Default: Node's HTTP. */
  readonly http?: HttpClient;
  /** What mDNS and trackers over UDP use. Default: the system's UDP. */
  readonly datagrams?: Datagrams;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  readonly ciphers?: Ciphers;
  /** Stores instead of the repo's or the ones in memory. */
  readonly blocks?: BlockStore;
  readonly data?: DataStore;
  /** Where trace records go. Default: nowhere, at no cost. */
  readonly trace?: TraceSink;
  /**
   * Keeps the last trace records in memory, redacted, and writes them to a file of `folder` when a connection fails.
   * `megabytes` bounds what is kept; default `limits.flightRecorderBytes`.
   */
  readonly flightRecorder?: { readonly folder: string; readonly megabytes?: number };
  /** Log lines, from the start to the stop of the node (docs/operations.md). Default: none, at no cost. */
  readonly log?: { readonly sink: LogSink; readonly level?: LogLevel };
  /** Hears bugs of the engine; the node goes on. */
  readonly onBroken?: (error: EngineError) => void;
}

const AGENT_VERSION = 'swarmchart/0.1.0';

/**
 * Makes and starts a node. Rejects with `ERR_INVALID_ARGUMENT` for options that are not known or not of their kind,
 * `ERR_REPO_LOCKED`, `ERR_REPO_INVALID`, `ERR_LISTEN_FAILED`, or what a port
 * throws; then nothing is left open.
 *
 * ```ts
 * const node = await createNode({ listen: ['/ip4/127.0.0.1/tcp/0'] });
 * const stream = await node.openStream('/ip4/127.0.0.1/tcp/4001/p2p/12D3Koo...', '/echo/1.0.0');
 * ```
 */
export function createNode(options: CreateNodeOptions = {}): Promise<Host> {
  try {
    checkNodeOptions(options);
  } catch (thrown) {
    return Promise.reject(toEngineError(thrown, 'ERR_INVALID_ARGUMENT', 'local', 'createNode'));
  }
  // Not awaited: a recording and its replay, which makes its node below, take the same turns.
  return makeNode(options);
}

/** The same of options that a trace tells: what an engine of another day knew is no mistake of a caller. */
export async function makeNode(options: CreateNodeOptions): Promise<Host> {
  const ciphers = options.ciphers ?? nodeCiphers;
  const random = options.random ?? systemRandom;
  const repo = options.repo === undefined ? undefined : await openRepo(options.repo);
  try {
    const privateKey = options.privateKey ?? (await privateKeyOf(repo, ciphers, random));
    const chosen = { ...options, ...peerDefaults(options) };
    const host = composeHost(chosen, {
      identity: identityFromPrivateKey(ciphers, privateKey),
      clock: options.clock ?? systemClock,
      random,
      ciphers,
      transports: options.transports ?? defaultTransports(options.limits),
      blocks: options.blocks ?? repo?.blocks ?? new MemoryBlockStore(),
      data: options.data ?? repo?.data ?? new MemoryDataStore(),
      resolver: options.resolver ?? systemResolver,
      http:
        options.http ?? (options.routing === undefined ? undefined : new NodeHttpClient({ limits: options.limits })),
      datagrams: options.datagrams ?? udpDatagrams,
      onStopped: async () => {
        stopLog();
        await flights?.close();
        await repo?.close();
      },
    });
    const flights = attachFlightDeck(host, options);
    const stopLog = attachLog(host, options);
    await host.start();
    return host;
  } catch (thrown) {
    await repo?.close();
    throw thrown;
  }
}

/** What a node stands on, all chosen. */
export type NodeParts = Pick<
  HostOptions,
  | 'identity'
  | 'clock'
  | 'random'
  | 'ciphers'
  | 'transports'
  | 'resolver'
  | 'http'
  | 'datagrams'
  | 'blocks'
  | 'data'
  | 'onStopped'
> & {
  /** Takes each muxer and gives it back, watched: for simulations. */
  readonly watchMuxer?: ((muxer: MuxerProtocol) => MuxerProtocol) | undefined;
};

/** How a node behaves, whatever it stands on. */
export type NodeBehaviour = Omit<
  CreateNodeOptions,
  | 'repo'
  | 'privateKey'
  | 'transports'
  | 'resolver'
  | 'http'
  | 'datagrams'
  | 'clock'
  | 'random'
  | 'ciphers'
  | 'blocks'
  | 'data'
>;

/** A node that is not started yet, with the defaults that {@link createNode} gives: one composition for all. */
export function composeHost(options: NodeBehaviour, { watchMuxer, ...parts }: NodeParts): Host {
  const muxers = muxersOf(options.muxers ?? ['yamux']);
  return new Host({
    ...parts,
    security: (options.security ?? ['noise']).map((name) => SECURITY[name]),
    muxers: watchMuxer === undefined ? muxers : muxers.map(watchMuxer),
    lazyNegotiation: options.lazyNegotiation ?? true,
    listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0'],
    bootstrap: options.bootstrap ?? [],
    agentVersion: options.agentVersion ?? AGENT_VERSION,
    testProtocols: options.testProtocols ?? false,
    routing: options.routing,
    ...peerOptionsOf(options),
    trace: options.trace,
    openRecording,
    openInspection,
    resources: options.resources,
    gater: options.gater,
    connectionManager: options.connectionManager,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.generation === undefined ? {} : { generation: options.generation }),
    ...(options.onBroken === undefined ? {} : { onBroken: options.onBroken }),
  });
}

/** What {@link createNode} does about peers where it is not told otherwise. */
function peerDefaults(options: CreateNodeOptions): PeerOptions {
  const { identify, peerstore, relayV1, repo, data, security = [] } = options;
  return {
    identify: { push: true, signedRecord: true, ...identify },
    // A store in memory ends with the peerstore itself.
    peerstore: { persistent: repo !== undefined || data !== undefined, ...peerstore },
    // Who speaks secio asks every newcomer whether it relays.
    relayV1: relayV1 ?? security.includes('secio'),
  };
}

/** No muxer is no choice among others: it is not negotiated. */
function muxersOf(names: readonly MuxerName[]): readonly MuxerProtocol[] {
  if (names.includes('none') && names.length > 1) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `the muxer none stands alone, got ${names.join(', ')}`);
  }
  return names.map((name) => MUXERS[name]);
}

/** Lets every failing connection be written down. */
function attachFlightDeck(host: Host, options: CreateNodeOptions): FlightDeck | undefined {
  const { flightRecorder, clock = systemClock, onBroken = () => undefined } = options;
  if (flightRecorder === undefined) return undefined;
  const { folder, megabytes } = flightRecorder;
  if (megabytes !== undefined && !(megabytes > 0)) {
    throw new EngineError('ERR_INVALID_ARGUMENT', 'local', `flightRecorder.megabytes is above 0, got ${megabytes}`);
  }
  const limits = { ...LIMITS, ...options.limits };
  const flightRecorderBytes = megabytes === undefined ? limits.flightRecorderBytes : megabytes * 1024 * 1024;
  const deck = createFlightDeck({
    folder,
    node: host.recorded,
    clock,
    limits: { ...limits, flightRecorderBytes },
    onFailed: onBroken,
  });
  host.traceTo(deck.recorder);
  host.events$.subscribe((event) => {
    if ((event.type === 'connection.failed' || event.type === 'connection.closed') && event.error !== undefined) {
      deck.failed(event.info.id, event.error.code);
    }
  });
  return deck;
}

/** Sends what the node tells to the sink of its `log` option. */
function attachLog(host: Host, { log, clock = systemClock }: CreateNodeOptions): () => void {
  if (log === undefined) return () => undefined;
  const { sink, ...level } = log;
  return logTo(host, sink, { clock, ...level });
}

/** Opens a repo just to see who it is; a new repo gets its key. */
export async function openRepoIdentity(
  folder: string,
): Promise<{ readonly peerId: string; readonly keyType: KeyType }> {
  const repo = await openRepo(folder);
  try {
    const { peerId, signer } = identityFromPrivateKey(nodeCiphers, await privateKeyOf(repo, nodeCiphers, systemRandom));
    return { peerId, keyType: signer.type };
  } finally {
    await repo.close();
  }
}

/** The repo's key, made when it has none; without a repo, a fresh one. */
async function privateKeyOf(repo: Repo | undefined, ciphers: Ciphers, random: RandomSource): Promise<Uint8Array> {
  const known = await repo?.identityKey.get();
  if (known !== undefined) return known;
  const { privateKeyProtobuf } = generateIdentity(ciphers, random);
  await repo?.identityKey.put(privateKeyProtobuf);
  return privateKeyProtobuf;
}
