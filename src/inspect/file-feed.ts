/** Trace files as one page reads them: no further than it has credit for, and no more than it can keep. */
import { EngineError } from '../errors.js';
import type { TraceRecord } from '../trace/format.js';
import type { FileSourceLimits, OpenedTrace } from './file-source.js';
import { chooser, choiceText, type RecordChoice } from './record-choice.js';
import { shownRecord } from './shown-record.js';
import type { InspectFeed, InspectWatcher } from './source.js';
import { traceLines } from './trace-lines.js';

/** One page at some files. */
export class FileFeed implements InspectFeed {
  readonly #traces: readonly OpenedTrace[];
  readonly #choice: RecordChoice;
  readonly #watcher: InspectWatcher;
  readonly #limits: FileSourceLimits;
  #credit = 0;
  /** Records that the page has been given. */
  #given = 0;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(traces: readonly OpenedTrace[], choice: RecordChoice, watcher: InspectWatcher, limits: FileSourceLimits) {
    this.#traces = traces;
    this.#choice = choice;
    this.#watcher = watcher;
    this.#limits = limits;
    // What fails inside is told as damage of the file at fault; what is left is a watcher that throws, and nobody's to hear.
    void this.#readAll().catch(() => undefined);
  }

  credit(records: number): void {
    this.#credit = Math.min(this.#credit + records, this.#limits.inspectPageRecords);
    this.#wake?.();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake?.();
  }

  async #readAll(): Promise<void> {
    const chosen = choiceText(this.#choice);
    // Whoever made this feed has it in hand before it hears anything.
    await Promise.resolve();
    if (chosen !== undefined && !this.#isStopped) this.#watcher.notice('window', `Not the whole trace: ${chosen}.`);
    for (const [index, trace] of this.#traces.entries()) {
      if (this.#isStopped) return;
      if (index > 0) this.#watcher.trace(trace.id, trace.title, trace.header);
      const truncated = await this.#read(trace);
      if (!this.#isStopped) this.#watcher.end(trace.id, truncated);
    }
  }

  /** Answers whether something of the trace is missing at its end. */
  async #read(trace: OpenedTrace): Promise<boolean> {
    const choose = chooser(this.#choice);
    let batch: TraceRecord[] = [];
    const hand = (): void => {
      if (batch.length > 0 && !this.#isStopped) this.#watcher.records(trace.id, batch);
      batch = [];
    };
    try {
      for await (const { text, number, isWhole } of traceLines(trace.open(), this.#limits.inspectLineBytes)) {
        if (number === 1) continue;
        if (!isWhole) {
          hand();
          this.#damaged(trace, `line ${number} breaks off`);
          return true;
        }
        const record = shownRecord(trace.header, text, number - 2);
        const choice = choose(record);
        if (choice === 'past the end') break;
        if (choice === 'left out') continue;
        if (this.#given === this.#limits.inspectPageRecords) {
          hand();
          this.#full();
          return true;
        }
        if (this.#credit === 0) {
          hand();
          await this.#credited();
        }
        if (this.#isStopped) return true;
        this.#credit--;
        this.#given++;
        batch.push(record);
        if (batch.length === this.#limits.inspectBatchRecords) hand();
      }
      hand();
      return false;
    } catch (thrown) {
      hand();
      this.#damaged(trace, thrown instanceof EngineError ? thrown.message : `it cannot be read: ${String(thrown)}`);
      return true;
    }
  }

  async #credited(): Promise<void> {
    while (this.#credit === 0 && !this.#isStopped) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
  }

  #damaged({ title }: OpenedTrace, why: string): void {
    if (this.#isStopped) return;
    this.#watcher.notice('damaged', `${title}: ${why}. What comes before it is shown.`);
  }

  #full(): void {
    this.#watcher.notice(
      'window',
      `The trace is longer than the ${this.#limits.inspectPageRecords} records that a page keeps: these are the first. ` +
        'Choose with swarmchart inspect --actor GLOB, --from MS, --to MS.',
    );
  }
}
