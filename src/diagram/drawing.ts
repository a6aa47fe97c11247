/** A chart with positions: what `layout.ts` makes, `drawings.json` keeps, and `svg.ts` and the inspector draw. */
import type { ErrorCode } from '../error-hints.js';
import type { ChartState, Outcome } from './model.js';

/** Left upper corner and size, in pixels from the left upper corner of the drawing, to one decimal. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A corner of a line: across, down. */
export type Point = readonly [x: number, y: number];

/** A line of text in the box of a state, below its name: what it does when it is entered or left, or reports. */
export interface DrawnRow {
  readonly kind: 'entry' | 'exit' | 'code' | 'decides';
  readonly text: string;
}

/** One state; the first is the machine itself (path `-`), whose box is the frame of the drawing. */
export interface DrawnState extends Box {
  readonly path: string;
  /** Absent for the machine. */
  readonly parent?: string;
  readonly type: ChartState['type'];
  /** Absent where there are none. */
  readonly tags?: readonly string[];
  readonly outcome?: Outcome;
  readonly codes?: readonly ErrorCode[];
  readonly meaning?: string;
  /** Below the name, one under another; the edges that are rows follow them. */
  readonly rows: readonly DrawnRow[];
}

/**
 * How an edge is drawn: a `line` from state to state; a `row` in the box of a state that it does not leave; or, where an
 * outer state goes to one inside it from wherever it is, a `stub`: a small box of its own beside the target.
 */
export type EdgeKind = 'line' | 'stub' | 'row';

/** What an edge is called. Lines are separated by a line feed: event and guard, then `/ ` and its actions. */
export interface DrawnLabel extends Box {
  readonly text: string;
}

/** One edge, under the id that traces and coverage carry. */
export interface DrawnEdge {
  readonly id: string;
  readonly kind: EdgeKind;
  readonly source: string;
  /** Empty where it stays. */
  readonly targets: readonly string[];
  readonly event: string;
  readonly guard?: string;
  readonly actions: readonly string[];
  /** Corners of the line, the head at the last; empty for a row. Edges of the same ends share one line. */
  readonly points: readonly Point[];
  readonly label: DrawnLabel;
  /** Box of the stub; edges of the same target share it. */
  readonly stub?: Box;
}

/** The mark from which the first state of an outer one is entered. */
export interface DrawnInitial {
  /** Path of the outer state. */
  readonly state: string;
  /** Centre of the dot. */
  readonly at: Point;
  readonly points: readonly Point[];
}

/** A whole drawing. The same chart gives the same drawing, in any process. */
export interface ChartDrawing {
  readonly id: string;
  /** Hash of the chart that is drawn. */
  readonly hash: string;
  readonly decides: string;
  readonly spec: string;
  readonly width: number;
  readonly height: number;
  readonly states: readonly DrawnState[];
  readonly edges: readonly DrawnEdge[];
  readonly initials: readonly DrawnInitial[];
}
