/** What the explainer says of one failure. */
import type { Blame, ErrorCode } from '../../errors.js';

/** One step of the way to a failure. */
export interface StoryStep {
  /** Record of the trace that it is told of. */
  readonly seq: number;
  readonly text: string;
}

/** One failure: where it began, why, and what to change. Texts come from the trace: whoever shows them escapes them. */
export interface FailureExplanation {
  readonly code: ErrorCode;
  /** A few words, e.g. `Nothing in common`. */
  readonly title: string;
  /** Whose fault it was. */
  readonly blame: Blame;
  /** Address of who failed first, e.g. `/node/swarm/conn:2/multistream`. */
  readonly actor: string;
  /** Its machine; absent where what failed has none, such as a call that was refused at once. */
  readonly machine?: string;
  /** The state in which it failed. */
  readonly state?: string;
  /** The state in which that ended. */
  readonly ended?: string;
  /** The record in which it failed. */
  readonly seq: number;
  /** What one side proposed: protocols, ciphers, or the peer id that was proven. */
  readonly offered?: readonly string[];
  /** What the other side takes, as far as the trace tells. */
  readonly wanted?: readonly string[];
  /** The way there and what came of it, in order. */
  readonly story: readonly StoryStep[];
  /** One sentence: why. */
  readonly cause: string;
  /** What to change, most promising first. */
  readonly change: readonly string[];
  /** The records that led to it, from the first byte or call to the failure. */
  readonly chain: readonly number[];
}
