/** How one fixture is recorded: what a node is made of, and what is done with it. */
import type { Host } from '../../../src/host/host.js';
import type { RecordOptions } from '../../../src/replay/index.js';
import type { PeerName } from '../../peers/peers.js';

/** The node's options, but for those that follow from the fixture's name. */
export type NodeOptions = Omit<RecordOptions, 'to' | 'class' | 'seed' | 'title'>;

/** What a recipe is given. */
export interface Recording {
  /** Makes the one node that is recorded. It is stopped when the recipe has ended. */
  start(options: NodeOptions): Promise<Host>;
  /** Something to end when the recipe has: first the node, then these, the last one first. */
  onEnd(end: () => unknown): void;
}

/** One fixture. */
export interface Recipe {
  /** Of its file, without `.trace.jsonl`; the node's secrets follow from it. */
  readonly name: string;
  /** One line on what happens in it. */
  readonly title: string;
  /** Live peers that it takes; a machine without one keeps the file it has. */
  readonly peers: readonly PeerName[];
  /** Kept as `.trace.jsonl.gz`, for what is larger than a fixture may be and cannot be smaller. */
  readonly packed?: true;
  /**
   * Of class redacted, and kept in `redacted/`: what the node does in it comes in on no port that a recording holds, so that no
   * replay could do it again.
   */
  readonly redacted?: true;
  /** Does it. What it throws is reported, and nothing is kept. */
  readonly record: (recording: Recording) => Promise<void>;
}
