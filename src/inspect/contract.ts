/**
 * What passes between whoever has a trace (a running node, a file, a simulation) and whoever shows it, as JSON: text
 * frames of a WebSocket, or values handed over in one process. A view needs nothing else, so that an embedder who speaks
 * this can mount one.
 *
 * The source says `hello`, then `records` in order, as many as it has credit for, then `end` where there is one. The
 * page gives `credit` and, where the source allows it, orders `command`s, each answered by one `answer`.
 */
import type { ForkChange } from '../trace/fork-change.js';
import type { TraceHeader, TraceRecord } from '../trace/format.js';
import type { TraceDiff } from './diff.js';

export type { ForkChange } from '../trace/fork-change.js';

/** Version of this contract; a page refuses another one. */
export const INSPECT_CONTRACT = 1;

/** Where the server takes pages' WebSockets. */
export const INSPECT_SOCKET_PATH = '/watch';
/** The subprotocol that a page asks for; the token goes beside it, as `token.HEX`, so that no address tells it. */
export const INSPECT_SUBPROTOCOL = 'swarmchart.inspect.1';
export const INSPECT_TOKEN_PREFIX = 'token.';

/** Where the records come from. */
export type InspectSourceKind = 'live' | 'file' | 'simulation' | 'embedded';

/** What a source can be ordered to do; a page shows no button for anything else. */
export type InspectAbility =
  /** Run the trace again on today's machines: `replay`, `fork`. */
  | 'replay'
  /** Hold, step, go on, set breakpoints, inject faults: `pause`, `step`, `resume`, `breakpoints`, `inject`. */
  | 'control'
  /** Make files that the page cannot make alone: `export`. */
  | 'export';

/** A number that the source counts and the page shows. */
export interface InspectGauge {
  readonly name: string;
  readonly value: number;
  /** `bytes`, `ms`, `count`. */
  readonly unit: string;
}

/** One trace of a source: a diff and a fork have two. */
export interface InspectTrace {
  /** `main`, `other`, `fork:1`. */
  readonly id: string;
  readonly title: string;
  readonly header: TraceHeader;
}

/** From the source to the page. */
export type InspectMessage =
  | {
      readonly type: 'hello';
      readonly contract: number;
      readonly kind: InspectSourceKind;
      readonly trace: InspectTrace;
      readonly abilities: readonly InspectAbility[];
      /** Records that the page is to keep at most; older ones of a live trace are let go and told in a notice. */
      readonly recordsMax: number;
      /** Records that there are in the end, where it is known. */
      readonly recordsExpected?: number;
    }
  /** A further trace: the other one of a diff, a fork. */
  | { readonly type: 'trace'; readonly trace: InspectTrace }
  /** The next records of trace `of`, dense but for what a notice says. */
  | { readonly type: 'records'; readonly of: string; readonly records: readonly TraceRecord[] }
  /** No more will come of trace `of`. */
  | { readonly type: 'end'; readonly of: string; readonly truncated: boolean }
  | { readonly type: 'gauges'; readonly timeMs: number; readonly gauges: readonly InspectGauge[] }
  /** Something that whoever looks has to know: records left out, a damaged line, a node that stopped. */
  | {
      readonly type: 'notice';
      readonly code: InspectNoticeCode;
      readonly text: string;
      /** Records left out since the last notice. */
      readonly dropped?: number;
    }
  /** Where a simulation is, told at every change. */
  | { readonly type: 'paused'; readonly timeMs: number; readonly why: string }
  | { readonly type: 'resumed' }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  /** `id` is -1 where what was said is no request; then the source hangs up. */
  | { readonly type: 'refusal'; readonly id: number; readonly code: string; readonly text: string };

/** Why a page shows a notice. */
export type InspectNoticeCode =
  /** The page could not keep up: from here on transitions alone, or samples. */
  | 'summary'
  /** All records again. */
  | 'whole'
  /** The trace is larger than what is shown. */
  | 'window'
  /** The trace is damaged from a line on. */
  | 'damaged'
  /** The node stopped; what it said stays. */
  | 'stopped';

/** From the page to the source. */
export type InspectRequest =
  /** The page has taken in what came and can take so many records more. */
  | { readonly type: 'credit'; readonly records: number }
  | { readonly type: 'command'; readonly id: number; readonly command: InspectCommand };

/** An order. `control` ones are refused with `ERR_INSPECT_READ_ONLY` unless the source was told to allow them. */
export type InspectCommand =
  /** Runs the trace again, or with `atSeq` up to that record; answers {@link ReplayVerdict}. */
  | { readonly name: 'replay'; readonly atSeq?: number }
  /**
   * Runs the trace again up to `atSeq`, an input, then on with that input changed; answers {@link ForkAnswer}. A further
   * `trace` with its records follows.
   */
  | { readonly name: 'fork'; readonly atSeq: number; readonly change: ForkChange }
  | { readonly name: 'pause' }
  /** Goes on; `speed` is virtual time over real time from now on, 0 for as fast as it can. Absent: as before. */
  | { readonly name: 'resume'; readonly speed?: number }
  /** One event of the simulation, or all of `timeMs`. */
  | { readonly name: 'step'; readonly timeMs?: number }
  | { readonly name: 'breakpoints'; readonly breakpoints: readonly Breakpoint[] }
  | { readonly name: 'inject'; readonly fault: InspectFault }
  /** Answers {@link ExportedFile}. */
  | { readonly name: 'export'; readonly what: 'trace' | 'html' | 'jest'; readonly connection?: string };

/** What a fork came to. */
export interface ForkAnswer {
  /** Id of its trace, `fork:1`. */
  readonly trace: string;
  /** Records at its beginning that are those of the recording. */
  readonly sharedRecords: number;
  readonly records: number;
  /** Recorded inputs that the changed node no longer waited for. */
  readonly leftOut: readonly { readonly seq: number; readonly name: string; readonly why: string }[];
  /** Nothing was left to happen, or a bound was reached. */
  readonly ended: 'quiet' | 'bound';
  /** Where recording and fork part, per actor: see `diff.ts`. */
  readonly diff: TraceDiff;
}

/** What a run of a trace on today's machines came to. */
export interface ReplayVerdict {
  readonly same: boolean;
  /** Where it first differs. */
  readonly atSeq?: number;
  readonly text: string;
  /** Of a run up to a record: where every machine stands then, as recorded and as it ran again. */
  readonly states?: readonly {
    readonly actor: string;
    readonly machine: string;
    readonly recorded: string;
    /** Absent where the machine was not reached. */
    readonly replayed?: string;
  }[];
}

/** Where a simulation is to hold. All that is given has to match; globs as in the filter. */
export interface Breakpoint {
  readonly id: number;
  readonly machine?: string;
  readonly state?: string;
  readonly edge?: string;
  /** Layer or event of a frame, e.g. `yamux` or `yamux.goAway`. */
  readonly frame?: string;
  readonly actor?: string;
}

/** What can be done to a simulated network. Links by the names of their two nodes. */
export type InspectFault =
  | { readonly kind: 'cut'; readonly from: string; readonly to: string }
  | { readonly kind: 'clog'; readonly from: string; readonly to: string; readonly forMs: number }
  | { readonly kind: 'heal' }
  | { readonly kind: 'crash'; readonly node: string }
  | { readonly kind: 'restart'; readonly node: string };

/** A file for whoever looks to save. */
export interface ExportedFile {
  readonly fileName: string;
  readonly mediaType: string;
  readonly text: string;
}
