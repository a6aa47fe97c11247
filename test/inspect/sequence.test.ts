import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { linksOf } from '../../src/inspect/links.js';
import { SEQUENCE_LAYERS, sequenceOf, type SequenceLayer } from '../../src/inspect/sequence.js';
import { TraceStore } from '../../src/inspect/trace-store.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

const { header, records } = parseTrace(readFileSync('test/replay/fixtures/noise-dialed-kubo.trace.jsonl', 'utf8'));
const storeOf = (all: readonly TraceRecord[]): TraceStore => {
  const store = new TraceStore(header);
  store.append(all);
  return store;
};
const END = Number.MAX_SAFE_INTEGER;
const every = (store: TraceStore): readonly number[] => store.records.map((_, index) => index);
const layers = (...names: SequenceLayer[]): ReadonlySet<SequenceLayer> => new Set(names);

describe('one vantage point', () => {
  const store = storeOf(records);
  const KUBO = '12D3KooWFiYSJ1o7aduFptbkrvtDd5Y7iSbpiBdx6dcfhhUJ2b1M';

  test('the link knows its peer, its security and its muxer', () => {
    expect([...linksOf(store, END).values()]).toEqual([
      expect.objectContaining({
        connection: '/node/swarm/conn:2',
        node: 'node',
        role: 'dialer',
        peer: KUBO,
        security: 'noise',
        muxer: '/yamux/1.0.0',
        twin: undefined,
      }),
    ]);
  });

  test('the handshake, arrow by arrow', () => {
    const { lifelines, rows } = sequenceOf(store, every(store), END, layers('security'));
    expect(lifelines.map(({ label, isOurs }) => [label, isOurs])).toEqual([
      ['node', true],
      [KUBO, false],
    ]);
    const event = (record: TraceRecord): unknown =>
      (record.data['event'] as Record<string, unknown> | undefined)?.['message'];
    expect(
      rows.filter(({ record }) => event(record) !== undefined).map(({ from, to, record }) => [from, to, event(record)]),
    ).toEqual([
      [0, 1, 1],
      [1, 0, 2],
      [0, 1, 3],
    ]);
  });

  test('the moment cuts it, and nothing of other layers is in it', () => {
    const upTo = 31;
    const { rows } = sequenceOf(store, every(store), upTo, layers('security', 'steps'));
    expect(Math.max(...rows.map(({ seq }) => seq))).toBe(upTo);
    expect(new Set(rows.map(({ layer }) => layer))).toEqual(layers('security', 'steps'));
  });

  test('only what the filter passes is in it', () => {
    const { rows } = sequenceOf(store, [28, 31], END, new Set(SEQUENCE_LAYERS));
    expect(rows.map(({ seq }) => seq)).toEqual([28, 31]);
  });
});

describe('both ends of a connection', () => {
  const io = (seq: number, time: number, node: string, name: string, data: Record<string, unknown>): TraceRecord => ({
    seq,
    time,
    name,
    actor: `/${node}/swarm/conn:1`,
    cause: undefined,
    data,
  });
  const both = [
    io(0, 0, 'n0', 'io:opened', { role: 'dialer', local: '/a', remote: '/b' }),
    io(1, 5, 'n1', 'io:opened', { role: 'listener', local: '/b', remote: '/a' }),
    io(2, 10, 'n0', 'io:bytes_sent', { raw: { length: 4 } }),
    io(3, 12, 'n0', 'io:bytes_sent', { raw: { length: 6 } }),
    // The network joined them: its first byte was sent at 10.
    io(4, 30, 'n1', 'io:bytes_received', { raw: { length: 7 } }),
    io(5, 31, 'n1', 'io:bytes_received', { raw: { length: 3 } }),
    io(6, 40, 'n0', 'io:bytes_sent', { raw: { length: 5 } }),
    io(7, 50, 'n1', 'io:closed', {}),
  ];

  test('are joined by their addresses', () => {
    const links = linksOf(storeOf(both), END);
    expect([...links.values()].map(({ connection, twin }) => [connection, twin])).toEqual([
      ['/n0/swarm/conn:1', '/n1/swarm/conn:1'],
      ['/n1/swarm/conn:1', '/n0/swarm/conn:1'],
    ]);
  });

  test('an arrow begins when its first byte was sent; what was never read is told', () => {
    const store = storeOf(both);
    const { lifelines, rows } = sequenceOf(store, every(store), END, layers('socket'));
    expect(lifelines.map(({ label }) => label)).toEqual(['n0', 'n1']);
    expect(rows.map(({ seq, from, to, timeMs, sentMs, isLost }) => [seq, from, to, timeMs, sentMs, isLost])).toEqual([
      [4, 0, 1, 30, 10, false],
      [5, 0, 1, 31, 12, false],
      [6, 0, 1, 40, undefined, true],
    ]);
  });

  test('a connection of one node to itself has no twin', () => {
    const own = both.slice(0, 2).map((record) => ({ ...record, actor: record.actor.replace('n1', 'n0') }));
    expect([...linksOf(storeOf(own), END).values()].map(({ twin }) => twin)).toEqual([undefined]);
  });
});
