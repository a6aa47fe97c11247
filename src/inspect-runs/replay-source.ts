/**
 * A trace that can be run again: on top of a source that shows it, the orders `replay`, `fork` and `export`. A fork is
 * told to every page as a further trace, and to pages that come later.
 */
import { EngineError } from '../errors.js';
import type { ExportedFile, ForkAnswer, InspectAbility, InspectCommand, ReplayVerdict } from '../inspect/contract.js';
import { diffTraces } from '../inspect/diff.js';
import type { InspectFeed, InspectSource, InspectWatcher } from '../inspect/source.js';
import { LIMITS } from '../limits.js';
import { forkTrace, type ForkChange } from '../replay/fork/index.js';
import { replayTo, replayTrace } from '../replay/replayer.js';
import type { Trace } from '../trace/format.js';
import { traceText } from '../trace/writer.js';
import { jestTestOf } from './jest-test.js';
import { TraceFeed, type ShownTrace } from './trace-feed.js';

const ABILITIES: readonly InspectAbility[] = ['replay', 'export'];

/** A source whose trace is at hand as a whole. */
export interface ReplaySourceOptions {
  /** Shows the trace. Default: its records, from memory. */
  readonly over?: InspectSource;
}

/** A source that carries out `replay`, `fork` and `export`; everything else is handed to `over`. */
export interface ReplaySource extends InspectSource {
  order(command: InspectCommand): Promise<unknown>;
  /** Forks so far, the oldest first. */
  readonly forks: readonly ShownTrace[];
}

/**
 * A source of `trace`, which can be given as a promise of it that is asked for when it is first needed. Orders reject
 * with `ERR_TRACE_NOT_REPLAYABLE` for a trace that is redacted, partial or of several nodes, and say what to do.
 */
export function replaySource(trace: Trace | (() => Promise<Trace>), options: ReplaySourceOptions = {}): ReplaySource {
  return new Replaying(trace, options);
}

class Replaying implements ReplaySource {
  readonly forks: ShownTrace[] = [];
  readonly recordsExpected?: number;
  readonly #over: InspectSource;
  readonly #load: () => Promise<Trace>;
  readonly #feeds = new Set<TraceFeed>();
  #trace: Promise<Trace> | undefined;
  #forkCount = 0;
  /** One run at a time: each takes the process for a while. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(trace: Trace | (() => Promise<Trace>), { over }: ReplaySourceOptions) {
    this.#load = typeof trace === 'function' ? trace : () => Promise.resolve(trace);
    if (over !== undefined) this.#over = over;
    else if (typeof trace !== 'function') this.#over = inMemory(trace);
    else throw invalid('a trace that is loaded later needs a source that shows it');
    const { recordsExpected } = this.#over;
    if (recordsExpected !== undefined) this.recordsExpected = recordsExpected;
  }

  get kind(): InspectSource['kind'] {
    return this.#over.kind;
  }

  get title(): string {
    return this.#over.title;
  }

  get header(): InspectSource['header'] {
    return this.#over.header;
  }

  get abilities(): readonly InspectAbility[] {
    return [...new Set([...this.#over.abilities, ...ABILITIES])];
  }

  watch(watcher: InspectWatcher): InspectFeed {
    const feed = new TraceFeed(watcher, this.forks, this.#over, () => this.#feeds.delete(feed));
    this.#feeds.add(feed);
    return feed;
  }

  order(command: InspectCommand): Promise<unknown> {
    switch (command.name) {
      case 'replay':
        return this.#inTurn((trace) => verdictOf(trace, command.atSeq));
      case 'fork':
        return this.#inTurn((trace) => this.#fork(trace, command.atSeq, command.change));
      case 'export':
        // One file with the page inside is made by whoever has the page.
        if (command.what === 'html') break;
        return this.#inTurn((trace) => exportOf(trace, command));
      default:
    }
    return this.#over.order?.(command) ?? Promise.reject(unsupported(command));
  }

  async #fork(trace: Trace, atSeq: number, change: ForkChange): Promise<ForkAnswer> {
    if (this.forks.length >= LIMITS.inspectForks) {
      throw invalid(`there are ${this.forks.length} forks already: open the trace anew for more`);
    }
    const { trace: forked, sharedRecords, leftOut, ended } = await forkTrace(trace, atSeq, change);
    const { header, records } = forked;
    const id = `fork:${++this.#forkCount}`;
    const shown: ShownTrace = { id, title: header.title, header, records };
    this.forks.push(shown);
    for (const feed of this.#feeds) feed.add(shown);
    return { trace: id, sharedRecords, records: records.length, leftOut, ended, diff: diffTraces(trace, forked) };
  }

  #inTurn<T>(run: (trace: Trace) => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => run(await (this.#trace ??= this.#load())));
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

async function verdictOf(trace: Trace, atSeq: number | undefined): Promise<ReplayVerdict> {
  if (atSeq !== undefined) {
    const { ok, difference, states } = await replayTo(trace, atSeq);
    const told = states.map(({ replayed, ...state }) => (replayed === undefined ? state : { ...state, replayed }));
    const text = difference?.report ?? `the same up to record ${atSeq}`;
    return { same: ok, ...(difference === undefined ? {} : { atSeq: difference.seq }), text, states: told };
  }
  const { ok, difference } = await replayTrace(trace);
  if (difference === undefined) return { same: ok, text: `the same: all ${trace.records.length} records` };
  return { same: ok, atSeq: difference.seq, text: difference.report };
}

async function exportOf(
  trace: Trace,
  { what, connection }: Extract<InspectCommand, { readonly name: 'export' }>,
): Promise<ExportedFile> {
  if (what === 'jest') return jestTestOf(trace, connection);
  return { fileName: 'export.trace.jsonl', mediaType: 'application/x-ndjson', text: traceText(trace) };
}

/** A trace in memory as a source. */
function inMemory({ header, records }: Trace): InspectSource {
  return {
    kind: 'file',
    title: header.title,
    header,
    abilities: [],
    recordsExpected: records.length,
    watch: (watcher) => new TraceFeed(watcher, [{ id: 'main', title: header.title, header, records }]),
  };
}

function unsupported({ name }: InspectCommand): EngineError {
  return new EngineError('ERR_INSPECT_UNSUPPORTED', 'remote', `${name}: a recorded trace cannot do that`);
}

function invalid(what: string): EngineError {
  return new EngineError('ERR_INVALID_ARGUMENT', 'local', what);
}
