/** The deadlines of the states that an actor is in: timers of the `Clock` port, each a turn of its own when it is due. */
import type { Clock } from '../../ports.js';
import type { TurnQueue } from '../turn-queue.js';
import type { ChartEvent } from './implementations.js';

/** One that is not due yet. */
interface Pending {
  readonly id: string;
  readonly timer: unknown;
  next: Pending | undefined;
}

/** Pending deadlines of one actor, by the id that the chart gives them. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #turns: TurnQueue;
  readonly #due: (event: ChartEvent) => void;
  /** A chain: there are one or two, and a map for them would be the largest part of an idle actor. */
  #pending: Pending | undefined;

  /** `due` hears the event of a deadline that has passed, in a turn. */
  constructor(clock: Clock, turns: TurnQueue, due: (event: ChartEvent) => void) {
    this.#clock = clock;
    this.#turns = turns;
    this.#due = due;
  }

  /** Sets the deadline `id`, in place of one that is pending. */
  schedule(id: string, event: ChartEvent, delayMs: number): void {
    this.cancel(id);
    const timer = this.#clock.setTimeout(
      () =>
        this.#turns.post(() => {
          // Between the timer and its turn the state may have been left.
          if (this.#remove(id, timer) !== undefined) this.#due(event);
        }),
      delayMs,
    );
    this.#pending = { id, timer, next: this.#pending };
  }

  cancel(id: string): void {
    const removed = this.#remove(id);
    if (removed !== undefined) this.#clock.clearTimeout(removed.timer);
  }

  cancelAll(): void {
    for (let each = this.#pending; each !== undefined; each = each.next) this.#clock.clearTimeout(each.timer);
    this.#pending = undefined;
  }

  /** Takes the deadline `id` out of the chain, if it is there and set by `timer`. */
  #remove(id: string, timer?: unknown): Pending | undefined {
    let before: Pending | undefined;
    for (let each = this.#pending; each !== undefined; before = each, each = each.next) {
      if (each.id !== id || (timer !== undefined && each.timer !== timer)) continue;
      if (before === undefined) this.#pending = each.next;
      else before.next = each.next;
      return each;
    }
    return undefined;
  }
}
