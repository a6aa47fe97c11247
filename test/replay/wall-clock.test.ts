/** The wall clock in recordings: what it said is told, and a replay hears it again and nothing else. */
import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { readTraceFile } from '../../src/platform/trace-file.js';
import { replayTrace } from '../../src/replay/index.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';

const FILE = fileURLToPath(new URL('fixtures/tls-dialed-js-libp2p.trace.jsonl', import.meta.url));

function withReadings(trace: Trace, change: (record: TraceRecord) => TraceRecord): Trace {
  return { ...trace, records: trace.records.map((record) => (record.name === 'clock:read' ? change(record) : record)) };
}

test('one certificate, one reading', async () => {
  const { records } = await readTraceFile(FILE);
  const readings = records.filter(({ name }) => name === 'clock:read');
  expect(readings.map(({ actor, data }) => [actor, typeof data['wall_ms']])).toEqual([['/node/clock', 'number']]);
});

test('a replay at another time refuses the certificate, and says where it goes another way', async () => {
  const trace = await readTraceFile(FILE);
  const early = withReadings(trace, (record) => ({ ...record, data: { wall_ms: 0 } }));
  const { ok, difference, trace: replayed } = await replayTrace(early);
  expect(ok).toBe(false);
  expect(difference?.report).toContain('tlsClient');
  expect(replayed.records.findLast(({ name }) => name === 'clock:read')?.data).toEqual({ wall_ms: 0 });
});

test('a reading that the trace does not have is a difference', async () => {
  const trace = await readTraceFile(FILE);
  const without = withReadings(trace, (record) => ({ ...record, name: 'clock:forgotten' }));
  expect((await replayTrace(without)).ok).toBe(false);
});
