import { expect, test } from '@jest/globals';
import type { Trace } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';
import { mergeTraces } from '../../src/trace/tools/merge.js';
import { traceText } from '../../src/trace/writer.js';
import { someHeader, someRecord } from '../support/watching.js';

const sideOf = (
  vantagePoint: string,
  times: readonly number[],
  more: Parameters<typeof someHeader>[0] = {},
): Trace => ({
  header: { ...someHeader(more), vantagePoint },
  records: times.map((time, seq) => someRecord(seq, { time, cause: seq === 0 ? undefined : seq - 1, data: { seq } })),
});

test('both sides on one time line, numbered and caused anew, each under its own name', () => {
  const merged = mergeTraces('both', [
    { name: 'left', trace: sideOf('A', [100, 110, 130]), originMs: 1000 },
    { name: 'right', trace: sideOf('B', [5, 25], { class: 'replayable', dropped: 2 }), originMs: 1100 },
  ]);
  expect(merged.records.map(({ seq, time, actor, cause, data }) => [seq, time, actor, cause, data['seq']])).toEqual([
    [0, 0, '/left/swarm/conn:1/yamux', undefined, 0],
    [1, 5, '/right/swarm/conn:1/yamux', undefined, 0],
    [2, 10, '/left/swarm/conn:1/yamux', 0, 1],
    [3, 25, '/right/swarm/conn:1/yamux', 1, 1],
    [4, 30, '/left/swarm/conn:1/yamux', 2, 2],
  ]);
  expect(merged.header).toMatchObject({
    title: 'both',
    vantagePoint: 'left, right',
    engine: {
      class: 'replayable',
      partial: true,
      dropped: 2,
      config: {
        nodes: [
          { name: 'left', peerId: 'A' },
          { name: 'right', peerId: 'B' },
        ],
      },
    },
  });
  expect(parseTrace(traceText(merged)).records).toEqual(merged.records);
});

test("a side's own order stands, whatever its clock says", () => {
  const merged = mergeTraces('both', [
    { name: 'a', trace: sideOf('A', [10, 1]), originMs: 0 },
    { name: 'b', trace: sideOf('B', [5]), originMs: 0 },
  ]);
  expect(merged.records.map(({ actor, data }) => [actor.slice(1, 2), data['seq']])).toEqual([
    ['b', 0],
    ['a', 0],
    ['a', 1],
  ]);
});

test('sides without records, and no more than one side of a name', () => {
  const empty = sideOf('A', []);
  expect(mergeTraces('none', [{ name: 'a', trace: empty, originMs: 0 }]).records).toEqual([]);
  const twice = [
    { name: 'a', trace: empty, originMs: 0 },
    { name: 'a', trace: empty, originMs: 0 },
  ];
  for (const sides of [[], twice]) expect(() => mergeTraces('wrong', sides)).toThrow('a name of its own');
});
