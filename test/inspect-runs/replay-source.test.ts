/** A recorded trace behind an inspector: verdicts, forks as further traces, exports, and what it refuses. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { ExportedFile, ForkAnswer, ReplayVerdict } from '../../src/inspect/contract.js';
import { replaySource, type ReplaySource } from '../../src/inspect-runs/replay-source.js';
import { LIMITS } from '../../src/limits.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

const FILE = fileURLToPath(new URL('../replay/fixtures/noise-timeout.trace.jsonl', import.meta.url));
const trace = await readTraceFile(FILE);
const chunk = trace.records.find(({ name }) => name === 'io:bytes_received')?.seq ?? -1;

function look(source: ReplaySource) {
  const records = new Map<string, TraceRecord[]>();
  const told: string[] = [];
  const feed = source.watch({
    records: (of, more) => void records.set(of, [...(records.get(of) ?? []), ...more]),
    trace: (id) => void told.push(`trace ${id}`),
    end: (of) => void told.push(`end ${of}`),
    gauges: () => undefined,
    notice: () => undefined,
    paused: () => undefined,
    resumed: () => undefined,
  });
  return { records, told, feed };
}

describe('orders', () => {
  test('replay: the same, or where it first differs, or the states at a record', async () => {
    const source = replaySource(trace);
    expect(source.abilities).toEqual(['replay', 'export']);
    expect(await source.order({ name: 'replay' })).toMatchObject({ same: true });
    const at = (await source.order({ name: 'replay', atSeq: 30 })) as ReplayVerdict;
    expect(at.same).toBe(true);
    expect(at.states?.length).toBeGreaterThan(2);
    expect(at.states?.every(({ recorded, replayed }) => recorded === replayed)).toBe(true);
    const step = trace.records.findLast(({ name }) => name === 'actor:transition');
    const records = trace.records.map((record) =>
      record === step ? { ...record, data: { ...record.data, to: 'elsewhere' } } : record,
    );
    const changed: Trace = { header: trace.header, records };
    expect(await replaySource(changed).order({ name: 'replay' })).toMatchObject({ same: false, atSeq: step?.seq });
  });

  test('fork: a further trace behind the recording, for pages that look and for those to come', async () => {
    const source = replaySource(() => Promise.resolve(trace), { over: replaySource(trace) });
    const early = look(source);
    early.feed.credit(5);
    const answer = (await source.order({ name: 'fork', atSeq: chunk, change: { kind: 'drop' } })) as ForkAnswer;
    expect(answer).toMatchObject({ trace: 'fork:1', sharedRecords: chunk, ended: 'quiet' });
    expect(answer.diff.same).toBe(false);
    expect(early.records.get('main')?.length).toBe(5);
    expect(early.told).toEqual([]);
    early.feed.credit(trace.records.length - 5);
    expect(early.told).toEqual(['end main', 'trace fork:1']);
    early.feed.credit(1_000_000);
    expect(early.told).toEqual(['end main', 'trace fork:1', 'end fork:1']);
    expect(early.records.get('fork:1')?.length).toBe(answer.records);
    expect(early.records.get('fork:1')?.slice(0, chunk)).toEqual(trace.records.slice(0, chunk));
    const late = look(source);
    late.feed.credit(1_000_000);
    expect(late.records).toEqual(early.records);
    const second = (await source.order({
      name: 'fork',
      atSeq: chunk,
      change: { kind: 'delay', byMs: 9 },
    })) as ForkAnswer;
    expect(second.trace).toBe('fork:2');
    expect(late.told.slice(-2)).toEqual(['trace fork:2', 'end fork:2']);
    late.feed.stop();
  });

  test('as many forks as are kept, and one more', async () => {
    const source = replaySource(trace);
    const fork = () => source.order({ name: 'fork', atSeq: chunk, change: { kind: 'drop' } });
    for (let count = 0; count < LIMITS.inspectForks; count++) await fork();
    await expect(fork()).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' });
    expect(source.forks.length).toBe(LIMITS.inspectForks);
  });

  test('export: the trace, and a test of it', async () => {
    const source = replaySource(trace);
    const whole = (await source.order({ name: 'export', what: 'trace' })) as ExportedFile;
    expect(parseTrace(whole.text).records).toEqual(trace.records);
    const exported = (await source.order({ name: 'export', what: 'jest', connection: 'conn:2' })) as ExportedFile;
    expect(exported.fileName).toBe('conn-2.test.cjs');
    expect(exported.text).toContain('replayLines(TRACE)');
  });
});

test('what a recorded trace cannot do, and a redacted one', async () => {
  await expect(replaySource(trace).order({ name: 'pause' })).rejects.toMatchObject({ code: 'ERR_INSPECT_UNSUPPORTED' });
  const redacted: Trace = {
    header: { ...trace.header, engine: { ...trace.header.engine, class: 'redacted' } },
    records: trace.records,
  };
  const source = replaySource(redacted);
  for (const command of [
    { name: 'replay' } as const,
    { name: 'fork', atSeq: chunk, change: { kind: 'drop' } } as const,
    { name: 'export', what: 'jest' } as const,
  ]) {
    await expect(source.order(command)).rejects.toMatchObject({ code: 'ERR_TRACE_NOT_REPLAYABLE' });
  }
});
