import { expect, test } from '@jest/globals';
import { outerStates, reachedOf, shareOf } from '../../src/inspect/reached.js';
import { END, storeOf, type Made } from './records.js';

const step = (machine: string, from: string, to: string): Made => [
  'actor:transition',
  `/n1/${machine}`,
  { machine, from, to, event: 'x', edges: from === '' ? [] : [`${from} x`] },
];
const store = storeOf([
  step('connection', '', 'upgrading.connecting'),
  step('noiseHandshake', '', 'dialing'),
  step('connection', 'upgrading.connecting', 'upgrading.handshaking'),
  step('connection', 'upgrading.handshaking', 'live.left|live.right'),
]);

test('what was reached of each chart up to a record, outer states once a step', () => {
  expect(outerStates('a.b.c')).toEqual(['a.b.c', 'a.b', 'a']);
  expect([...reachedOf(store, 1)]).toEqual([
    ['connection', { states: { upgrading: 1, 'upgrading.connecting': 1 }, edges: {} }],
    ['noiseHandshake', { states: { dialing: 1 }, edges: {} }],
  ]);
  const counts = reachedOf(store, END).get('connection');
  expect(counts).toEqual({
    states: {
      upgrading: 2,
      'upgrading.connecting': 1,
      'upgrading.handshaking': 1,
      live: 1,
      'live.left': 1,
      'live.right': 1,
    },
    edges: { 'upgrading.connecting x': 1, 'upgrading.handshaking x': 1 },
  });
  expect(shareOf(counts, ['live', 'closed'], ['upgrading.connecting x', 'z'])).toEqual({
    states: 1,
    statesTotal: 2,
    edges: 1,
    edgesTotal: 2,
    missedEdges: ['z'],
  });
  expect(shareOf(undefined, ['open'], ['a']).missedEdges).toEqual(['a']);
});
