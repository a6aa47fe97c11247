/**
 * The recorder of one node: it stands between the node and its ports, and gives every input one time and one place in
 * the order. Between two inputs the node's clock stands still, so that what it reads can be told again.
 *
 * Most inputs find the node at rest: every promise of it that could go on has. An embedder can be quicker (two calls in
 * one breath, a call from a continuation), and then what it found half done has to be half done in a replay too: the
 * input tells how many steps of promises lay between it and the one before, as `hops`.
 */
import type { Clock, TraceDetail, TraceDraft, TraceSink } from '../../ports.js';
import { toHex } from '../../wire/hex.js';
import { INPUT_NAMES, type RawBytes } from '../format.js';

/** Lets everything else that is ready run before `work`: a turn of the event loop. */
export type Defer = (work: () => void) => void;

/** Steps of promises after which a node is taken to be at rest: far longer than any chain of its own. */
const HOPS_TO_REST = 64;

/** Takes the time of inputs, and the records of a node and of its port wrappers on their way to the trace. */
export class Recorder implements TraceSink {
  readonly detail: TraceDetail;
  readonly plaintext: boolean;
  readonly lengthsOnly: boolean;
  readonly observations: boolean;
  readonly #sink: TraceSink;
  readonly #clock: Clock;
  readonly #defer: Defer;
  #nowMs: number;
  /** Counts from the last input on; `undefined` once the node is at rest. */
  #hops: number | undefined;
  #inputs = 0;
  /** What the next input is told with. */
  #hopsBefore: number | undefined;

  constructor(sink: TraceSink, clock: Clock, defer: Defer) {
    this.detail = sink.detail;
    this.plaintext = sink.plaintext ?? false;
    this.lengthsOnly = sink.lengthsOnly ?? false;
    this.observations = sink.observations ?? false;
    this.#sink = sink;
    this.#clock = clock;
    this.#defer = defer;
    this.#nowMs = clock.now();
  }

  /** The time of the last input, in milliseconds of the clock. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** An input begins: the clock is read. */
  begin(): void {
    this.#nowMs = this.#clock.now();
    this.#hopsBefore = this.#hops;
    this.#hops = 0;
    this.#count(++this.#inputs);
  }

  record(draft: TraceDraft): number {
    if (this.#hopsBefore === undefined || !INPUT_NAMES.has(draft.name)) return this.#sink.record(draft);
    const hops = this.#hopsBefore;
    this.#hopsBefore = undefined;
    return this.#sink.record({ ...draft, data: { ...draft.data, hops } });
  }

  /** Records an input, which is at this moment. */
  input(name: string, actor: string, data: Readonly<Record<string, unknown>>): number {
    this.begin();
    return this.record({ name, actor, timeMs: this.#nowMs, data });
  }

  /** Records what the node did. */
  output(name: string, actor: string, data: Readonly<Record<string, unknown>>): number {
    return this.record({ name, actor, timeMs: this.#nowMs, data });
  }

  /** Bytes as they stand in this recording: their length, and what they are where that is wanted. */
  raw(bytes: Uint8Array): RawBytes {
    return this.lengthsOnly ? { length: bytes.length } : { length: bytes.length, data: toHex(bytes) };
  }

  /** Runs `work` alone: answers of stores come one at a time, as a replay gives them. */
  defer(work: () => void): void {
    this.#defer(work);
  }

  #count(input: number): void {
    void Promise.resolve().then(() => {
      if (this.#inputs !== input || this.#hops === undefined) return;
      this.#hops++;
      if (this.#hops >= HOPS_TO_REST) this.#hops = undefined;
      else this.#count(input);
    });
  }
}
