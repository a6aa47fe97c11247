/**
 * A trace that was touched is not believed: any bit of what came in, turned over, makes the replay leave its trace at a
 * record that has to do with it, and name the state. Every byte of three recordings with live peers is tried.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { replayTrace } from '../../src/replay/index.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { fromHex } from '../../src/trace/values.js';
import { toHex } from '../../src/wire/hex.js';

const FIXTURES = ['noise-dialed-js-libp2p', 'secio-dialed-go-secio-ed25519-p384', 'plaintext-accepted-js-libp2p'];

function flipped(trace: Trace, target: TraceRecord, at: number, bit: number): Trace {
  const records = trace.records.map((record) => {
    if (record !== target) return record;
    const raw = record.data['raw'] as { readonly length: number; readonly data: string };
    const bytes = fromHex(raw.data);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
    return { ...record, data: { ...record.data, raw: { ...raw, data: toHex(bytes) } } };
  });
  return { ...trace, records };
}

describe.each(FIXTURES)('%s', (name) => {
  test('every byte that came in', async () => {
    const trace = await readTraceFile(fileURLToPath(new URL(`fixtures/${name}.trace.jsonl`, import.meta.url)));
    expect((await replayTrace(trace)).difference?.report).toBeUndefined();
    const unnoticed: string[] = [];
    let index = 0;
    for (const record of trace.records.filter((one) => one.name === 'io:bytes_received')) {
      const { length } = record.data['raw'] as { readonly length: number };
      for (let at = 0; at < length; at++) {
        const bit = index++ % 8;
        const { ok, difference } = await replayTrace(flipped(trace, record, at, bit));
        // Found when the byte has been read, by name and in the state that read it.
        const where = `record ${record.seq} byte ${at} bit ${bit}`;
        if (ok || difference === undefined) unnoticed.push(where);
        else if (difference.seq < record.seq || difference.state === '') {
          unnoticed.push(`${where}: ${difference.report}`);
        }
      }
    }
    expect(unnoticed).toEqual([]);
    expect(index).toBeGreaterThan(500);
  });
});
