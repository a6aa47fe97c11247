import { expect, test } from '@jest/globals';
import { activeStates, guardAnswers, machinesBelow, visitsOf } from '../../src/inspect/connections.js';
import { END, storeOf, type Made } from './records.js';

const step = (actor: string, machine: string, from: string, to: string, ...edges: string[]): Made => [
  'actor:transition',
  actor,
  { machine, from, to, event: 'x', edges },
];
const CONNECTION = '/n1/swarm/conn:2';
const store = storeOf([
  step(CONNECTION, 'connection', '', 'upgrading.connecting'),
  step(`${CONNECTION}/noise`, 'noiseHandshake', '', 'dialing'),
  step('/n1/swarm/conn:22', 'connection', '', 'open'),
  step(CONNECTION, 'connection', 'upgrading.connecting', 'upgrading.handshaking', 'a'),
  step(CONNECTION, 'connection', 'upgrading.handshaking', 'live.left|live.right', 'b', 'c'),
]);

test.each([
  [0, [['connection', 'upgrading.connecting']]],
  [
    3,
    [
      ['connection', 'upgrading.handshaking'],
      ['noiseHandshake', 'dialing'],
    ],
  ],
] as const)('machines of one connection at record %i, and of no other', (upTo, expected) => {
  expect(machinesBelow(store, CONNECTION, upTo).map(({ life, step }) => [life.machine, step?.to])).toEqual(expected);
});

test('visits of one machine, regions side by side', () => {
  const [first] = machinesBelow(store, CONNECTION, END);
  expect(activeStates(first?.step)).toEqual(['live.left', 'live.right']);
  expect(first === undefined ? undefined : visitsOf([first.life], END)).toEqual({
    states: { 'upgrading.connecting': 1, 'upgrading.handshaking': 1, 'live.left': 1, 'live.right': 1 },
    edges: { a: 1, b: 1, c: 1 },
  });
  expect(activeStates(undefined)).toEqual([]);
});

test('what guards answered: those tried before the edge that was taken said no', () => {
  const edges = [
    { id: 's e 1', source: 's', event: 'e', guard: 'isOne' },
    { id: 's e 2', source: 's', event: 'e', guard: 'isTwo' },
    { id: 's e 3', source: 's', event: 'e' },
    { id: 's f', source: 's', event: 'f', guard: 'isF' },
  ];
  const told = (...taken: string[]) => guardAnswers(edges, taken).map(({ guard, answer }) => `${guard} ${answer}`);
  expect([told('s e 1'), told('s e 2'), told('s e 3'), told('s f'), told('gone')]).toEqual([
    ['isOne true'],
    ['isOne false', 'isTwo true'],
    ['isOne false', 'isTwo false'],
    ['isF true'],
    [],
  ]);
});
