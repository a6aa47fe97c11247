/** What the calls of a host take. */
import type { CallOptions } from '../actors/swarm/swarm-options.js';

/** A stream's target by content: the connected peer that has the block. */
export interface BlockTarget {
  /** CID of the block, in text. */
  readonly blockId: string;
}

/** Options of {@link Host.registerHandle}. */
export interface HandleOptions {
  /** Inbound streams of this protocol on one connection; default `limits.streamsPerProtocolInbound`. */
  readonly maxInboundStreams?: number;
}

/** Options of {@link Host.ping}. */
export interface PingOptions extends CallOptions {
  /** How many; default 1. */
  readonly count?: number;
}
