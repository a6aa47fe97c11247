/**
 * `swarmchart/inspect`: one view of the inspector, or the whole of it, in an embedder's own page; and what the views
 * know of a trace as plain functions, for people who draw themselves. See docs/inspector-embedding.md.
 *
 * The types stand here without those of the library that draws. What mounts is bundled from `page/embed.tsx`, for it
 * needs a browser.
 */
import type { InspectCommand, InspectMessage } from './contract.js';
import type { ReadFilter } from './filter/filter.js';
import type { TraceStore } from './trace-store.js';
import type { TraceRecord } from '../trace/format.js';
import type { EmbeddedSource } from './embedded-source.js';

export type {
  Breakpoint,
  ExportedFile,
  ForkChange,
  InspectAbility,
  InspectCommand,
  InspectFault,
  InspectGauge,
  InspectMessage,
  InspectNoticeCode,
  InspectSourceKind,
  InspectTrace,
  ReplayVerdict,
} from './contract.js';
export type { InspectFeed, InspectSource, InspectWatcher } from './source.js';
export type { EmbeddedHold, EmbeddedSource, TextSourceOptions } from './embedded-source.js';
export type { Trace, TraceEngine, TraceHeader, TraceRecord } from '../trace/format.js';
export type { ActorLife, MachineLife, Step } from './trace-store.js';
export type { FilterField } from './filter/fields.js';
export type { ReadFilter, RecordTest } from './filter/filter.js';
export type { ActorNode, Overview, ToldFailure } from './overview.js';
export type { LinkEnd } from './links.js';
export type { Lifeline, Sequence, SequenceLayer, SequenceRow } from './sequence.js';
export type { CreditPoint, StreamLife, StreamSpan } from './streams.js';
export type { AskedPeer, AskedState, QueryProgress, SeenQuery } from './queries.js';
export type { BitswapCell, BitswapGrid, BitswapPassage, BitswapWord, OpenWant } from './bitswap-grid.js';
export type { BucketMap, BucketPeer, Swarm, SwarmEdge, SwarmMember } from './swarm.js';
export type { FailureExplanation, StoryStep } from './explain/index.js';
export type { ReachedCounts } from './reached.js';

export { INSPECT_CONTRACT } from './contract.js';
export { sourceOf, sourceOfText } from './embedded-source.js';
export { TraceStore } from './trace-store.js';
export { FILTER_FIELDS } from './filter/fields.js';
export { readFilter } from './filter/filter.js';
export { overviewOf } from './overview.js';
export { linksOf } from './links.js';
export { SEQUENCE_LAYERS, sequenceOf } from './sequence.js';
export { streamsOf } from './streams.js';
export { queriesOf, queryWords } from './queries.js';
export { bitswapGridsOf } from './bitswap-grid.js';
export { bucketMapsOf, swarmOf } from './swarm.js';
export { explainFailures, explainText } from './explain/index.js';
export { reachedOf } from './reached.js';

/** The element to mount in: any `HTMLElement`. Its size is the embedder's to give. */
export interface MountPoint {
  readonly nodeType: number;
  readonly tagName: string;
  readonly isConnected: boolean;
}

/** A value that can be read, and heard as it changes. */
export interface Readable<Value> {
  readonly value: Value;
  /** Calls `listener` with the value now and with each later one. The answer ends it. */
  subscribe(listener: (value: Value) => void): () => void;
}

/** One that can be set as well. */
export interface Writable<Value> extends Readable<Value> {
  value: Value;
}

/** What is selected. Every view shows its part of it. */
export interface InspectSelection {
  /** Number of a record. */
  readonly seq?: number | undefined;
  /** Address of an actor. */
  readonly actor?: string | undefined;
  /** Id of a machine, at `actor` where that is given. */
  readonly machine?: string | undefined;
  /** Dotted path of a state, or id of an edge, of `machine`. */
  readonly state?: string | undefined;
  readonly edge?: string | undefined;
}

