/** Two traces beside each other: timing and cutting do not count, states and bytes do, and it is quick. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { diffLines } from '../../src/inspect/diff-lines.js';
import { diffTraces } from '../../src/inspect/diff.js';
import { LIMITS } from '../../src/limits.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';

const FILE = fileURLToPath(new URL('../replay/fixtures/noise-dialed-kubo.trace.jsonl', import.meta.url));
const trace = await readTraceFile(FILE);
const numbered = (records: readonly TraceRecord[]): Trace => ({
  header: trace.header,
  records: records.map((record, seq) => ({ ...record, seq })),
});
const changed = (target: TraceRecord | undefined, data: object): Trace =>
  numbered(
    trace.records.map((record) => (record === target ? { ...record, data: { ...record.data, ...data } } : record)),
  );

describe('what is the same', () => {
  test('itself, and itself at another time', () => {
    expect(diffTraces(trace, trace)).toMatchObject({ same: true, actorsLeftOut: 0 });
    const later = numbered(trace.records.map((record) => ({ ...record, time: record.time * 3 + 1 })));
    expect(diffTraces(trace, later).same).toBe(true);
    expect(diffLines(diffTraces(trace, later), trace, later)).toEqual(['the same, but perhaps for the times']);
  });

  test('the same bytes in other pieces', () => {
    const cut = trace.records.flatMap((record) => {
      const { raw } = record.data as { readonly raw?: { readonly length: number; readonly data?: string } };
      if (raw?.data === undefined || raw.length < 2) return [record];
      const pieces = [raw.data.slice(0, 2), raw.data.slice(2)];
      return pieces.map((data) => ({ ...record, data: { ...record.data, raw: { length: data.length / 2, data } } }));
    });
    expect(cut.length).toBeGreaterThan(trace.records.length);
    expect(diffTraces(trace, numbered(cut)).same).toBe(true);
  });
});

describe('what differs', () => {
  test('a state: the actor, its step, both numbers', () => {
    const step = trace.records.find(({ data }) => data['to'] === 'secured');
    const other = changed(step, { to: 'failed' });
    const { same, first, actors } = diffTraces(trace, other);
    expect(same).toBe(false);
    expect(first).toMatchObject({
      actor: step?.actor,
      verdict: 'differs',
      firstDivergence: { what: 'step', seqLeft: step?.seq, seqRight: step?.seq },
    });
    expect(actors.filter(({ verdict }) => verdict === 'differs').length).toBe(1);
    const text = diffLines(diffTraces(trace, other), trace, other).join('\n');
    expect(text).toContain('-> failed');
    expect(text).toMatch(/^> .*secured.* \| .*failed/m);
  });

  test('a byte: where it is in the run, whatever the piece', () => {
    const sent = trace.records.filter(({ name }) => name === 'io:bytes_sent')[1];
    const { length, data: hex } = sent?.data['raw'] as { readonly length: number; readonly data: string };
    const other = changed(sent, { raw: { length, data: `${hex.slice(0, -2)}${hex.endsWith('00') ? '01' : '00'}` } });
    const before = trace.records
      .filter(({ name, seq }) => name === 'io:bytes_sent' && seq < (sent?.seq ?? 0))
      .reduce((sum, { data }) => sum + (data['raw'] as { readonly length: number }).length, 0);
    expect(diffTraces(trace, other).first).toMatchObject({
      firstDivergence: { what: 'bytes sent', ordinal: before + length - 1, left: hex.slice(-2), seqLeft: sent?.seq },
    });
  });

  test('a side that ends earlier, and an actor that one side lacks', () => {
    const shorter = numbered(trace.records.slice(0, 60));
    const { first, actors } = diffTraces(trace, shorter);
    expect(first?.verdict === 'differs' && first.firstDivergence.seqRight).toBeUndefined();
    expect(actors.some(({ verdict }) => verdict === 'missingRight')).toBe(true);
    expect(diffTraces(shorter, trace).actors.some(({ verdict }) => verdict === 'missingLeft')).toBe(true);
    expect(diffLines(diffTraces(shorter, trace), shorter, trace).join('\n')).toContain('in the right trace alone');
  });

  test('frames, where a redacted trace has no bytes', () => {
    const redacted = (records: readonly TraceRecord[]): Trace => ({
      header: { ...trace.header, engine: { ...trace.header.engine, class: 'redacted' } },
      records,
    });
    const frame = trace.records.find(({ name, data }) => name === 'frame:decoded' && data['event'] !== undefined);
    const other = trace.records.map((record) =>
      record === frame ? { ...record, data: { ...record.data, event: { type: 'other' } } } : record,
    );
    expect(diffTraces(redacted(trace.records), redacted(other)).first).toMatchObject({
      actor: frame?.actor,
      firstDivergence: { what: 'frame', seqLeft: frame?.seq },
    });
  });
});

test('a hundred thousand records and more actors than are listed', () => {
  const actors = LIMITS.inspectDiffActors + 1;
  const records = Array.from({ length: 100_000 }, (_, seq): TraceRecord => ({
    seq,
    time: seq,
    name: 'actor:transition',
    actor: `/node/swarm/conn:${seq % actors}`,
    cause: undefined,
    data: { machine: 'connection', from: `s${Math.floor(seq / actors)}`, to: 's', event: 'e', edges: [] },
  }));
  const other = numbered(
    records.map((record) => (record.seq === 99_999 ? { ...record, data: { ...record.data, to: 't' } } : record)),
  );
  const found = diffTraces(numbered(records), other);
  expect(found.actors.length).toBe(LIMITS.inspectDiffActors);
  expect(found.actorsLeftOut).toBe(1);
  expect(found.first).toMatchObject({ firstDivergence: { seqLeft: 99_999, seqRight: 99_999 } });
});
