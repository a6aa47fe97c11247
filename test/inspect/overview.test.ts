import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { overviewOf, type ActorNode } from '../../src/inspect/overview.js';
import { TraceStore } from '../../src/inspect/trace-store.js';
import { parseTrace } from '../../src/trace/reader.js';

const storeOf = (name: string): TraceStore => {
  const { header, records } = parseTrace(readFileSync(`test/replay/fixtures/${name}.trace.jsonl`, 'utf8'));
  const store = new TraceStore(header);
  store.append(records);
  return store;
};
const END = Number.MAX_SAFE_INTEGER;
const FINAL = new Set(['closed', 'secured', 'selected', 'connected', 'disposed', 'identified', 'timedOut', 'failed']);
const isFinal = (_machine: string, state: string): boolean => FINAL.has(state);
const lines = (nodes: readonly ActorNode[], indent = ''): readonly string[] =>
  nodes.flatMap(({ name, machines, children }) => [
    `${indent}${name}${machines.map(({ state, isDone }) => ` ${state}${isDone ? '.' : ''}`).join('')}`,
    ...lines(children, `${indent}  `),
  ]);

describe('a noise handshake that timed out', () => {
  const store = storeOf('noise-timeout');

  test('at its end', () => {
    const { counts, failures, tree } = overviewOf(store, END, isFinal);
    expect(counts.connections).toBe(0);
    expect(failures.map(({ code }) => code)).toContain('ERR_NOISE_TIMEOUT');
    expect(lines(tree)).toContain('      noise timedOut.');
  });

  test('in the middle: who waits, and since when', () => {
    const fired = store.records.find(({ name }) => name === 'timer:fired');
    const { counts, waiting, failures } = overviewOf(store, fired?.seq ?? -1, isFinal);
    expect(counts.connections).toBe(1);
    expect(failures).toEqual([]);
    expect(waiting.find(({ machine }) => machine === 'noiseHandshake')).toEqual({
      actor: expect.stringMatching(/\/conn:\d+\/noise$/),
      machine: 'noiseHandshake',
      state: expect.stringMatching(/^(?:dialing|listening)\.awaitingMessage/),
      sinceMs: 5_000,
    });
  });

  test('before everything', () => {
    expect(overviewOf(store, -1, isFinal)).toEqual({
      counts: { records: 0, actors: 0, connections: 0, streams: 0, failures: 0 },
      tree: [],
      failures: [],
      waiting: [],
    });
  });
});
