/**
 * What one page hears of a running node. It follows the ring at its own pace: a page that falls behind loses nothing until
 * it is far behind; then it is told of steps, connections and failures alone, then of samples of them, and always of how
 * many records it was not told.
 */
import type { Limits } from '../limits.js';
import type { TraceRecord } from '../trace/format.js';
import type { RecordRing } from './record-ring.js';
import type { InspectFeed, InspectWatcher } from './source.js';

/** What a summary still tells. */
const KEPT_IN_SUMMARY: ReadonlySet<string> = new Set([
  'actor:transition',
  'io:opened',
  'io:closed',
  'assert:failed',
  'simulation:scenario',
  'simulation:marker',
  'seen:passed',
]);

const BEHIND = 'The page cannot keep up: from here on steps of machines, connections and failures alone.';
const CAUGHT_UP = 'The page has caught up: all records again.';
const FLOODED =
  'The node moves more than can be told piece by piece: from here on sums of the bytes, and all that is not bytes.';
const CALM = 'The node has quieted down: all records again.';

/** The id of a live source's only trace. */
export const MAIN_TRACE = 'main';

/** Bounds of a {@link LiveFeed}. */
export type LiveFeedLimits = Pick<
  Limits,
  'inspectPageRecords' | 'inspectLagRecords' | 'inspectRingRecords' | 'inspectSampleRecords' | 'inspectBatchRecords'
>;

/** One page at a ring. */
export class LiveFeed implements InspectFeed {
  readonly #ring: RecordRing;
  readonly #watcher: InspectWatcher;
  readonly #limits: LiveFeedLimits;
  readonly #onStopped: () => void;
  /** Number of the next record to look at. */
  #cursor: number;
  /** What was there before it came does not make it late. */
  readonly #came: number;
  #credit = 0;
  #isSummary = false;
  /** The node sums what passes, and {@link #leftOutBefore} records were left out before. */
  #isFlooded = false;
  #leftOutBefore = 0;
  #dropped = 0;
  #steps = 0;
  #isPumping = false;
  #isStopped = false;

  constructor(ring: RecordRing, watcher: InspectWatcher, limits: LiveFeedLimits, onStopped: () => void) {
    this.#ring = ring;
    this.#watcher = watcher;
    this.#limits = limits;
    this.#onStopped = onStopped;
    this.#cursor = ring.first;
    this.#came = ring.next;
  }

  credit(records: number): void {
    this.#credit = Math.min(this.#credit + records, this.#limits.inspectPageRecords);
    this.pump();
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#onStopped();
  }

  /** Tells what there is credit for; called for every new record. */
  pump(): void {
    if (this.#isPumping || this.#isStopped) return;
    this.#isPumping = true;
    try {
      while (!this.#isStopped && this.#pumpBatch());
    } finally {
      this.#isPumping = false;
    }
  }

  /** From here on what passes is summed; `leftOut`: records left out until now, by any count that goes on. */
  flooded(leftOut: number): void {
    this.#leftOutBefore = leftOut;
    if (!this.#isSummary) this.#tellDropped('summary', FLOODED);
    this.#isFlooded = true;
  }

  /** All records come again; `leftOut` as before. */
  calm(leftOut: number): void {
    this.#isFlooded = false;
    this.#dropped += leftOut - this.#leftOutBefore;
    if (!this.#isSummary) this.#tellDropped('whole', CALM);
  }

  /** No more will come: tells what there is credit for, and how many records are left. */
  finish(): void {
    this.pump();
    this.#dropped += this.#ring.next - this.#cursor;
    this.#cursor = this.#ring.next;
    if (this.#dropped > 0) this.#tellDropped('whole', CAUGHT_UP);
  }

  /** Answers whether there may be more to tell at once. */
  #pumpBatch(): boolean {
    const { first, next } = this.#ring;
    if (this.#cursor < first) {
      this.#dropped += first - this.#cursor;
      this.#cursor = first;
      this.#summarize();
    }
    const lag = next - Math.max(this.#cursor, this.#came);
    if (this.#credit === 0) {
      if (lag > this.#limits.inspectLagRecords) this.#summarize();
      return false;
    }
    const batch: TraceRecord[] = [];
    const most = Math.min(this.#credit, this.#limits.inspectBatchRecords);
    while (this.#cursor < next && batch.length < most) {
      const record = this.#ring.at(this.#cursor++);
      if (record !== undefined && this.#isTold(record, next - this.#cursor)) batch.push(record);
      else this.#dropped++;
    }
    this.#credit -= batch.length;
    if (batch.length > 0) this.#watcher.records(MAIN_TRACE, batch);
    if (this.#cursor < this.#ring.next) return true;
    if (this.#isSummary) {
      this.#isSummary = false;
      if (!this.#isFlooded) this.#tellDropped('whole', CAUGHT_UP);
    }
    return false;
  }

  #isTold({ name }: TraceRecord, lag: number): boolean {
    if (!this.#isSummary) return true;
    if (!KEPT_IN_SUMMARY.has(name)) return false;
    const isFarBehind = lag > this.#limits.inspectRingRecords / 2;
    return !isFarBehind || this.#steps++ % this.#limits.inspectSampleRecords === 0;
  }

  #summarize(): void {
    if (this.#isSummary) return;
    this.#isSummary = true;
    if (!this.#isFlooded) this.#tellDropped('summary', BEHIND);
  }

  #tellDropped(code: 'summary' | 'whole', what: string): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    const left = dropped === 0 ? '' : ` ${dropped} records were left out.`;
    this.#watcher.notice(code, `${what}${left}`, dropped);
  }
}
