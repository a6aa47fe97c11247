/** What actors say and hear beside connections, in the pictures of recorded lives. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { livesIn, type ActorLife } from '../../src/diagram/lives.js';
import { bytesIn, isHeard, isSaid, portWords } from '../../src/diagram/port-words.js';
import { readTraceFile } from '../../src/platform/trace-file.js';
import type { Trace, TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

const FIXTURES = new URL('../replay/fixtures/', import.meta.url);
const NOTHING = new URL('dial-self.trace.jsonl', FIXTURES);
const { header } = parseTrace(readFileSync(NOTHING, 'utf8'));

const record = (name: string, data: TraceRecord['data'], actor = '/node/port'): TraceRecord => {
  return { seq: 0, time: 0, name, actor, cause: undefined, data };
};

describe('records of ports', () => {
  const raw = { length: 33, data: '00' };
  test.each([
    ['udp:sent', { udp: 1, raw }, 'said', ['datagram'], 33],
    ['udp:received', { udp: 1, raw }, 'heard', ['datagram'], 33],
    ['udp:opened', { udp: 1, port: 1 }, '', undefined, undefined],
    ['http:called', { method: 'GET', path: '/announce?left=0' }, 'said', ['GET over HTTP', '/announce'], undefined],
    ['http:called', { method: 'PUT', origin: 'http://127.0.0.1:1' }, 'said', ['PUT over HTTP'], undefined],
    ['http:connected', {}, 'heard', ['HTTP connected'], undefined],
    ['http:answered', { status: 404, headers: {} }, 'heard', ['HTTP status 404'], undefined],
    [
      'http:answered',
      { status: 200, headers: { 'content-type': 'text/plain' } },
      'heard',
      ['HTTP status 200', 'text/plain'],
      undefined,
    ],
    ['http:received', { raw }, 'heard', ['HTTP body'], 33],
    ['http:received', { done: true }, 'heard', ['end of the HTTP body'], undefined],
    ['frame:encoded', { layer: 'noise', length: 34 }, '', undefined, 34],
  ] as const)('%s %j', (name, data, way, words, bytes) => {
    const one = record(name, data);
    expect([isSaid(one), isHeard(one)]).toEqual([way === 'said', way === 'heard']);
    expect(portWords(one)).toEqual(words);
    expect(bytesIn(one)).toBe(bytes);
  });

  test('look-ups of names, and none of a store', () => {
    const called = { operation: 1, method: 'resolve4', arguments: ['node.example'] };
    const asked = record('async:called', called, '/node/resolver');
    const settled = record('async:settled', { operation: 1, value: ['127.0.0.1'] }, '/node/resolver');
    expect([isSaid(asked), isHeard(asked), portWords(asked)]).toEqual([
      true,
      false,
      ['look-up', 'resolve4 node.example'],
    ]);
    expect([isSaid(settled), isHeard(settled)]).toEqual([false, true]);
    expect(portWords(settled)).toEqual(['look-up answered', '127.0.0.1']);
    const stored = record('async:settled', { operation: 2, value: null }, '/node/store/data');
    expect([isSaid({ ...stored, name: 'async:called' }), isHeard(stored)]).toEqual([false, false]);
  });
});

describe('what belongs to a step', () => {
  const [LATER, TRANSITION] = [1, 'actor:transition'];
  /** Records by number, each a change of what is usual. */
  const traceOf = (...changes: readonly Partial<TraceRecord>[]): Trace => ({
    header,
    records: changes.map((change, seq) => ({ ...record('', {}), ...change, seq })),
  });
  const step = (machine: string, from: string, time = 0): Partial<TraceRecord> => {
    return {
      name: TRANSITION,
      time,
      actor: `/node/${machine}`,
      data: { machine, from, to: 'b', event: 'e', edges: [] },
    };
  };
  const seen = ({ machine, steps }: ActorLife): unknown => [
    machine,
    steps.map(({ received, sent }) => [received?.seq, sent.map(({ seq }) => seq)]),
  ];
  const heard = { name: 'udp:received' };
  const said = { name: 'udp:sent' };

  test.each([
    [
      'the first step of the turn that it began',
      [heard, step('one', 'a'), step('two', 'a')],
      [
        ['one', [[0, []]]],
        ['two', [[undefined, []]]],
      ],
    ],
    ['none of a later turn', [heard, step('one', 'a', LATER)], [['one', [[undefined, []]]]]],
    ['none behind another input', [heard, { name: 'timer:fired' }, step('one', 'a')], [['one', [[undefined, []]]]]],
    [
      'the step that said it',
      [step('one', 'a'), step('two', 'a'), said, said],
      [
        ['one', [[undefined, []]]],
        ['two', [[undefined, [2, 3]]]],
      ],
    ],
    ['no step of an earlier turn', [step('one', 'a'), { ...said, time: LATER }], [['one', [[undefined, []]]]]],
    ['no step before an input', [step('one', 'a'), heard, said], [['one', [[undefined, []]]]]],
  ] as const)('%s', (_, changes, lives) => {
    expect(livesIn(traceOf(...changes)).map(seen)).toEqual(lives);
  });

  test('a tracker over UDP, as it was recorded', async () => {
    const trace = await readTraceFile(
      fileURLToPath(new URL('trackers-of-bittorrent-tracker.trace.jsonl.gz', FIXTURES)),
    );
    const life = livesIn(trace).find(({ machine }) => machine === 'udpTracker');
    expect(
      life?.steps.map(({ to, received, sent }) => [
        to,
        received === undefined ? undefined : bytesIn(received),
        sent.map(bytesIn),
      ]),
    ).toEqual([
      ['opening', undefined, []],
      ['asking.connecting', undefined, [16]],
      ['asking.announcing', 16, [98]],
      ['answered', 32, []],
    ]);
  });
});
