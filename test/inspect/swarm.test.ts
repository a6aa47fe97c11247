import { expect, test } from '@jest/globals';
import { bucketMapsOf } from '../../src/inspect/swarm.js';
import { END, storeOf, type Made } from './records.js';

const table = (change: string, peer: string, bucket: number, by?: string): Made => [
  'seen:table',
  '/n1/dht',
  { dht: 'dht', change, peer, bucket, ...(by && { by }) },
];
const RECORDS: readonly Made[] = [
  table('added', 'A', 3),
  table('added', 'B', 0),
  table('questionable', 'A', 3),
  table('confirmed', 'A', 3),
  table('questionable', 'B', 0),
  table('replaced', 'B', 0, 'C'),
  table('removed', 'A', 3),
];

test.each<readonly [upTo: number, buckets: readonly (readonly [number, string, boolean, number, number])[]]>([
  [0, [[3, 'A', false, 0, 0]]],
  [
    2,
    [
      [0, 'B', false, 10, 1],
      [3, 'A', true, 0, 2],
    ],
  ],
  [
    4,
    [
      [0, 'B', true, 10, 4],
      [3, 'A', false, 0, 3],
    ],
  ],
  [
    5,
    [
      [0, 'C', false, 50, 5],
      [3, 'A', false, 0, 3],
    ],
  ],
  [END, [[0, 'C', false, 50, 5]]],
])('the table at record %i', (upTo, expected) => {
  expect(bucketMapsOf(storeOf(RECORDS), upTo)).toEqual([
    {
      actor: '/n1/dht',
      peers: expected.length,
      buckets: expected.map(([bucket, peer, isQuestionable, sinceMs, seq]) => ({
        bucket,
        peers: [{ peer, isQuestionable, sinceMs, seq }],
      })),
    },
  ]);
});

test('of a trace that begins in the middle, who is questionable was there', () => {
  const [map] = bucketMapsOf(storeOf(RECORDS.slice(2, 3), 2), END);
  expect(map?.buckets).toEqual([{ bucket: 3, peers: [{ peer: 'A', isQuestionable: true, sinceMs: 20, seq: 2 }] }]);
});
