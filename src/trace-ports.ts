/** Where trace records go: the port of whoever records a node or looks at it. */

/** What is written to a trace: an input that crossed a port, an output, a frame, or a step of a machine. */
export interface TraceDraft {
  /** `namespace:event`: `io:bytes_received`, `timer:fired`, `random:drawn`, `actor:transition` ... (docs/trace.md). */
  readonly name: string;
  /** Address of the actor it belongs to, e.g. `conn:1/noise`. */
  readonly actor: string;
  /** Milliseconds of the node's clock. */
  readonly timeMs: number;
  /** Number of the record that led to this one. */
  readonly cause?: number | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  /** What passed, where the record says no more than that; absent: it says more. */
  readonly passed?: PassedBytes | undefined;
}

/** Bytes that passed one layer, or room for more of them: nothing happened but that. */
export interface PassedBytes {
  readonly timeMs: number;
  readonly direction: 'inbound' | 'outbound';
  /** `transport`: what crossed the connection's socket. */
  readonly layer: string;
  /** Address of the connection, e.g. `conn:1`. */
  readonly connection: string;
  readonly stream?: number | undefined;
  /** Bytes; 0 where only room is told. */
  readonly length: number;
}

/** How much of a trace is wanted. */
export type TraceDetail =
  /** Inputs, outputs and steps of machines. */
  | 'states'
  /** Frames of each layer besides: what they were, and how long. */
  | 'frames'
  /** Frames with a digest of their bytes, so that a replay can compare them. */
  | 'digests';

/** Where trace records go. Absent: tracing is off and costs nothing. */
export interface TraceSink {
  readonly detail: TraceDetail;
  /** Whether what passes inside the secure channels is wanted too, as `secure:plaintext`. Absent: it is not. */
  readonly plaintext?: boolean;
  /** The lengths of bytes are enough, so that nothing is spent on writing the bytes out. Absent: the bytes are wanted. */
  readonly lengthsOnly?: boolean;
  /** Whether observations are wanted too: records that {@link isObservation} knows. Absent: they are not. */
  readonly observations?: boolean;
  /**
   * Whether records that only tell what passed ({@link TraceDraft.passed}) are wanted; may change at any time. Absent: they
   * are. `false`: each is told to {@link passed} instead, and made only where another sink wants it.
   */
  readonly dataRecords?: boolean;
  /** Takes what passed in the place of its record. No other record has it as its cause. */
  passed?(passed: PassedBytes): void;
  /** Takes one record; answers its number: dense and ascending, a total order. */
  record(draft: TraceDraft): number;
}

/**
 * Whether a record of this name is an observation: what neither frames nor steps tell, for who looks at a node
 * (docs/trace.md, "Observations"). It follows from what else is there: no record has one as its cause, a replay does not
 * compare it, and it is told to those alone who ask.
 */
export function isObservation(name: string): boolean {
  return name.startsWith('seen:');
}
