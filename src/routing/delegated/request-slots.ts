/** How many delegated requests are under way at once: who comes when all slots are taken waits, in order, within a bound. */
import { EngineError } from '../../errors.js';
import type { Limits } from '../../limits.js';

/** The slots of one client. */
export class RequestSlots {
  readonly #limits: Pick<Limits, 'httpRoutingRequestsAtOnce' | 'httpRoutingRequestsWaiting'>;
  readonly #waiting = new Set<() => void>();
  #taken = 0;

  constructor(limits: Pick<Limits, 'httpRoutingRequestsAtOnce' | 'httpRoutingRequestsWaiting'>) {
    this.#limits = limits;
  }

  /**
   * Calls `begin` with a slot: at once, or when one is free. The answer gives the slot back, or leaves the queue; calling
   * it again changes nothing. Throws `ERR_HTTP_ROUTING_BUSY` where too many wait.
   */
  take(begin: () => void): () => void {
    const { httpRoutingRequestsAtOnce: atOnce, httpRoutingRequestsWaiting: waiting } = this.#limits;
    // A function of its own for each, for the same one may be given twice.
    const start = (): void => begin();
    if (this.#taken < atOnce) this.#taken++;
    else if (this.#waiting.size < waiting) this.#waiting.add(start);
    else throw new EngineError('ERR_HTTP_ROUTING_BUSY', 'local', `${waiting} delegated requests wait already`);
    let isOver = false;
    const release = (): void => {
      if (isOver) return;
      isOver = true;
      if (!this.#waiting.delete(start)) this.#next();
    };
    if (!this.#waiting.has(start)) start();
    return release;
  }

  #next(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken--;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
