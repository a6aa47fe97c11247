/** What a link is like, one way, while no fault says otherwise. */

/** How what is written in one go arrives: as written, cut at random, joined with what follows, or any of these by chance. */
export type Chunking = 'whole' | 'cut' | 'joined' | 'mixed';

/** One direction of a link. All of it can be changed while connections are open: it holds for what is written from then on. */
export interface LinkOptions {
  /** Least time from write to arrival. Default 1. */
  readonly latencyMs: number;
  /** Random time on top, up to this, evenly spread. Default 0. */
  readonly jitterMs: number;
  /** 0: no bound. Default 0. */
  readonly bandwidthBytesPerSecond: number;
  /** Default `whole`. */
  readonly chunking: Chunking;
  /** Probability that a write is lost and sent again, which a stream sees as delay. Default 0. */
  readonly lossChance: number;
  /** What each loss costs: the least retransmission time-out of common stacks. Default 200. */
  readonly retransmitMs: number;
  /** Probability that a byte of a write is changed on the way. Default 0. */
  readonly corruptChance: number;
  /** Probability that the connection is reset in the middle of a write. Default 0. */
  readonly resetChance: number;
}

/** A link without surprises. */
export const PLAIN_LINK: LinkOptions = {
  latencyMs: 1,
  jitterMs: 0,
  bandwidthBytesPerSecond: 0,
  chunking: 'whole',
  lossChance: 0,
  retransmitMs: 200,
  corruptChance: 0,
  resetChance: 0,
};
