import { expect, test } from '@jest/globals';
import { queriesOf, queryWords } from '../../src/inspect/queries.js';
import { END, storeOf, type Made } from './records.js';

const ACTOR = '/n1/dht/query:3';
const seen = (data: Readonly<Record<string, unknown>>): Made => ['seen:query', ACTOR, { query: 3, ...data }];
const STARTED = seen({ change: 'started', asks: 'FIND_NODE', key: 'aa', target: 'bb', paths: 1 });
const heard = (peer: string, bits: number, hops: number, from?: string): Made =>
  seen({ change: 'heard', peer, distance_bits: bits, hops, ...(from === undefined ? {} : { from }) });
const RECORDS: readonly Made[] = [
  STARTED,
  heard('A', 250, 0),
  heard('B', 252, 0),
  seen({ change: 'dialing', peer: 'A' }),
  seen({ change: 'asked', peer: 'A' }),
  seen({ change: 'asked', peer: 'B' }),
  seen({ change: 'answered', peer: 'A', took_ms: 30, closer: 2, new_peers: 2 }),
  heard('C', 240, 1, 'A'),
  heard('D', 245, 1, 'A'),
  // Told of again: who told first counts.
  heard('C', 240, 2, 'B'),
  seen({ change: 'asked', peer: 'C' }),
  seen({ change: 'asked', peer: 'D' }),
  seen({ change: 'late', peer: 'B' }),
  seen({ change: 'timed-out', peer: 'B', took_ms: 80, error: 'ERR_KAD_TIMEOUT' }),
  seen({ change: 'answered', peer: 'C', took_ms: 40, closer: 1, new_peers: 0 }),
  seen({ change: 'failed', peer: 'D', took_ms: 40, error: 'ERR_DIAL_FAILED' }),
  seen({ change: 'finished', outcome: 'finished', took_ms: 160, messages: 4, closest: ['C', 'A', 'X'] }),
];

test('a query from beginning to end', () => {
  const [query, ...others] = queriesOf(storeOf(RECORDS), END);
  expect(others).toEqual([]);
  expect(query).toMatchObject({ actor: ACTOR, query: 3, asks: 'FIND_NODE', key: 'aa', target: 'bb', startedMs: 0 });
  expect(query?.peers).toEqual(
    [
      ['A', undefined, 250, 0, 'answered', 10, 30, 60, 30, 2, 2, undefined, 6, true],
      ['B', undefined, 252, 0, 'timed-out', 20, 50, 130, 80, undefined, undefined, 'ERR_KAD_TIMEOUT', 13, false],
      ['C', 'A', 240, 1, 'answered', 70, 100, 140, 40, 1, 0, undefined, 14, true],
      ['D', 'A', 245, 1, 'failed', 80, 110, 150, 40, undefined, undefined, 'ERR_DIAL_FAILED', 15, false],
    ].map(([peer, from, distanceBits, hops, state, heardAfterMs, askedAfterMs, doneAfterMs, tookMs, ...rest]) => {
      const [closer, newPeers, error, seq, isClosest] = rest;
      const times = { heardAfterMs, askedAfterMs, doneAfterMs, tookMs };
      return { peer, from, distanceBits, hops, path: 0, state, ...times, closer, newPeers, error, seq, isClosest };
    }),
  );
  expect(query?.progress).toEqual([
    { afterMs: 60, distanceBits: 250, seq: 6 },
    { afterMs: 140, distanceBits: 240, seq: 14 },
  ]);
  expect(query?.closest).toEqual(['C', 'A', 'X']);
});

test.each([
  [0, 'running: 0 requests, 0 answers, 0 time-outs, 0 failures, 0 peers heard of'],
  [5, 'running: 2 requests, 0 answers, 0 time-outs, 0 failures, 2 peers heard of'],
  [12, 'running: 4 requests, 1 answers, 0 time-outs, 0 failures, 4 peers heard of'],
  [15, 'running: 4 requests, 2 answers, 1 time-outs, 1 failures, 4 peers heard of'],
  [16, 'converged after 1 hop in 160 ms: 4 requests, 2 answers, 1 time-outs, 1 failures; 3 closest'],
] as const)('at record %i: %s', (upTo, words) => {
  expect(queriesOf(storeOf(RECORDS), upTo).map(queryWords)).toEqual([words]);
});

test.each([
  ['satisfied', 'found enough'],
  ['exhausted', 'ran out of peers'],
  ['timedOut', 'ran out of time'],
  ['cancelled', 'cancelled'],
] as const)('%s: %s', (outcome, word) => {
  const end = seen({ change: 'finished', outcome, took_ms: 7.6, messages: 0, closest: [] });
  expect(queriesOf(storeOf([STARTED, end]), END).map(queryWords)).toEqual([
    `${word} after 0 hops in 8 ms: 0 requests, 0 answers, 0 time-outs, 0 failures; 0 closest`,
  ]);
});

test('of one that had begun before, what is told is there, and who was never heard of is left out', () => {
  const [query] = queriesOf(storeOf(RECORDS.slice(6), 6), END);
  expect([query?.asks, query?.startedSeq, query?.outcome]).toEqual(['', 6, 'finished']);
  expect(query?.peers.map(({ peer, state }) => [peer, state])).toEqual([
    ['C', 'answered'],
    ['D', 'failed'],
  ]);
});

test('of a look that began late: waits are as long as they are, and it is said to be older than the look', () => {
  const stood = (data: Readonly<Record<string, unknown>>): Made => seen({ ...data, standing: true });
  const records = [
    stood({ change: 'started', asks: 'GET_VALUE', key: 'aa', target: 'bb', paths: 1, took_ms: 500 }),
    stood({ change: 'heard', peer: 'A', distance_bits: 250, hops: 1 }),
    stood({ change: 'asked', peer: 'A', took_ms: 480 }),
    stood({ change: 'answered', peer: 'A', took_ms: 60 }),
    stood({ change: 'heard', peer: 'B', distance_bits: 251, hops: 1 }),
    stood({ change: 'dialing', peer: 'B', took_ms: 300 }),
    seen({ change: 'asked', peer: 'B' }),
    seen({ change: 'answered', peer: 'B', took_ms: 370, closer: 20, new_peers: 0 }),
  ];
  const at = (upTo: number) => {
    const [query] = queriesOf(storeOf(records), upTo);
    const peers = query?.peers.map((each) => [each.peer, each.state, each.askedAfterMs, each.doneAfterMs, each.tookMs]);
    return { startedMs: query?.startedMs, peers, progress: query?.progress, words: query && queryWords(query) };
  };
  expect(at(5)).toEqual({
    startedMs: -500,
    // At 20 ms: asked 480 ms before. At 50 ms: 300 ms before.
    peers: [
      ['A', 'answered', 40, 100, 60],
      ['B', 'dialing', 250, undefined, undefined],
    ],
    progress: [{ afterMs: 100, distanceBits: 250, seq: 3 }],
    words: 'running since before the look began: 2 requests, 1 answers, 0 time-outs, 0 failures, 2 peers heard of',
  });
  expect(at(END).peers?.[1]).toEqual(['B', 'answered', 250, 570, 370]);
});
