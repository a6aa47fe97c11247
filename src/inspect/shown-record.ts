/** What the inspector shows of a trace: of one of class `full` neither keys nor what they follow from. */
import type { TraceHeader, TraceRecord } from '../trace/format.js';
import { parseTraceRecord } from '../trace/reader.js';

/** What is never shown of a trace that holds secrets: what was drawn, and what stores gave and were given. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  'random:drawn': ['data'],
  'async:called': ['arguments'],
  'async:settled': ['value'],
};

/** The header, with what the inspector leaves out besides. */
export function shownHeader(header: TraceHeader): TraceHeader {
  if (header.engine.class !== 'full') return header;
  const rules = Object.entries(SECRETS).flatMap(([name, fields]) => fields.map((field) => `${name} ${field}`));
  const engine = { ...header.engine, seed: undefined, redaction: [...header.engine.redaction, ...rules] };
  delete engine.draws;
  return { ...header, engine };
}

/** Record number `expected` of a trace from its line, as it is shown. Throws `ERR_TRACE_INVALID`. */
export function shownRecord({ engine }: TraceHeader, line: string, expected: number): TraceRecord {
  const record = parseTraceRecord(line, expected);
  const hidden = engine.class === 'full' && Object.hasOwn(SECRETS, record.name) ? SECRETS[record.name] : undefined;
  if (hidden === undefined) return record;
  return {
    ...record,
    data: Object.fromEntries(Object.entries(record.data).filter(([field]) => !hidden.includes(field))),
  };
}
