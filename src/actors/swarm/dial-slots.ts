/** How many addresses are dialed at once in all: who comes when all slots are taken waits, in order, within a bound. */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';

/** The bounds of the slots. */
export type DialSlotLimits = Pick<Limits, 'dialsAtOnce' | 'dialsWaiting'>;

/** The slots of one node. */
export class DialSlots {
  readonly #limits: DialSlotLimits;
  readonly #waiting = new Set<{ readonly begin: () => void }>();
  #taken = 0;

  constructor(limits: DialSlotLimits) {
    this.#limits = limits;
  }

  /**
   * Calls `begin` with a slot: at once, or when one is free. The answer gives the slot back, or leaves the queue; calling
   * it again changes nothing. Throws `ERR_CONNECTION_LIMIT` where too many wait.
   */
  take(begin: () => void): () => void {
    const { dialsAtOnce, dialsWaiting } = this.#limits;
    let isOver = false;
    const release = (): void => {
      if (isOver) return;
      isOver = true;
      if (this.#waiting.delete(entry)) return;
      this.#taken--;
      this.#beginNext();
    };
    const entry = { begin };
    if (this.#taken < dialsAtOnce) {
      this.#taken++;
      begin();
      return release;
    }
    if (this.#waiting.size >= dialsWaiting) {
      throw new EngineError('ERR_CONNECTION_LIMIT', 'local', `${dialsWaiting} addresses wait to be dialed already`);
    }
    this.#waiting.add(entry);
    return release;
  }

  #beginNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    this.#taken++;
    next.begin();
  }
}
