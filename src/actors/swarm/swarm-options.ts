/** What a swarm is made of, and how its calls are made. */
import type { Resolver, Transport } from '../../ports.js';
import type { MuxerProtocol } from '../connection/muxer.js';
import type { Identity, SecurityProtocol } from '../connection/security.js';
import type { Environment } from '../environment.js';
import type { PolicyOptions } from '../policy/policy.js';

/** What a swarm is made of. */
export interface SwarmOptions {
  readonly environment: Environment;
  readonly identity: Identity;
  readonly transports: readonly Transport[];
  /** Without it, names are the transports' own affair. */
  readonly resolver?: Resolver | undefined;
  /** Best first. */
  readonly security: readonly SecurityProtocol[];
  /** Best first. */
  readonly muxers: readonly MuxerProtocol[];
  /**
   * What leaves with a proposal instead of waiting for its echo: the handshake, where only one can be offered, and what is
   * said on a stream whose protocol the peer is known to speak. Default: nothing.
   */
  readonly lazyNegotiation?: boolean | undefined;
  /** What becomes of two connections with one peer, one dialed by each side at once. Default: `one`, see `crossed-dials.ts`. */
  readonly simultaneousDials?: 'one' | 'both' | undefined;
  /** Whom it takes, and what each may take of the node. */
  readonly policy?: PolicyOptions | undefined;
}

/** Options of calls that take time. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Options of calls that open a stream. */
export interface OpenStreamOptions extends CallOptions {
  /**
   * Whether the first of the protocols that the peer is known to speak is taken for agreed: the stream is there at once,
   * and fails with multistream's error if the peer has unlearned it. Default: where the node negotiates lazily.
   */
  readonly lazy?: boolean | undefined;
}

/** Options of `SwarmActor.dial`. */
export interface SwarmDialOptions extends CallOptions {
  /** Opens another connection, even if there is one. */
  readonly force?: boolean | undefined;
}
