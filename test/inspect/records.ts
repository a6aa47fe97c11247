/** Records made by hand, and a store of them, for the tests of what views read. */
import { readFileSync } from 'node:fs';
import { TraceStore } from '../../src/inspect/trace-store.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

/** Later than every record. */
export const END = Number.MAX_SAFE_INTEGER;

const { header } = parseTrace(readFileSync('test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl', 'utf8'));

/** A record: its name, its actor and its data. */
export type Made = readonly [name: string, actor: string, data: Readonly<Record<string, unknown>>];

/** A store of these, ten milliseconds apart, numbered from `firstSeq`. */
export function storeOf(made: readonly Made[], firstSeq = 0): TraceStore {
  const store = new TraceStore(header);
  store.append(
    made.map(([name, actor, data], index): TraceRecord => {
      const seq = firstSeq + index;
      return { seq, time: seq * 10, name, actor, cause: undefined, data };
    }),
  );
  return store;
}
