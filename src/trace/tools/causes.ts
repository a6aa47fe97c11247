/** The links of a trace: what each record follows from, and what follows from it. */
import { EngineError } from '../../errors.js';
import { INPUT_NAMES, type Trace, type TraceRecord } from '../format.js';

/** The records that led to record `seq`, the first cause first, itself last. Throws `ERR_INVALID_ARGUMENT`. */
export function causesOf({ records }: Trace, seq: number): readonly TraceRecord[] {
  const record = records[seq];
  if (record === undefined) {
    throw new EngineError(
      'ERR_INVALID_ARGUMENT',
      'local',
      `the trace has records 0 to ${records.length - 1}, no ${seq}`,
    );
  }
  const chain: TraceRecord[] = [record];
  for (let at = record.cause; at !== undefined; at = records[at]?.cause) {
    const cause = records[at];
    if (cause !== undefined) chain.unshift(cause);
  }
  return chain;
}

/** The first cause of each record, by its number. */
export function rootsOf({ records }: Trace): readonly number[] {
  const roots: number[] = [];
  for (const { seq, cause } of records) roots.push(cause === undefined ? seq : (roots[cause] ?? cause));
  return roots;
}

/** The input after which each record was written, by its number; itself for an input, -1 before the first one. */
export function inputsOf({ records }: Trace): readonly number[] {
  let last = -1;
  return records.map(({ seq, name }) => (INPUT_NAMES.has(name) ? (last = seq) : last));
}
