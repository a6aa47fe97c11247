/** What a node is made of: ports, bounds, and what it offers. */
import type {
  BlockStore,
  Ciphers,
  Clock,
  DataStore,
  Datagrams,
  HttpClient,
  RandomSource,
  Resolver,
  TraceSink,
  Transport,
} from '../ports.js';
import type { ConnectionManagerOptions } from '../actors/policy/connection-manager.js';
import type { GaterOptions } from '../actors/policy/gater.js';
import type { ResourceOptions } from '../actors/policy/resource-manager.js';
import type { MuxerProtocol } from '../actors/connection/muxer.js';
import type { Identity, SecurityProtocol } from '../actors/connection/security.js';
import type { EngineError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { PingMonitorOptions } from '../actors/swarm/ping-monitor.js';
import type { OpenInspection } from './inspection.js';
import type { OpenRecording } from './recording.js';
import type { NodeRoutingOptions } from './routing/options.js';

/** What a node does about peers unasked; what is absent or false is not done. `createNode` has defaults of its own. */
export interface PeerOptions {
  readonly identify?: {
    /** Whether peers are told when our protocols or addresses change, and may tell us: `/ipfs/id/push/1.0.0`. */
    readonly push?: boolean;
    /** Whether identify carries our addresses in a signed record. */
    readonly signedRecord?: boolean;
  };
  /** Whether what is known of peers is kept in the data store. */
  readonly peerstore?: { readonly persistent?: boolean };
  /** Whether `/libp2p/circuit/relay/0.1.0` is answered with a refusal, as the network of 2018 expects of a newcomer. */
  readonly relayV1?: boolean;
  /** Whether each connected peer is pinged now and then, and one that does not answer is closed. */
  readonly pingMonitor?: boolean | PingMonitorOptions;
}

/** Everything that a {@link Host} needs; `createNode` fills in the real ports and sensible defaults. */
export interface HostOptions extends PeerOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly ciphers: Ciphers;
  readonly transports: readonly Transport[];
  /** Without it, names in addresses are the transports' own affair. */
  readonly resolver?: Resolver | undefined;
  readonly blocks: BlockStore;
  readonly data: DataStore;
  /** Security protocols, best first. */
  readonly security: readonly SecurityProtocol[];
  /** Muxers, best first. */
  readonly muxers: readonly MuxerProtocol[];
  /** Whether proposals are sent without waiting for their echo, see {@link SwarmOptions.lazyNegotiation}. */
  readonly lazyNegotiation?: boolean;
  /** See {@link EnvironmentOptions.generation}. */
  readonly generation?: number;
  /** Multiaddrs to listen on; none: only dialing. */
  readonly listen: readonly string[];
  /** Peers to connect to at start, as full multiaddrs; one that fails is reported and does not stop the start. */
  readonly bootstrap?: readonly string[];
  /** What identify says of us. */
  readonly agentVersion: string;
  /** For routers over HTTP: delegated ones, trackers. */
  readonly http?: HttpClient | undefined;
  /** For mDNS and trackers over UDP. */
  readonly datagrams?: Datagrams | undefined;
  /** How peers and content are found. Default: not at all. */
  readonly routing?: NodeRoutingOptions | undefined;
  /** Whether `/echo/1.0.0` and `/perf/1.0.0` are answered. */
  readonly testProtocols?: boolean;
  /** Limits of the scopes, where they differ from the defaults. */
  readonly resources?: ResourceOptions | undefined;
  /** Which peers and addresses the node has to do with. Default: all. */
  readonly gater?: GaterOptions | undefined;
  /** Which connections are kept. */
  readonly connectionManager?: ConnectionManagerOptions | undefined;
  /** Overrides of `limits.ts`. */
  readonly limits?: Partial<Limits>;
  readonly trace?: TraceSink | undefined;
  /** Opens the file of {@link Host.record}; without it a running node cannot be recorded. */
  readonly openRecording?: OpenRecording;
  /** Serves the page of {@link Host.inspect}; without it a running node cannot be inspected. */
  readonly openInspection?: OpenInspection;
  /** Hears bugs of the engine; the node goes on. */
  readonly onBroken?: (error: EngineError) => void;
  /** Called when everything else is stopped, to close what the host was given. */
  readonly onStopped?: () => Promise<void>;
}
