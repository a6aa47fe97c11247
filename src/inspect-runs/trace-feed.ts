/** Tells a page traces that are in memory, behind those of another source, no faster than the page takes them. */
import type { InspectFeed, InspectSource, InspectWatcher } from '../inspect/source.js';
import type { TraceHeader, TraceRecord } from '../trace/format.js';

/** A trace to be told. */
export interface ShownTrace {
  /** `main` is known to a page already; any other is announced. */
  readonly id: string;
  readonly title: string;
  readonly header: TraceHeader;
  readonly records: readonly TraceRecord[];
}

/** One page's hold. What the source below tells comes first, for a page's credit is one for both. */
export class TraceFeed implements InspectFeed {
  readonly #watcher: InspectWatcher;
  readonly #queue: ShownTrace[];
  readonly #below: InspectFeed | undefined;
  readonly #onStop: () => void;
  /** Records that the page can still take. */
  #credit = 0;
  #given = 0;
  #isBelowAtEnd: boolean;
  #isStopped = false;
  #isTelling = false;
  #isAnnounced = false;

  constructor(
    watcher: InspectWatcher,
    traces: readonly ShownTrace[],
    below?: InspectSource,
    onStop: () => void = () => undefined,
  ) {
    this.#watcher = watcher;
    this.#queue = [...traces];
    this.#onStop = onStop;
    this.#isBelowAtEnd = below === undefined;
    this.#below = below?.watch(this.#between());
  }

  /** A further trace: it is told behind those before it. */
  add(trace: ShownTrace): void {
    this.#queue.push(trace);
    this.#tell();
  }

  credit(records: number): void {
    this.#credit += records;
    this.#below?.credit(records);
    this.#tell();
  }

  stop(): void {
    this.#isStopped = true;
    this.#below?.stop();
    this.#onStop();
  }

  #between(): InspectWatcher {
    const watcher = this.#watcher;
    return {
      records: (of, records) => {
        this.#credit -= records.length;
        watcher.records(of, records);
      },
      trace: (id, title, header) => watcher.trace(id, title, header),
      end: (of, truncated) => {
        watcher.end(of, truncated);
        if (of !== 'main') return;
        this.#isBelowAtEnd = true;
        this.#tell();
      },
      gauges: (timeMs, gauges) => watcher.gauges(timeMs, gauges),
      notice: (code, text, dropped) => watcher.notice(code, text, dropped),
      paused: (timeMs, why) => watcher.paused(timeMs, why),
      resumed: () => watcher.resumed(),
    };
  }

  #tell(): void {
    // A watcher may give credit while it is told.
    if (!this.#isBelowAtEnd || this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let trace = this.#queue[0]; trace !== undefined && !this.#isStopped; trace = this.#queue[0]) {
        const { id, title, header, records } = trace;
        if (!this.#isAnnounced && id !== 'main') this.#watcher.trace(id, title, header);
        this.#isAnnounced = true;
        while (this.#given < records.length && this.#credit > 0 && !this.#isStopped) {
          const batch = records.slice(this.#given, this.#given + this.#credit);
          this.#given += batch.length;
          this.#credit -= batch.length;
          this.#watcher.records(id, batch);
        }
        if (this.#given < records.length) return;
        this.#queue.shift();
        this.#given = 0;
        this.#isAnnounced = false;
        this.#watcher.end(id, false);
      }
    } finally {
      this.#isTelling = false;
    }
  }
}
