/** Counting: from records, from traces, from other reports. */
import { describe, expect, test } from '@jest/globals';
import { setup } from 'xstate';
import { CoverageCollector } from '../../src/coverage/collector.js';
import { parseCoverage, type CoverageReport } from '../../src/coverage/report.js';
import { formatCoverage } from '../../src/coverage/text.js';
import type { TraceDraft } from '../../src/ports.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { machineHash } from '../../src/trace/machine-hash.js';
import { thrownCode } from '../support/decoding.js';

const door = setup({
  types: { events: {} as { type: 'push' | 'lock' }, context: {} as { locked: boolean } },
  delays: { closes: 1000 },
  guards: { isFree: ({ context }) => !context.locked },
}).createMachine({
  id: 'door',
  context: { locked: false },
  initial: 'closed',
  states: {
    closed: { on: { push: [{ guard: 'isFree', target: 'open.wide' }, 'broken'] } },
    open: {
      initial: 'wide',
      after: { closes: 'closed' },
      states: { wide: {} },
    },
    broken: { type: 'final' },
  },
});
const machines = [door];
const hash = machineHash(door);

const START = { from: '', to: 'closed', event: 'xstate.init', edges: [] };
const PUSH = { from: 'closed', to: 'open.wide', event: 'push', edges: ['closed push'] };
const CLOSE = { from: 'open.wide', to: 'closed', event: 'deadline', edges: ['open after closes'] };
const BREAK = { from: 'closed', to: 'broken', event: 'push', edges: ['closed push 2'] };

const draft = (data: object, name = 'actor:transition'): TraceDraft => ({
  name,
  actor: 'a',
  timeMs: 0,
  data: { ...data },
});
const stepOf = (step: object): TraceDraft => draft({ machine: 'door', ...step });

function counted(...steps: readonly object[]): CoverageReport {
  const collector = new CoverageCollector({ machines });
  for (const step of steps) collector.record(stepOf(step));
  return collector.report();
}

function traceOf(machineHashes: Readonly<Record<string, string>>, ...steps: readonly object[]): Trace {
  const engine = { machines: machineHashes } as unknown as Trace['header']['engine'];
  const records = steps.map((step, seq): TraceRecord => {
    const { name, actor, timeMs: time, data } = stepOf(step);
    return { seq, time, name, actor, cause: undefined, data };
  });
  return { header: { title: '', vantagePoint: '', engine }, records };
}

test('the start, outer states, guards both ways and deadlines are counted', () => {
  expect(counted(START, PUSH, CLOSE, PUSH, CLOSE, BREAK)).toEqual({
    schema: 'swarmchart coverage',
    format: 1,
    machines: {
      door: {
        hash,
        states: { broken: 1, closed: 3, open: 2, 'open.wide': 2 },
        edges: { 'closed push': 2, 'closed push 2': 1, 'open after closes': 2 },
        guards: { 'closed push': { guard: 'isFree', true: 2, false: 1 } },
        deadlines: { 'open after closes': 2 },
        summary: {
          states: { covered: 4, total: 4 },
          edges: { covered: 3, total: 3 },
          guards: { covered: 2, total: 2 },
          deadlines: { covered: 1, total: 1 },
        },
      },
    },
    summary: {
      states: { covered: 4, total: 4 },
      edges: { covered: 3, total: 3 },
      guards: { covered: 2, total: 2 },
      deadlines: { covered: 1, total: 1 },
    },
  });
});

test('what was never seen stands there with zero, in the report and in the text', () => {
  const report = counted(START, BREAK);
  expect(report.machines['door']?.states).toEqual({ broken: 1, closed: 1, open: 0, 'open.wide': 0 });
  expect(formatCoverage(report)).toBe(
    [
      'machine  states  edges  guards  deadlines',
      'door        2/4    1/3     1/2        0/1',
      'all         2/4    1/3     1/2        0/1',
      '',
      'never seen',
      '  door: state "open"',
      '  door: state "open.wide"',
      '  door: edge "closed push"',
      '  door: edge "open after closes"',
      '  door: guard "isFree" of "closed push" true',
    ].join('\n'),
  );
});

