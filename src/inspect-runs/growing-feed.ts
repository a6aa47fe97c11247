/** Tells a page records that are still being written, no faster than it takes them. */
import type { InspectFeed, InspectWatcher } from '../inspect/source.js';
import type { TraceRecord } from '../trace/format.js';

/** One page's hold on a list that grows. */
export class GrowingFeed implements InspectFeed {
  readonly #records: readonly TraceRecord[];
  readonly #watcher: InspectWatcher;
  readonly #onStop: () => void;
  #credit = 0;
  #given = 0;
  #isAtEnd = false;
  #isOver = false;
  #isTelling = false;

  constructor(records: readonly TraceRecord[], watcher: InspectWatcher, onStop: () => void) {
    this.#records = records;
    this.#watcher = watcher;
    this.#onStop = onStop;
  }

  credit(records: number): void {
    this.#credit += records;
    this.grown();
  }

  stop(): void {
    this.#isOver = true;
    this.#onStop();
  }

  /** There may be more. */
  grown(): void {
    // A watcher may give credit while it is told.
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      while (!this.#isOver && this.#credit > 0 && this.#given < this.#records.length) {
        const batch = this.#records.slice(this.#given, this.#given + this.#credit);
        this.#given += batch.length;
        this.#credit -= batch.length;
        this.#watcher.records('main', batch);
      }
    } finally {
      this.#isTelling = false;
    }
    if (!this.#isAtEnd || this.#isOver || this.#given < this.#records.length) return;
    this.#isOver = true;
    this.#watcher.end('main', false);
  }

  /** No more will come. */
  end(): void {
    this.#isAtEnd = true;
    this.grown();
  }
}