/** What is shown and chosen, shared by everything that is mounted with it. */
export interface InspectModel {
  /** By id; `main` is the first one. */
  readonly traces: Readable<
    ReadonlyMap<string, { readonly id: string; readonly title: string; readonly store: TraceStore }>
  >;
  /** Id of the trace that is shown. */
  readonly shown: Writable<string>;
  /** The shown trace; `undefined` until the source has said hello. */
  readonly store: Readable<TraceStore | undefined>;
  /** Changes whenever a trace has grown; the store itself stays the same. */
  readonly grown: Readable<number>;
  /** Number of the record up to which everything is shown; `undefined`: the newest one, followed as it comes. */
  readonly cursor: Writable<number | undefined>;
  readonly selection: Writable<InspectSelection>;
  /** In the filter's grammar; one that is mistaken lets everything through, see `filter`. */
  readonly filterText: Writable<string>;
  readonly filter: Readable<ReadFilter>;
  /** Indexes in `store.value.records` that the filter lets through. */
  readonly passing: Readable<readonly number[]>;
  /** The last is shown. */
  readonly notices: Readable<readonly { readonly code: string; readonly text: string }[]>;
  /** Whether the source can still be heard. */
  readonly isConnected: Readable<boolean>;
  /** Id of the view of a whole inspector. */
  readonly view: Writable<string>;
  /** Selects a record, and with it its actor and machine. */
  select(record: TraceRecord): void;
  /** Takes what a source says; whoever hands a source over need not call it. */
  take(message: InspectMessage): void;
  /** Orders something of the source. Rejects with an Error whose message can be shown. */
  order(command: InspectCommand): Promise<unknown>;
}

/** The views, in the order of the inspector's tabs; `InspectView` is one of them. */
export const INSPECT_VIEWS = [
  'overview',
  'connection',
  'sequence',
  'streams',
  'queries',
  'bitswap',
  'swarm',
  'replay',
  'explain',
  'diff',
  'coverage',
  'records',
] as const;
export type InspectView = (typeof INSPECT_VIEWS)[number];

/** What both ways of mounting take. */
export interface MountOptions {
  readonly source: EmbeddedSource;
  /** Default `auto`: as the reader's system prefers. */
  readonly theme?: 'auto' | 'light' | 'dark';
  /**
   * Where keys are heard: `inside`, where what is mounted has the focus; `page`, everywhere on the embedder's page;
   * `none`, in lists and controls alone. Default `inside`.
   */
  readonly keys?: 'inside' | 'page' | 'none';
  /** Key of the browser's local storage under which theme and filters are kept. Default: they are forgotten. */
  readonly settingsKey?: string;
}

/** How one view is mounted. */
export interface ViewOptions extends MountOptions {
  readonly view: InspectView;
  /** What stands around it. Default: the view alone; notices are always shown. */
  readonly parts?: readonly ('filter' | 'scrubber' | 'detail')[];
  /** Somebody followed a link to another view. Default: nothing. */
  readonly onOpen?: (view: InspectView) => void;
}

/** Something mounted. */
export interface Mounted {
  readonly model: InspectModel;
  setTheme(theme: 'auto' | 'light' | 'dark'): void;
  /** Closes the source, and takes away all that was added to the page. Calling it again does nothing. */
  unmount(): void;
}

/**
 * Mounts one view at the end of `element`.
 * @throws RangeError where there is no such view.
 */
export declare function mountView(element: MountPoint, options: ViewOptions): Mounted;

/** Mounts the whole inspector, with its tabs, at the end of `element`. */
export declare function mountInspector(
  element: MountPoint,
  options: MountOptions & { readonly view?: InspectView },
): Mounted;

/**
 * A running inspector as a source: `url` is that of its page or of its WebSocket, `token` what its address holds unless
 * `url` has it still. A lost connection is tried again until it is closed.
 */
export declare function sourceOfSocket(url: string | URL, token?: string): EmbeddedSource;
