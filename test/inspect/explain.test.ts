/**
 * The explainer on every committed fixture: each failure is named with its machine, its state, why, and what was offered
 * and wanted; a recording without a failure gives none; and a redacted trace is explained as well.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { explainFailures, FAILURES_EXPLAINED, type FailureExplanation } from '../../src/inspect/explain/index.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { FAILED } from '../replay/outcomes/failed.js';
import { MPLEX } from '../replay/outcomes/mplex.js';
import { NO_MUXER } from '../replay/outcomes/no-muxer.js';
import { SPDY } from '../replay/outcomes/spdy.js';
import { TLS } from '../replay/outcomes/tls.js';
import { FAULTLESS, FIXTURE_ROWS } from './explain/fixture-rows.js';
import { rowOf, type Row } from './explain/rows.js';
import { redacted } from './explain/redacted.js';

const FOLDER = fileURLToPath(new URL('../replay/fixtures/', import.meta.url));
const FILES = new Map(readdirSync(FOLDER).map((file) => [file.replace(/\.trace\.jsonl(?:\.gz)?$/, ''), file]));

const traceOf = (fixture: string): Promise<Trace> => readTraceFile(`${FOLDER}${FILES.get(fixture) ?? ''}`);
const explained = ({ records, header }: Trace): readonly FailureExplanation[] => explainFailures(records, header);

test('every fixture has its rows, or is faultless', () => {
  expect([...Object.keys(FIXTURE_ROWS), ...FAULTLESS].sort()).toEqual([...FILES.keys()].sort());
});

test.each(Object.entries(FIXTURE_ROWS))('%s', async (fixture, rows) => {
  const trace = await traceOf(fixture);
  const explanations = explained(trace);
  expect(explanations.map(rowOf)).toEqual(rows);
  for (const explanation of explanations) expectWhole(explanation, trace.records);
});

test.each(FAULTLESS)('%s: nothing failed', async (fixture) => {
  expect(explained(await traceOf(fixture))).toEqual([]);
});

/** What holds of every explanation. */
function expectWhole({ cause, change, story, chain, seq }: FailureExplanation, records: readonly TraceRecord[]): void {
  expect(cause).toMatch(/^["/A-Z0-9].*\.$/);
  expect(change.length).toBeGreaterThan(0);
  for (const advice of change) expect(advice).toMatch(/^[A-Z].*[.?)]$/);
  expect(new Set(change).size).toBe(change.length);
  expect([...chain].sort((left, right) => left - right)).toEqual(chain);
  expect(chain.at(-1)).toBe(seq);
  for (const one of chain) expect(records[one]?.seq).toBe(one);
  const told = story.map((step) => step.seq);
  expect(told).toContain(seq);
  expect([...new Set(told)].sort((left, right) => left - right)).toEqual(told);
}

/** Errors that calls came to, as the tables of the replays say: `ERR_X (remote)`. */
const CALLED = Object.entries({ ...FAILED, ...MPLEX, ...NO_MUXER, ...SPDY, ...TLS }).flatMap(
  ([fixture, { errors }]) => {
    const [code] = /ERR_\w+(?= \((?:remote|local)\))/.exec(errors) ?? [];
    return code === undefined ? [] : [[fixture, code] as const];
  },
);

test.each(CALLED)('%s: %s, which the caller was told, is explained', async (fixture, code) => {
  const explanations = explained(await traceOf(fixture));
  const texts = explanations.flatMap((each) => [each.code, ...each.story.map(({ text }) => text)]);
  expect(texts.join('\n')).toContain(code);
});

/** What a redacted trace cannot tell, because only the transport's or a call's error says it. */
const TOLD_BY_PORTS: Readonly<Record<string, readonly string[]>> = {
  'dial-refused': ['ERR_TRANSPORT_FAILED connection upgrading.connecting'],
  'dial-no-address': [],
  'mplex-too-many-streams': [],
  'peer-kept-connected': [
    'ERR_TRANSPORT_ENDED connection open',
    'ERR_TRANSPORT_FAILED connection upgrading.connecting',
    'ERR_TRANSPORT_FAILED connection upgrading.connecting',
  ],
  'spdy-too-many-streams': [],
  'yamux-backlog': [],
  'yamux-too-many-streams': [],
};

const inShort = ({ code, machine, state }: Row): string => `${code} ${machine ?? ''} ${state ?? ''}`;

test.each([...FILES.keys()])('%s, redacted: the same failures', async (fixture) => {
  const trace = redacted(await traceOf(fixture));
  const expected = TOLD_BY_PORTS[fixture] ?? (FIXTURE_ROWS[fixture] ?? []).map(inShort);
  const explanations = explained(trace);
  expect(explanations.map(inShort)).toEqual(expected);
  for (const explanation of explanations) expectWhole(explanation, trace.records);
});

describe('long traces', () => {
  /** `trace` again and again, each time as another node. */
  const repeated = ({ header, records }: Trace, times: number, from = 0): Trace => ({
    header,
    records: [...Array(times).keys()].flatMap((turn) =>
      records.map((record) => {
        const offset = from + turn * records.length;
        return {
          ...record,
          seq: record.seq + offset,
          actor: record.actor.replace('/node', `/n${turn}`),
          cause: record.cause === undefined ? undefined : record.cause + offset,
        };
      }),
    ),
  });

  test('as many failures as there may be, and one more', async () => {
    const trace = await traceOf('noise-timeout');
    const most = explained(repeated(trace, FAILURES_EXPLAINED));
    expect(most.map(({ actor }) => actor).at(-1)).toBe(`/n${FAILURES_EXPLAINED - 1}/swarm/conn:2/noise`);
    const more = explained(repeated(trace, FAILURES_EXPLAINED + 1));
    expect(more.length).toBe(FAILURES_EXPLAINED);
    expect(more).toEqual(most);
  });

  test('a hundred thousand records', async () => {
    const trace = await traceOf('two-connections-and-a-store');
    const times = Math.ceil(100_000 / trace.records.length);
    expect(explained(repeated(trace, times)).length).toBe(times);
  });

  test('records that do not begin at 0 are told by their own numbers', async () => {
    const trace = await traceOf('noise-bad-payload');
    const [here] = explained(trace);
    const [later] = explained({
      ...repeated(trace, 1, 1_000),
      records: repeated(trace, 1, 1_000).records.map((record) => ({
        ...record,
        actor: record.actor.replace('/n0', '/node'),
      })),
    });
    expect(later?.seq).toBe((here?.seq ?? 0) + 1_000);
    expect(later?.chain).toEqual(here?.chain.map((seq) => seq + 1_000));
    expect(later?.cause).toBe(here?.cause);
  });
});
