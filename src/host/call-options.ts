/** What the calls of a host take. */
import type { CID } from 'multiformats/cid';
import type { CallOptions } from '../actors/swarm/swarm-options.js';

/** A stream's target by content: the connected peer that has the block. */
export interface BlockTarget {
  /** CID of the block, or its text. */
  readonly blockId: string | CID;
}

/** Whether a target is one of content; what is neither that nor text is refused as a peer. */
export function isBlock(target: string | BlockTarget): target is BlockTarget {
  const given: unknown = target;
  return typeof given === 'object' && given !== null;
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
