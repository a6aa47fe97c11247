/** The number of our signed record: it follows the wall clock, and never goes back, whatever the clock does. */
import { toEngineError, type EngineError } from '../../errors.js';
import type { Clock, DataStore } from '../../ports.js';

const KEY = '/own/peer-record-sequence';

/** Draws numbers, and keeps the last one. */
export class RecordSequence {
  readonly #clock: Clock;
  readonly #store: DataStore | undefined;
  readonly #onFailed: (error: EngineError) => void;
  #last = 0n;
  #written: Promise<void> = Promise.resolve();

  /** Without a store the clock alone keeps it from going back between two lives. `onFailed`: the store did. */
  constructor(clock: Clock, store: DataStore | undefined, onFailed: (error: EngineError) => void) {
    this.#clock = clock;
    this.#store = store;
    this.#onFailed = onFailed;
  }

  /** Reads the last number of an earlier life. What does not read counts as none. */
  async load(): Promise<void> {
    try {
      const text = new TextDecoder().decode(await this.#store?.get(KEY));
      const stored = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
      if (stored > this.#last) this.#last = stored;
    } catch (thrown) {
      this.#onFailed(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'reading the number of our record'));
    }
  }

  /** The next number. */
  next(): bigint {
    const now = BigInt(Math.max(0, Math.floor(this.#clock.wallTime())));
    this.#last = now > this.#last ? now : this.#last + 1n;
    const store = this.#store;
    if (store !== undefined) {
      const value = new TextEncoder().encode(this.#last.toString());
      this.#written = this.#written
        .then(() => store.put(KEY, value))
        .catch((thrown: unknown) =>
          this.#onFailed(toEngineError(thrown, 'ERR_STORE_FAILED', 'local', 'writing the number of our record')),
        );
    }
    return this.#last;
  }

  /** Resolves when the last number is written, or could not be. */
  get written(): Promise<void> {
    return this.#written;
  }
}
