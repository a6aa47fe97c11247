/** What a source tells, without a page: as a ladder of lines, as JSON, or to a relay of the Stately inspector. */
import { chooser, type RecordChoice } from '../inspect/record-choice.js';
import type { InspectSource, InspectWatcher } from '../inspect/source.js';
import { StatelyEmitter } from '../inspect/stately.js';
import { watchInspector } from '../platform/inspect-client.js';
import { connectToStately, type StatelyRelay } from '../platform/stately-relay.js';
import { LIMITS } from '../limits.js';
import type { TraceHeader, TraceRecord } from '../trace/format.js';
import { globMatcher } from '../trace/tools/addresses.js';
import { printable } from '../trace/tools/describe.js';
import { ADDRESS_WIDTH, ladderLine } from '../trace/tools/show.js';
import { untilInterrupted } from './node-options.js';
import { printJson, printLine, printNote } from './output.js';

/** Where what is told goes. */
export interface RecordOutput {
  head(header: TraceHeader): void;
  record(record: TraceRecord): void;
  /** Resolves when more can be taken. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** A ladder on standard output, or the records as JSON lines. `name` is a glob over their names. */
export function linesOutput(json: boolean, name: string | undefined): RecordOutput {
  const isName = name === undefined ? undefined : globMatcher(name);
  let startMs: number | undefined;
  return {
    head: ({ title, vantagePoint, engine }) => {
      if (json) return;
      printLine(printable(`${title} (seen from ${vantagePoint}), class ${engine.class}, detail ${engine.detail}`));
      printLine(`${'ms'.padStart(12)} ${'seq'.padStart(7)}  ${'actor'.padEnd(ADDRESS_WIDTH)}  in | out`);
    },
    record: (record) => {
      startMs ??= record.time;
      if (isName?.(record.name) === false) return;
      if (json) printJson(record);
      else printLine(ladderLine(record, startMs, ADDRESS_WIDTH));
    },
    ready: () =>
      process.stdout.writableNeedDrain
        ? new Promise((resolve) => process.stdout.once('drain', () => resolve()))
        : Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** A relay of the Stately inspector. Rejects as `connectToStately` does. */
export async function statelyOutput(address: string, allowRemote: boolean): Promise<RecordOutput> {
  const relay: StatelyRelay = await connectToStately(address, allowRemote);
  let emitter: StatelyEmitter | undefined;
  return {
    head: () => undefined,
    record: (record) => {
      // The trace's own clock has any zero: what it begins with is told as if it were now.
      emitter ??= new StatelyEmitter(Date.now() - record.time);
      for (const told of emitter.take(record)) relay.send(told);
    },
    ready: () => relay.drained(),
    close: () => relay.close(),
  };
}

/** Tells all of a trace; answers the exit code. */
export async function tellSource(source: InspectSource, output: RecordOutput): Promise<number> {
  output.head(source.header);
  let code = 0;
  await new Promise<void>((resolve) => {
    const feed = source.watch({
      ...silent,
      records: (of, records) => {
        if (of === 'main') for (const record of records) output.record(record);
        void output.ready().then(() => feed.credit(records.length));
      },
      notice: (noticeCode, text) => {
        if (noticeCode === 'damaged') code = 1;
        printNote(printable(text));
      },
      end: (of) => {
        if (of === 'main') resolve();
      },
    });
    feed.credit(LIMITS.inspectPortionRecords);
  });
  await output.close();
  return code;
}

/** Tells what a running node's inspector does, until it ends or somebody interrupts; answers the exit code. */
export async function tellLive(url: string, choice: RecordChoice, output: RecordOutput): Promise<number> {
  const choose = chooser(choice);
  const watch = watchInspector(url, {
    ...silent,
    hello: ({ header }) => output.head(header),
    records: (_of, records) => {
      for (const record of records) if (choose(record) === 'shown') output.record(record);
    },
    notice: (_code, text) => printNote(printable(text)),
  });
  void untilInterrupted().then(() => watch.stop());
  await watch.ended;
  await output.close();
  return 0;
}

const nothing = (): void => undefined;

const silent: InspectWatcher = {
  records: nothing,
  trace: nothing,
  end: nothing,
  gauges: nothing,
  notice: nothing,
  paused: nothing,
  resumed: nothing,
};
