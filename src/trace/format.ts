/** What a trace file holds: see docs/trace.md. */
import type { TraceDetail } from '../ports.js';

/** Version of the format; a reader refuses a higher one. */
export const TRACE_FORMAT = 1;

/** URI of the names under which our events stand in a qlog file. */
export const TRACE_SCHEMA = 'https://swarmchart.dev/schemas/trace/2026-11';

/** What a trace may hold, from nothing secret to everything. */
export type TraceClass = 'redacted' | 'replayable' | 'full';

/** What decides how a node behaves: a replay makes its node from it. JSON values only. */
export type TraceConfig = Readonly<Record<string, unknown>>;

/** What is ours in the header. */
export interface TraceEngine {
  readonly format: number;
  readonly class: TraceClass;
  readonly detail: TraceDetail;
  /** Seed of every secret, in class `replayable` and in simulations. */
  readonly seed: string | undefined;
  readonly clock: 'real' | 'virtual';
  /** Versions of what decides the order of things: the engine, its libraries, the runtime. */
  readonly versions: Readonly<Record<string, string>>;
  /** SHA-256 of each machine's canonical form, by id. */
  readonly machines: Readonly<Record<string, string>>;
  readonly config: TraceConfig;
  /** What was left out. */
  readonly redaction: readonly string[];
  /** Whether `secure:plaintext` is told. Never in class `redacted`. Absent: no. */
  readonly plaintext?: boolean;
  /** Whether observations are told (docs/trace.md). Absent: no. */
  readonly observations?: boolean;
  /** Begun on a running node, or its beginning is gone: it tells what happened, and cannot be replayed. Absent: whole. */
  readonly partial?: boolean;
  /**
   * What the draws of each label gave, one after another, in hex: in a trace that was cut out of another one, where the
   * seed alone would give what was drawn before. Class `replayable` alone.
   */
  readonly draws?: Readonly<Record<string, string>>;
  /** Records that a flight recorder had let go before the first one here. */
  readonly dropped?: number;
}

/** The first line. */
export interface TraceHeader {
  readonly title: string;
  /** Peer id, or the name of a simulation. */
  readonly vantagePoint: string;
  readonly engine: TraceEngine;
}

/** Any other line. */
export interface TraceRecord {
  /** Dense, from 0. */
  readonly seq: number;
  /** Milliseconds of the node's clock. */
  readonly time: number;
  readonly name: string;
  /** Address from the root, e.g. `/node/swarm/conn:1/noise`. */
  readonly actor: string;
  readonly cause: number | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A whole trace in memory. */
export interface Trace {
  readonly header: TraceHeader;
  readonly records: readonly TraceRecord[];
}

/** Names of records that a replay feeds back; every other one it expects to see again. */
export const INPUT_NAMES: ReadonlySet<string> = new Set([
  'transport:listening',
  'transport:accepted',
  'transport:connected',
  'transport:failed',
  'transport:unlistened',
  'io:bytes_received',
  'io:drained',
  'io:ended',
  'io:closed',
  'timer:fired',
  'async:settled',
  'udp:opened',
  'udp:received',
  'udp:failed',
  'udp:closed',
  'http:connected',
  'http:answered',
  'http:received',
  'http:failed',
  'api:called',
  'api:pulled',
  'api:supplied',
  'api:subscribed',
  'api:unsubscribed',
  'api:aborted',
]);

/** Bytes as they stand in a trace: the length tells the truth, the data may be left out. */
export interface RawBytes {
  readonly length: number;
  /** Hex. */
  readonly data?: string | undefined;
}
