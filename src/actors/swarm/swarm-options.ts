/** What a swarm is made of, and the options of its calls. */
import type { Transport } from '../../ports.js';
import type { MuxerProtocol } from '../connection/muxer.js';
import type { Identity, SecurityProtocol } from '../connection/security.js';
import type { Environment } from '../environment.js';
import type { PolicyOptions } from '../policy/policy.js';

/** What a swarm is made of. */
export interface SwarmOptions {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly transports: readonly Transport[];
  /** Best first. */
  readonly security: readonly SecurityProtocol[];
  /** Best first. */
  readonly muxers: readonly MuxerProtocol[];
  /** Whom it takes, and what each may take of the node. */
  readonly policy?: PolicyOptions | undefined;
}

/** Options of calls that take time. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of `SwarmActor.dial`. */
export interface SwarmDialOptions extends CallOptions {
  /** Opens another connection, even if there is one. */
  readonly force?: boolean | undefined;
}
