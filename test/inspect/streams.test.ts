import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { streamsOf } from '../../src/inspect/streams.js';
import { TraceStore } from '../../src/inspect/trace-store.js';
import type { TraceRecord } from '../../src/trace/format.js';
import { parseTrace } from '../../src/trace/reader.js';

const END = Number.MAX_SAFE_INTEGER;
const trace = parseTrace(readFileSync('test/replay/fixtures/bitswap-fetched-from-helia.trace.jsonl', 'utf8'));
const storeOf = (records: readonly TraceRecord[]): TraceStore => {
  const store = new TraceStore(trace.header);
  store.append(records);
  return store;
};

test('a fetch from helia, stream by stream', () => {
  const streams = streamsOf(storeOf(trace.records), END);
  expect(
    streams.map(({ actor, protocol, state, sentBytes, receivedBytes, error }) => [
      actor,
      protocol,
      state,
      sentBytes,
      receivedBytes,
      error,
    ]),
  ).toEqual([
    ['/node/swarm/conn:2/yamux/1', '/ipfs/id/1.0.0', 'closed', 36, 460, undefined],
    ['/node/swarm/conn:2/yamux/2', '/ipfs/id/1.0.0', 'closed', 228, 36, undefined],
    ['/node/swarm/conn:2/yamux/3', '/ipfs/bitswap/1.2.0', 'sessionEnded', 94, 41, 'ERR_CONNECTION_CLOSED'],
    ['/node/swarm/conn:2/yamux/4', '/ipfs/bitswap/1.2.0', 'closed', 41, 259, undefined],
  ]);
});

describe('credit', () => {
  const ACTOR = '/node/swarm/conn:1/yamux';
  const frame = (seq: number, name: 'decoded' | 'encoded', data: Record<string, unknown>): TraceRecord => ({
    seq,
    time: seq * 10,
    name: `frame:${name}`,
    actor: ACTOR,
    cause: undefined,
    data: { layer: 'yamux', stream: 1, ...data },
  });
  const step = (seq: number, from: string, to: string): TraceRecord => ({
    seq,
    time: seq * 10,
    name: 'actor:transition',
    actor: `${ACTOR}/1`,
    cause: undefined,
    data: { machine: 'yamuxStream', from, to, event: 'x', edges: [] },
  });
  const WINDOW = 256 * 1024;
  const records = [
    step(0, '', 'open.windowOpen'),
    frame(1, 'encoded', { length: WINDOW + 12 }),
    step(2, 'open.windowOpen', 'open.windowExhausted'),
    frame(3, 'decoded', { length: 0, event: { type: 'yamux.windowUpdate', flags: '', length: 1000 } }),
    step(4, 'open.windowExhausted', 'open.windowOpen'),
    frame(5, 'decoded', { length: 500 }),
    frame(6, 'encoded', { length: 12, event: { type: 'yamux.windowUpdate', flags: '', length: 500 } }),
    { ...frame(7, 'encoded', {}), name: 'seen:credit', data: { stream: 1, direction: 'received', bytes: 24 } },
    { ...frame(8, 'encoded', {}), name: 'seen:credit', data: { stream: 1, direction: 'dropped', bytes: 6 } },
    { ...frame(9, 'encoded', {}), name: 'seen:credit', data: { direction: 'received', bytes: 1 } },
  ];

  test('is what was granted less what was sent, on both sides', () => {
    const [stream] = streamsOf(storeOf(records), END);
    expect(stream?.credit.map(({ timeMs, sendBytes, receiveBytes }) => [timeMs, sendBytes, receiveBytes])).toEqual([
      [10, 0, WINDOW],
      [30, 1000, WINDOW],
      [50, 1000, WINDOW - 500],
      [60, 1000, WINDOW],
      [70, 1024, WINDOW],
      [80, 1024, WINDOW - 6],
    ]);
  });

  test.each([
    [1, 0],
    [2, 0],
    [3, 10],
    [4, 20],
    [END, 20],
  ])('at record %i sending had waited %i ms', (upTo, blockedMs) => {
    expect(streamsOf(storeOf(records), upTo)[0]?.blockedMs).toBe(blockedMs);
  });
});
