/**
 * The turn queue: one ordered queue of work per node.
 *
 * Everything that comes from outside (a chunk, a timer, a store's answer, a call) is posted here. Work posted from
 * inside a turn runs later in the same turn, so no subscriber ever re-enters another. When the queue is empty the turn
 * ends: each flush that was asked for runs once (secure channels seal, outboxes write, taps publish), in the order of
 * their stage, and work that a flush posts begins the next round of the same turn.
 *
 * Where the clock knows when the work at hand is done, flushes that nobody called urgent wait for that: a call, the write
 * behind it and the half-close behind that are three turns, and leave in one frame (docs/adr/0009-flushes-gather.md).
 */
import { toEngineError, type EngineError } from '../errors.js';
import type { Clock } from '../ports.js';

/** When in the end of a turn a flush runs: sealing comes before writing, writing before publishing. */
export type FlushStage = 'seal' | 'write' | 'publish';

const STAGES: readonly FlushStage[] = ['seal', 'write', 'publish'];

/** One ordered queue of work, with flushes at the end of each turn. */
export class TurnQueue {
  readonly #clock: Clock;
  readonly #onBroken: (error: EngineError) => void;
  /**
   * Number of the trace record that what runs now follows from; work and flushes inherit it from who asked for them.
   * Always `undefined` while nothing traces.
   */
  cause: number | undefined;
  #work: (() => void)[] = [];
  /** The cause of each piece of work, beside it. */
  #causes: (number | undefined)[] = [];
  readonly #flushes: Record<FlushStage, Map<() => void, number | undefined>> = {
    seal: new Map(),
    write: new Map(),
    publish: new Map(),
  };
  #running = false;
  /** The flushes asked for cannot wait for the work at hand to be done. */
  #urgent = false;
  /** The clock was asked to say when it is. */
  #awaitsPass = false;
  /** Work that others go before. */
  #spare: { readonly work: () => void; readonly cause: number | undefined }[] = [];
  #pass = 0;
  #nowMs: number;

  /** `onBroken` hears what a piece of work throws: a bug, reported, never fatal to the node. */
  constructor(clock: Clock, onBroken: (error: EngineError) => void) {
    this.#clock = clock;
    this.#onBroken = onBroken;
    this.#nowMs = clock.now();
  }

  /** The clock at the beginning of this turn, in milliseconds: one time for all that happens in it. */
  get nowMs(): number {
    return this.#running ? this.#nowMs : this.#clock.now();
  }

  /** Runs `work` in a turn: now, if none is running, else after the work already queued. */
  post(work: () => void): void {
    this.#work.push(work);
    this.#causes.push(this.cause);
    if (!this.#running) this.#run();
  }

  /**
   * Asks for `flush` once, however often it is asked for: at the end of this turn (outside a turn: at once), or when the
   * work at hand is done, where the clock knows that. `urgent`: there is much to flush, and waiting would cost more than
   * gathering saves; then all flushes run at the end of this turn.
   */
  flushLater(stage: FlushStage, flush: () => void, urgent = false): void {
    this.#flushes[stage].set(flush, this.cause);
    if (urgent) this.#urgent = true;
    if (!this.#running) this.#run();
  }

  /**
   * How often the work at hand was done: two equal answers, and nobody else had a turn between. `undefined`: the clock
   * cannot say.
   */
  get pass(): number | undefined {
    return this.#clock.soon === undefined ? undefined : this.#pass;
  }

  /** Runs `work` in a turn of its own when the work at hand is done, one such piece each time. Needs a {@link pass}. */
  whenSpare(work: () => void): void {
    this.#spare.push({ work, cause: this.cause });
    this.#awaitPass();
  }

  /**
   * Runs what waits for the work at hand to be done, for a call that must not overtake what was said before it (a reset
   * drops what has not left). Does nothing inside a turn.
   */
  flushNow(): void {
    if (!this.#running && this.#awaitsPass) {
      this.#urgent = true;
      this.#run();
    }
  }

  #run(): void {
    this.#running = true;
    this.#nowMs = this.#clock.now();
    try {
      do {
        this.#drainWork();
      } while (this.#flushesNow() && this.#runFlushes());
    } finally {
      this.#running = false;
      this.#urgent = false;
      this.cause = undefined;
    }
  }

  /** Whether flushes run in this turn; if not, the clock has been asked to say when. */
  #flushesNow(): boolean {
    if (this.#urgent || this.#clock.soon === undefined) return true;
    if (STAGES.some((stage) => this.#flushes[stage].size > 0)) this.#awaitPass();
    return false;
  }

  #awaitPass(): void {
    if (this.#awaitsPass) return;
    this.#awaitsPass = true;
    this.#clock.soon?.(this.#endPass);
  }

  readonly #endPass = (): void => {
    this.#awaitsPass = false;
    this.#pass++;
    // First what others wait for, then what can wait.
    this.#urgent = true;
    this.#run();
    const spare = this.#spare.shift();
    if (spare === undefined) return;
    this.#work.push(spare.work);
    this.#causes.push(spare.cause);
    this.#urgent = true;
    this.#run();
    if (this.#spare.length > 0) this.#awaitPass();
  };

  #drainWork(): void {
    // Index walk over a growing array: shifting would cost a copy per item in long turns.
    for (let next = 0; next < this.#work.length; next++) {
      const work = this.#work[next];
      if (work !== undefined) this.#guard(work, this.#causes[next]);
      if (next >= 1024) {
        this.#work.splice(0, next + 1);
        this.#causes.splice(0, next + 1);
        next = -1;
      }
    }
    this.#work = [];
    this.#causes = [];
  }

  /** Runs one stage that has something to do; answers whether there may be more. */
  #runFlushes(): boolean {
    for (const stage of STAGES) {
      const flushes = this.#flushes[stage];
      if (flushes.size === 0) continue;
      // Replaced and not cleared: see renewed.ts for what V8 keeps of a map that is old and changes all the time.
      this.#flushes[stage] = new Map();
      for (const [flush, cause] of flushes) this.#guard(flush, cause);
      return true;
    }
    return this.#work.length > 0;
  }

  #guard(work: () => void, cause: number | undefined): void {
    this.cause = cause;
    try {
      work();
    } catch (thrown) {
      this.#onBroken(
        toEngineError(thrown, 'ERR_ENGINE_ASSERTION', 'engine', `work in a turn threw: ${String(thrown)}`),
      );
    }
  }
}
