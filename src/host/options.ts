/** What a node is made of: ports, bounds, and what it offers. */
import type { BlockStore, Ciphers, Clock, DataStore, RandomSource, Resolver, TraceSink, Transport } from '../ports.js';
import type { MuxerProtocol } from '../actors/connection/muxer.js';
import type { Identity, SecurityProtocol } from '../actors/connection/security.js';
import type { EngineError } from '../errors.js';
import type { Limits } from '../limits.js';
import type { OpenRecording } from './recording.js';

/** Everything that a {@link Host} needs; `createNode` fills in the real ports and sensible defaults. */
export interface HostOptions {
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
  /** Multiaddrs to listen on; none: only dialing. */
  readonly listen: readonly string[];
  /** Peers to connect to at start, as full multiaddrs; one that fails is reported and does not stop the start. */
  readonly bootstrap?: readonly string[];
  /** What identify says of us. */
  readonly agentVersion: string;
  /** Whether `/echo/1.0.0` and `/perf/1.0.0` are answered. */
  readonly testProtocols?: boolean;
  /** Overrides of `limits.ts`. */
  readonly limits?: Partial<Limits>;
  readonly trace?: TraceSink | undefined;
  /** Opens the file of {@link Host.record}; without it a running node cannot be recorded. */
  readonly openRecording?: OpenRecording;
  /** Hears bugs of the engine; the node goes on. */
  readonly onBroken?: (error: EngineError) => void;
  /** Called when everything else is stopped, to close what the host was given. */
  readonly onStopped?: () => Promise<void>;
}