describe('as a trace sink', () => {
  test('it numbers records densely, and counts steps of machines alone', () => {
    const collector = new CoverageCollector({ machines });
    expect(collector.detail).toBe('states');
    expect([stepOf(START), draft(START, 'timer:fired'), stepOf(BREAK)].map((one) => collector.record(one))).toEqual([
      0, 1, 2,
    ]);
    expect(collector.report()).toEqual(counted(START, BREAK));
  });

  test('it hands everything on to the next one, and takes its detail and its numbers', () => {
    const taken: TraceDraft[] = [];
    const next = { detail: 'digests' as const, record: (one: TraceDraft) => 10 + taken.push(one) };
    const collector = new CoverageCollector({ machines, next });
    const drafts = [stepOf(START), draft({}, 'io:bytes_sent')];
    expect(drafts.map((one) => collector.record(one))).toEqual([11, 12]);
    expect({ taken, detail: collector.detail }).toEqual({ taken: drafts, detail: 'digests' });
  });

  test.each([
    { name: 'another machine', data: { machine: 'window', ...START } },
    { name: 'a state that there is not', data: { machine: 'door', ...START, to: 'ajar' } },
    { name: 'a state it comes from that there is not', data: { machine: 'door', ...PUSH, from: 'ajar' } },
    { name: 'an edge that there is not', data: { machine: 'door', ...PUSH, edges: ['closed pull'] } },
    { name: 'edges that are no list', data: { machine: 'door', ...PUSH, edges: 'closed push' } },
    { name: 'nothing', data: {} },
  ])('it does not count $name', ({ data }) => {
    const collector = new CoverageCollector({ machines });
    collector.record(draft(data));
    expect(collector.report()).toEqual(counted());
  });
});

describe('traces', () => {
  test('count like the records they hold', () => {
    const collector = new CoverageCollector({ machines });
    expect(collector.addTrace(traceOf({ door: hash }, START, PUSH))).toEqual([]);
    expect(collector.report()).toEqual(counted(START, PUSH));
  });

  test.each([
    {
      name: 'with another chart',
      trace: traceOf({ door: 'f'.repeat(64) }, START),
      says: 'door: recorded with another chart',
    },
    { name: 'without a hash', trace: traceOf({}, START), says: 'door: recorded with another chart' },
    {
      name: 'edited',
      trace: traceOf({ door: hash }, { ...START, to: 'ajar' }),
      says: 'door: steps that are not of its chart',
    },
    {
      name: 'of a machine that is not counted',
      trace: traceOf({ window: hash }, { ...START, machine: 'window' }),
      says: 'window: a machine that is not counted',
    },
  ])('$name are left out, and named', ({ trace, says }) => {
    const collector = new CoverageCollector({ machines });
    expect(collector.addTrace(trace)).toEqual([says]);
    expect(collector.report()).toEqual(counted());
  });
});

describe('reports', () => {
  test('of two runs add up to the report of both, in either order, through JSON', () => {
    const [one, other] = [counted(START, PUSH, CLOSE), counted(START, BREAK)];
    const both = counted(START, PUSH, CLOSE, START, BREAK);
    for (const parts of [
      [one, other],
      [other, one],
    ]) {
      const collector = new CoverageCollector({ machines });
      for (const part of parts) expect(collector.merge(parseCoverage(JSON.stringify(part)))).toEqual([]);
      expect(JSON.stringify(collector.report())).toBe(JSON.stringify(both));
    }
  });

  test('of another chart, or of a machine that is not counted, are left out, and named', () => {
    const report = counted(START);
    const { door: machine } = report.machines;
    if (machine === undefined) throw new Error('no door');
    const collector = new CoverageCollector({ machines });
    const foreign = { ...report, machines: { door: { ...machine, hash: 'old' }, window: machine } };
    expect(collector.merge(foreign)).toEqual([
      'door: counted with another chart',
      'window: a machine that is not counted',
    ]);
    expect(collector.report()).toEqual(counted());
  });

  const whole = JSON.parse(JSON.stringify(counted(START))) as { machines: { door: object } };
  const withDoor = (change: object): string =>
    JSON.stringify({ ...whole, machines: { door: { ...whole.machines.door, ...change } } });
  test.each([
    { name: 'nothing', text: '', code: 'ERR_TRACE_INVALID' },
    { name: 'no object', text: '[]', code: 'ERR_TRACE_INVALID' },
    { name: 'other JSON', text: '{"schema":"other"}', code: 'ERR_TRACE_INVALID' },
    { name: 'no format', text: '{"schema":"swarmchart coverage"}', code: 'ERR_TRACE_INVALID' },
    { name: 'a newer format', text: JSON.stringify({ ...whole, format: 2 }), code: 'ERR_TRACE_VERSION' },
    { name: 'no machines', text: '{"schema":"swarmchart coverage","format":1}', code: 'ERR_TRACE_INVALID' },
    { name: 'a machine without a hash', text: withDoor({ hash: 1 }), code: 'ERR_TRACE_INVALID' },
    { name: 'states that are no counts', text: withDoor({ states: { closed: 'one' } }), code: 'ERR_TRACE_INVALID' },
    { name: 'less than nothing', text: withDoor({ edges: { 'closed push': -1 } }), code: 'ERR_TRACE_INVALID' },
    { name: 'half a count', text: withDoor({ deadlines: { x: 0.5 } }), code: 'ERR_TRACE_INVALID' },
    { name: 'guards without outcomes', text: withDoor({ guards: { x: { guard: 'g' } } }), code: 'ERR_TRACE_INVALID' },
    { name: 'a report', text: JSON.stringify(whole), code: 'nothing was thrown' },
  ])('$name -> $code', ({ text, code }) => {
    expect(thrownCode(() => parseCoverage(text))).toBe(code);
  });
});
