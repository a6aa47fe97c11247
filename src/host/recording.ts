/** Recording a node while it runs. */
import type { TraceDetail, TraceSink } from '../ports.js';

/** How a running node is recorded. */
export interface RecordOptions {
  /**
   * `redacted` (default): no key, random value, payload or wire bytes. `full`: wire bytes and what passes inside the
   * secure channels; it takes `unsafeIncludeSecrets`, and `.SECRET` in the file's name. A running node cannot be
   * recorded for replay: its secrets are its own, and what came before is missing.
   */
  readonly class?: 'redacted' | 'full';
  readonly unsafeIncludeSecrets?: boolean;
  /** Default `frames`. */
  readonly detail?: TraceDetail;
  /**
   * Tells observations too: queries, routing table, exchanges of blocks and what stands at the beginning, as the inspector
   * shows them. Of content they name CIDs and keys, also in a redacted trace. Default: yes.
   */
  readonly observations?: boolean;
  /** What the file is about, for who reads it. */
  readonly title?: string;
}

/** A recording under way. */
export interface Recording {
  readonly path: string;
  /** Ends it; resolves when the file is whole. Calling it again changes nothing. */
  stop(): Promise<void>;
}

/** Where a recording goes. */
export interface RecordingTarget {
  readonly sink: TraceSink;
  close(): Promise<void>;
}

/** What a recording says of its node. */
export interface RecordedNode {
  readonly peerId: string;
  /** How it was made, as JSON. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Opens the file of a recording. Throws `ERR_INVALID_ARGUMENT` and the file system's errors. */
export type OpenRecording = (path: string, options: RecordOptions, node: RecordedNode) => RecordingTarget;
