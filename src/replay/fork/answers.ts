/**
 * Which calls of the embedder have answered in a fork, by their numbers in the recording: an embedder goes on with what
 * it has heard, so that what it did then comes no earlier.
 */
import type { TraceRecord } from '../../trace/format.js';

/** The calls of one fork. */
export class Answers {
  /** Recorded calls in the order in which they answered. */
  readonly #order: readonly number[];
  /** Recorded numbers that need not be waited for: they have answered, or were never made. */
  readonly #over = new Set<number>();
  /** Recorded numbers by those of the fork. */
  readonly #told = new Map<number, number>();
  #calling: TraceRecord | undefined;
  #come = 0;

  /** `produced`: what the fork has in common with the recording, where the numbers are the same. */
  constructor(order: readonly number[], produced: readonly TraceRecord[]) {
    this.#order = order;
    for (const { name, data } of produced) {
      const call = Number(data['call']);
      if (name === 'api:called' || name === 'api:pulled') this.#told.set(call, call);
      if (name === 'api:returned') this.#over.add(call);
    }
  }

  /** Whether the first `count` answers of the recording have come, in whatever order. */
  haveCome(count: number): boolean {
    for (let call = this.#order[this.#come]; call !== undefined && this.#over.has(call);) {
      call = this.#order[++this.#come];
    }
    return this.#come >= count;
  }

  /** Runs `feed`, which may make the call that `record` tells of. */
  calling(record: TraceRecord, feed: () => void): void {
    const before = this.#calling;
    this.#calling = record;
    try {
      feed();
    } finally {
      this.#calling = before;
    }
  }

  /** Takes what the node did. */
  take({ name, data }: TraceRecord): void {
    const call = Number(data['call']);
    if (name === 'api:returned') this.#over.add(this.#told.get(call) ?? -1);
    const told = this.#calling;
    if (told?.name !== name || (name !== 'api:called' && name !== 'api:pulled')) return;
    this.#told.set(call, Number(told.data['call']));
    this.#calling = undefined;
  }

  /** The call that `record` tells of is not made. */
  leaveOut({ name, data }: TraceRecord): void {
    if (name === 'api:called' || name === 'api:pulled') this.#over.add(Number(data['call']));
  }
}
