/** A trace as a ladder: time, actor, and what happened, with what comes in on the left rail and what goes out on the right. */
import type { Trace, TraceRecord } from '../format.js';
import { globMatcher, shortAddress } from './addresses.js';
import { describeRecord, printable, wayOf, type Way } from './describe.js';

/** Which records are wanted. */
export interface RecordFilter {
  /** Glob over the address, whole (`/node/swarm/conn:1*`) or short (`conn:1/noise`). */
  readonly actor?: string | undefined;
  /** Glob over the name, e.g. `io:*`. */
  readonly name?: string | undefined;
}

/** The records that a filter lets through. */
export function selectRecords({ records }: Trace, { actor, name }: RecordFilter): readonly TraceRecord[] {
  const isActor = actor === undefined ? undefined : globMatcher(actor);
  const isName = name === undefined ? undefined : globMatcher(name);
  return records.filter(
    (record) =>
      (isActor === undefined || isActor(record.actor) || isActor(shortAddress(record.actor))) &&
      (isName === undefined || isName(record.name)),
  );
}

const RAILS: Readonly<Record<Way, string>> = { in: '-->|   ', out: '   |-->', none: '   |   ' };
/** A longer address is cut, so that one of them does not push all others aside. */
export const ADDRESS_WIDTH = 44;

/** The ladder of `records`, line by line; times are milliseconds since the first record of the trace. */
export function* ladderOf(trace: Trace, records: readonly TraceRecord[]): Generator<string> {
  const startMs = trace.records[0]?.time ?? 0;
  const width = Math.min(
    ADDRESS_WIDTH,
    Math.max(5, ...records.slice(0, 10_000).map(({ actor }) => shortAddress(actor).length)),
  );
  yield* headLines(trace).map(printable);
  yield `${'ms'.padStart(12)} ${'seq'.padStart(7)}  ${'actor'.padEnd(width)}  in | out`;
  for (const record of records) yield ladderLine(record, startMs, width);
}

/** The chain of causes of a record, indented by one for each step. */
export function* causeLines(trace: Trace, chain: readonly TraceRecord[]): Generator<string> {
  const startMs = trace.records[0]?.time ?? 0;
  for (const [depth, record] of chain.entries()) {
    const time = (record.time - startMs).toFixed(3).padStart(12);
    const arrow = depth === 0 ? '' : `${'  '.repeat(depth - 1)}\\_`;
    yield printable(`${time} #${record.seq} ${arrow} ${shortAddress(record.actor)}: ${describeRecord(record)}`);
  }
}

/** One line of a ladder; `startMs` is the time of the trace's first record, `width` that of the actors' column. */
export function ladderLine(record: TraceRecord, startMs: number, width: number): string {
  const time = (record.time - startMs).toFixed(3).padStart(12);
  const address = shortAddress(record.actor);
  const shown = address.length > width ? `${address.slice(0, width - 3)}...` : address.padEnd(width);
  const line = `${time} ${`#${record.seq}`.padStart(7)}  ${shown}  ${RAILS[wayOf(record)]}  ${describeRecord(record)}`;
  return printable(line);
}

function headLines({ header, records }: Trace): readonly string[] {
  const { engine, title, vantagePoint } = header;
  const versions = Object.entries(engine.versions).map(([name, version]) => `${name} ${version}`);
  const gone = engine.dropped === undefined ? '' : `, ${engine.dropped} before them are gone`;
  return [
    `${title} (seen from ${vantagePoint})`,
    `class ${engine.class}, detail ${engine.detail}, ${records.length} records${gone}; ${versions.join(', ')}`,
    '',
  ];
}
