/** What followed from a record. */
import type { TraceRecord } from '../../trace/format.js';
import type { TraceStore } from '../trace-store.js';

/** Records looked at behind one. */
const LOOKED_AT = 10_000;

/** The steps of machines that followed from record `seq`, itself included, in order. */
export function stepsBehind(store: TraceStore, seq: number): readonly TraceRecord[] {
  const pending = [seq];
  const steps: TraceRecord[] = [];
  for (let at = 0; at < pending.length && at < LOOKED_AT; at += 1) {
    const record = store.at(pending[at] ?? -1);
    if (record === undefined) continue;
    if (record.name === 'actor:transition') steps.push(record);
    pending.push(...store.followersOf(record.seq));
  }
  return steps.sort((one, other) => one.seq - other.seq);
}
