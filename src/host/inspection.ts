/** Looking at a node while it runs. */
import type { PresentActor } from '../inspect/live-source.js';
import type { InspectGauge } from '../inspect/contract.js';
import type { Limits } from '../limits.js';
import type { Clock, TraceSink } from '../ports.js';
import type { RecordedNode } from './recording.js';

/** How a running node is shown. */
export interface InspectOptions {
  /** Where the page is served on loopback. Default: any free port. */
  readonly port?: number;
  /** Whether the page may order what changes the node. Default: no; a running node takes no such order yet. */
  readonly allowControl?: boolean;
}

/** An inspector of a running node. */
export interface Inspection {
  /** The page's address, with its token: whoever has it may look. */
  readonly url: string;
  /** Ends it; resolves when the port is free. Calling it again changes nothing. */
  close(): Promise<void>;
}

/** What an inspector needs of its node. */
export interface InspectedNode {
  readonly recorded: RecordedNode;
  readonly clock: Clock;
  readonly limits: Partial<Limits>;
  traceTo(sink: TraceSink): () => void;
  actors(): Iterable<PresentActor>;
  gauges(): readonly InspectGauge[];
}

/** What {@link OpenInspection} answers. */
export interface OpenedInspection {
  readonly url: string;
  /** The node has stopped: pages are told, and the server ends. */
  close(): Promise<void>;
}

/** Serves the inspector of a node. Rejects with `ERR_LISTEN_FAILED`. */
export type OpenInspection = (node: InspectedNode, options: InspectOptions) => Promise<OpenedInspection>;
