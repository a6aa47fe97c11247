/**
 * Gathers calls that come one after another from the same burst of promises: the continuations of one message's blocks
 * ask for the next blocks, a few microtasks apart, and their wants belong in one message.
 */

/** Microtasks without a new call after which a burst is taken to be over: longer than chains of async iterators are. */
const QUIET_HOPS = 16;
/** Calls after which it is run without waiting for more. */
const CALLS_MAX = 256;

/** Runs `work` once for a burst of calls. */
export class Gather {
  readonly #work: () => void;
  #calls = 0;
  #waiting = false;

  constructor(work: () => void) {
    this.#work = work;
  }

  /** One call of a burst. */
  call(): void {
    this.#calls++;
    if (this.#calls >= CALLS_MAX) {
      this.#calls = 0;
      this.#work();
    } else if (!this.#waiting) {
      this.#waiting = true;
      void this.#wait();
    }
  }

  async #wait(): Promise<void> {
    let seen = this.#calls;
    for (let quiet = 0; quiet < QUIET_HOPS; quiet++) {
      await Promise.resolve();
      if (seen === this.#calls) continue;
      seen = this.#calls;
      quiet = 0;
    }
    this.#waiting = false;
    this.#calls = 0;
    this.#work();
  }
}
