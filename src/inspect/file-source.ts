/**
 * Trace files as a source: read line by line, no faster than the page takes it, each line judged as `trace/reader.ts`
 * does. A damaged trace is shown up to the damage.
 */
import { EngineError } from '../errors.js';
import { LIMITS, type Limits } from '../limits.js';
import type { TraceHeader } from '../trace/format.js';
import { parseTraceHeader } from '../trace/reader.js';
import type { InspectAbility, InspectSourceKind } from './contract.js';
import { FileFeed } from './file-feed.js';
import type { RecordChoice } from './record-choice.js';
import { shownHeader } from './shown-record.js';
import type { InspectFeed, InspectSource, InspectWatcher } from './source.js';
import { traceLines, type OpenTraceText } from './trace-lines.js';

/** One file. */
export interface TraceText {
  /** `main` for the first, `other` for the one that it is compared with. */
  readonly id: string;
  /** Default: what its header says. */
  readonly title?: string;
  readonly open: OpenTraceText;
}

/** Bounds of a file source. */
export type FileSourceLimits = Pick<Limits, 'inspectPageRecords' | 'inspectLineBytes' | 'inspectBatchRecords'>;

/** How files are shown. */
export interface FileSourceOptions {
  readonly choice?: RecordChoice;
  readonly limits?: Partial<FileSourceLimits>;
  /** Default `file`. */
  readonly kind?: InspectSourceKind;
  /** What `order` can do; none without it. */
  readonly abilities?: readonly InspectAbility[];
  readonly order?: NonNullable<InspectSource['order']>;
}

/** A file whose header has been read. */
export interface OpenedTrace extends TraceText {
  readonly title: string;
  readonly header: TraceHeader;
}

/**
 * Reads the headers of `texts` and answers a source that reads the rest, anew for each page.
 * @throws EngineError `ERR_TRACE_INVALID` or `ERR_TRACE_VERSION` where one of them is no trace; the file system's errors.
 */
export async function openFileSource(
  texts: readonly [TraceText, ...TraceText[]],
  options: FileSourceOptions = {},
): Promise<InspectSource> {
  const { choice = {}, kind = 'file', order } = options;
  const limits = { ...LIMITS, ...options.limits };
  const [first, ...others] = texts;
  const main = await opened(first, limits);
  const traces: OpenedTrace[] = [main];
  for (const other of others) traces.push(await opened(other, limits));
  return {
    kind,
    title: main.title,
    header: main.header,
    abilities: order === undefined ? [] : (options.abilities ?? []),
    watch: (watcher: InspectWatcher): InspectFeed => new FileFeed(traces, choice, watcher, limits),
    ...(order === undefined ? {} : { order }),
  };
}

async function opened(text: TraceText, { inspectLineBytes }: FileSourceLimits): Promise<OpenedTrace> {
  for await (const line of traceLines(text.open(), inspectLineBytes)) {
    if (!line.isWhole) break;
    const header = shownHeader(parseTraceHeader(line.text));
    return { ...text, title: text.title ?? header.title, header };
  }
  throw new EngineError('ERR_TRACE_INVALID', 'local', 'trace line 1: the file is empty, or its header is cut off');
}
