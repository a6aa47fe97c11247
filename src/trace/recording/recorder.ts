/**
 * The recorder of one node: it stands between the node and its ports, and gives every input one time and one place in
 * the order. Between two inputs the node's clock stands still, so that what it reads can be told again.
 */
import type { Clock, TraceSink } from '../../ports.js';

/** Lets everything else that is ready run before `work`: a turn of the event loop. */
export type Defer = (work: () => void) => void;

/** Takes the time of inputs and writes the records of port wrappers. */
export class Recorder {
  readonly #sink: TraceSink;
  readonly #clock: Clock;
  readonly #defer: Defer;
  #nowMs: number;

  constructor(sink: TraceSink, clock: Clock, defer: Defer) {
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
  }

  /** Records an input, which is at this moment. */
  input(name: string, actor: string, data: Readonly<Record<string, unknown>>): number {
    this.begin();
    return this.#sink.record({ name, actor, timeMs: this.#nowMs, data });
  }

  /** Records what the node did. */
  output(name: string, actor: string, data: Readonly<Record<string, unknown>>): number {
    return this.#sink.record({ name, actor, timeMs: this.#nowMs, data });
  }

  /** Runs `work` alone: answers of stores come one at a time, as a replay gives them. */
  defer(work: () => void): void {
    this.#defer(work);
  }
}
