/** Feeds a node the inputs of a trace, in the order of the log, and compares all that it does. */
import { drain } from '../platform/drain.js';
import { INPUT_NAMES, type Trace, type TraceRecord } from '../trace/format.js';
import { Comparison, type ReplayLevel } from './comparison.js';
import { describeDifference, type ReplayDifference } from './difference.js';
import { EmbedderPace } from './embedder-pace.js';
import { LeftTheTrace } from './replay-ports.js';
import { Stage, type FedPorts, type StageHooks } from './stage.js';

/** Cuts a received chunk anew; the pieces have to be the chunk's bytes in order. `index`: how many chunks came before. */
export type Rechunk = (chunk: Uint8Array, index: number) => readonly Uint8Array[];

/** How a trace is replayed. */
export interface ReplayOptions {
  /** Default `bytes`. */
  readonly level?: ReplayLevel;
  /** Default: as recorded. */
  readonly rechunk?: Rechunk;
  /** Whether the replay's own trace tells observations; they are never compared. Default: as recorded. */
  readonly observations?: boolean;
}

/** Who goes on with a stage after a player. */
export type PlayerSuccessor = Pick<StageHooks, 'onRecord' | 'feedBetween'>;

/** One replay, up to wherever it is wanted. */
export class Player {
  readonly stage: Stage;
  /** When the next input is due that found the node half done. */
  readonly pace: EmbedderPace;
  readonly #trace: Trace;
  readonly #ports: FedPorts;
  readonly #comparison: Comparison;
  /** Who goes on from where the trace was left on purpose. */
  #successor: PlayerSuccessor | undefined;
  #endSeq = Number.POSITIVE_INFINITY;
  #next = 0;
  #chunks = 0;
  #lost: string | undefined;

  /** @throws EngineError `ERR_TRACE_NOT_REPLAYABLE`. */
  constructor(trace: Trace, ports: FedPorts, { level = 'bytes', rechunk, observations }: ReplayOptions = {}) {
    this.#trace = trace;
    this.#ports = ports;
    this.pace = new EmbedderPace(trace.records);
    this.stage = new Stage(trace, ports, {
      onRecord: (record) => {
        this.pace.take(record);
        if (this.#successor === undefined) this.#comparison.take(record);
        else this.#successor.onRecord(record);
      },
      feedBetween: (from, to) => {
        if (this.#successor === undefined) this.#feedBetween(from, to);
        else this.#successor.feedBetween(from, to);
      },
      ...(observations === undefined ? {} : { observations }),
      ...(rechunk === undefined ? {} : { piecesOf: (chunk: Uint8Array) => rechunk(chunk, this.#chunks++) }),
    });
    this.#comparison = new Comparison(trace.records, level, rechunk !== undefined);
  }

  /**
   * Makes the node and feeds it every input before record `endSeq`, or up to the first difference. `goOn` is called where
   * there is none, at the very step of promises at which the input at `endSeq` came.
   */
  async playUntil(endSeq: number, goOn?: () => Promise<void>): Promise<void> {
    this.#endSeq = endSeq;
    this.stage.start();
    await drain();
    while (this.#lost === undefined && this.#comparison.divergence === undefined) {
      const record = this.#nextInput();
      if (record === undefined) {
        await goOn?.();
        break;
      }
      this.#comparison.expectUpTo(record.seq, record.data['hops'] === undefined);
      if (this.#comparison.divergence !== undefined) break;
      this.#feed(record);
      if (this.#lost !== undefined && record.data['hops'] !== undefined) {
        // It came before the node was at rest, and a replay may take a step more to the same place.
        this.#lost = undefined;
        await drain();
        this.#feed(record);
      }
      const due = this.pace.due();
      if (due !== undefined && !(await due)) await drain();
    }
  }

  /** Nothing of what the trace tells before `seq` may be missing; of all of it, by default. */
  expect(seq?: number): void {
    if (this.#lost !== undefined) return;
    if (seq === undefined) this.#comparison.expectEnd();
    else this.#comparison.expectUpTo(seq, this.#trace.records[seq]?.data['hops'] === undefined);
  }

  /** From here on nothing is compared: `successor` hears what the node does. */
  leaveTo(successor: PlayerSuccessor): void {
    this.#successor = successor;
  }

  /** The first difference so far. */
  get difference(): ReplayDifference | undefined {
    const { divergence } = this.#comparison;
    if (divergence === undefined && this.#lost === undefined) return undefined;
    const at = this.#trace.records[this.#next - 1];
    return describeDifference(this.#trace, this.stage.produced, { divergence, lost: this.#lost, at });
  }

  #nextInput(): TraceRecord | undefined {
    const record = this.#peekInput(this.#endSeq);
    this.#next = record === undefined ? Math.min(this.#endSeq, this.#trace.records.length) : record.seq + 1;
    return record;
  }

  #feed(record: TraceRecord): void {
    this.#ports.clock.nowMs = record.time;
    this.pace.given(record);
    try {
      this.stage.feed(record);
    } catch (thrown) {
      if (!(thrown instanceof LeftTheTrace)) throw thrown;
      this.#lost = thrown.message;
    }
  }

  /** What the embedder did inside a callback, between its two marks in the log. */
  #feedBetween(from: number, to: number): void {
    const end = Math.min(to, this.#endSeq);
    this.#next = Math.max(this.#next, from + 1);
    for (let record = this.#peekInput(end); record !== undefined; record = this.#peekInput(end)) {
      this.#next = record.seq + 1;
      this.#feed(record);
    }
    this.#next = Math.max(this.#next, end);
  }

  #peekInput(end: number): TraceRecord | undefined {
    const last = Math.min(end, this.#trace.records.length);
    for (let index = this.#next; index < last; index++) {
      const record = this.#trace.records[index];
      if (record !== undefined && INPUT_NAMES.has(record.name)) return record;
    }
    return undefined;
  }
}
