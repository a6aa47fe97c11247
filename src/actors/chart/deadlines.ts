/** The deadlines of the states that an actor is in: timers of the `Clock` port, each a turn of its own when it is due. */
import type { Clock } from '../../ports.js';
import type { TurnQueue } from '../turn-queue.js';
import type { ChartEvent } from './implementations.js';

/** Pending deadlines of one actor, by the id that the chart gives them. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #turns: TurnQueue;
  readonly #due: (event: ChartEvent) => void;
  #pending: Map<string, unknown> | undefined;

  /** `due` hears the event of a deadline that has passed, in a turn. */
  constructor(clock: Clock, turns: TurnQueue, due: (event: ChartEvent) => void) {
    this.#clock = clock;
    this.#turns = turns;
    this.#due = due;
  }

  /** Sets the deadline `id`, in place of one that is pending. */
  schedule(id: string, event: ChartEvent, delayMs: number): void {
    this.cancel(id);
    const timer = this.#clock.setTimeout(() => this.#turns.post(fire), delayMs);
    const fire = () => {
      // Between the timer and its turn the state may have been left.
      if (this.#pending?.get(id) !== timer) return;
      this.#pending?.delete(id);
      this.#due(event);
    };
    (this.#pending ??= new Map()).set(id, timer);
  }

  cancel(id: string): void {
    const timer = this.#pending?.get(id);
    if (timer === undefined) return;
    this.#pending?.delete(id);
    this.#clock.clearTimeout(timer);
  }

  cancelAll(): void {
    if (this.#pending === undefined) return;
    for (const timer of this.#pending.values()) this.#clock.clearTimeout(timer);
    this.#pending = undefined;
  }
}
