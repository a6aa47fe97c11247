/** A trace as a running node would have recorded it: redacted, without calls, ports, timers and bytes. */
import type { Trace, TraceRecord } from '../../../src/trace/format.js';

const KEPT = /^(?:actor:|frame:|io:)/;

/** `trace` without what class `redacted` and `node.record` leave out; records are numbered anew. */
export function redacted({ header, records }: Trace): Trace {
  const numbers = new Map<number, number>();
  const kept: TraceRecord[] = [];
  for (const record of records) {
    if (!KEPT.test(record.name)) continue;
    numbers.set(record.seq, kept.length);
    const { raw } = record.data;
    const length = (raw as { readonly length?: number } | undefined)?.length;
    const data = Object.fromEntries(
      Object.entries(record.data).filter(([name]) => name !== 'raw' && name !== 'digest'),
    );
    kept.push({
      ...record,
      seq: kept.length,
      cause: record.cause === undefined ? undefined : numbers.get(record.cause),
      data: length === undefined ? data : { ...data, raw: { length } },
    });
  }
  return { header: { ...header, engine: { ...header.engine, class: 'redacted', detail: 'frames' } }, records: kept };
}
