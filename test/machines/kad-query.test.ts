import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { kadQueryMachine, type KadQueryEvent as Event } from '../../src/machines/kad-query.js';
import { deadline, walk } from '../support/walk.js';

const input = { asksAtOnce: 3, asksWide: 20, followsUp: true, slowPeerMs: 3000, timeoutMs: 60_000 };

const closer: Event = { type: 'peer.closer' };
const answered: Event = { type: 'peer.answered' };
const failed: Event = { type: 'peer.failed' };
const settled: Event = { type: 'closest.settled' };
const complete: Event = { type: 'closest.complete' };
const holed: Event = { type: 'closest.holed' };
const exhausted: Event = { type: 'peers.exhausted' };
const satisfied: Event = { type: 'local.satisfied' };
const cancel: Event = { type: 'local.cancel' };
const slowIn = (state: string) => deadline('slowPeer', `kadQuery.${state}`) as Event;
const timeout = deadline('queryTimeout', 'kadQuery') as Event;

const few = { type: 'ask.next', atOnce: 3 };
const wide = { type: 'ask.next', atOnce: 20 };
const past = { type: 'ask.past', atOnce: 20 };
const aside = { type: 'set.slowAside' };
const failure = (code: string) => ({ type: 'report.failed', code });

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'the start', events: [], state: 'iterating', effects: [few] },
  { name: 'closer', events: [closer], state: 'iterating', effects: [few, few] },
  { name: 'two answers in vain', events: [answered, answered], state: 'iterating', effects: [few, few, few] },
  {
    name: 'alpha answers in vain',
    events: [answered, answered, answered],
    state: 'widening',
    effects: [few, few, few, wide],
  },
  {
    name: 'a failure is no answer in vain',
    events: [answered, failed, answered],
    state: 'iterating',
    effects: [few, few, few, few],
  },
  {
    name: 'progress counts anew',
    events: [answered, answered, closer, answered, answered],
    state: 'iterating',
    effects: [few, few, few, few, few, few],
  },
  { name: 'nobody for a while', events: [slowIn('iterating')], state: 'widening', effects: [few, aside, wide] },
  {
    name: 'nor after that',
    events: [slowIn('iterating'), slowIn('widening')],
    state: 'widening',
    effects: [few, aside, wide, aside, wide],
  },
  {
    name: 'wide, and closer',
    events: [slowIn('iterating'), closer],
    state: 'iterating',
    effects: [few, aside, wide, few],
  },
  {
    name: 'wide, in vain',
    events: [slowIn('iterating'), answered, failed],
    state: 'widening',
    effects: [few, aside, wide, wide, wide],
  },
  { name: 'the closest few', events: [closer, settled], state: 'followingUp', effects: [few, few, wide] },
  {
    name: 'the few, wide',
    events: [slowIn('iterating'), settled],
    state: 'followingUp',
    effects: [few, aside, wide, wide],
  },
  {
    name: 'all of them',
    events: [closer, settled, answered, complete],
    state: 'finished',
    effects: [few, few, wide, wide, { type: 'report.finished' }],
  },
  {
    name: 'one of them is slow',
    events: [closer, settled, slowIn('followingUp')],
    state: 'followingUp',
    effects: [few, few, wide, aside, wide],
  },
  {
    name: 'one of them knows a closer one',
    events: [closer, settled, closer],
    state: 'iterating',
    effects: [few, few, wide, few],
  },
  {
    name: 'one of them fails',
    events: [closer, settled, failed],
    state: 'followingUp',
    effects: [few, few, wide, wide],
  },
  {
    name: 'some of them are gone',
    events: [closer, settled, answered, holed],
    state: 'lookingPast',
    effects: [few, few, wide, wide, past],
  },
  {
    name: 'a place beside, then whom it told of, then the next place',
    events: [closer, settled, holed, answered, failed, holed],
    state: 'lookingPast',
    effects: [few, few, wide, past, wide, wide, past],
  },
  {
    name: 'nothing is behind the dead any more',
    events: [closer, settled, holed, answered, complete],
    state: 'finished',
    effects: [few, few, wide, past, wide, { type: 'report.finished' }],
  },
  {
    name: 'nobody either',
    events: [answered, settled, holed, answered, exhausted],
    state: 'exhausted',
    effects: [few, few, wide, past, wide, { type: 'report.exhausted' }],
  },
  {
    name: 'somebody closer behind the dead',
    events: [closer, settled, holed, closer],
    state: 'iterating',
    effects: [few, few, wide, past, few],
  },
  {
    name: 'a place that nobody answers for is left aside',
    events: [closer, settled, holed, slowIn('lookingPast')],
    state: 'lookingPast',
    effects: [few, few, wide, past, aside, past],
  },
  { name: 'found', events: [satisfied], state: 'satisfied', effects: [few, { type: 'report.satisfied' }] },
  {
    name: 'a small network',
    events: [answered, exhausted],
    state: 'exhausted',
    effects: [few, few, { type: 'report.exhausted' }],
  },
  {
    name: 'nobody at all',
    events: [failed, exhausted],
    state: 'failed',
    effects: [few, few, failure('ERR_DHT_NO_ANSWER')],
  },
  { name: 'too long', events: [timeout], state: 'timedOut', effects: [few, failure('ERR_DHT_QUERY_TIMEOUT')] },
  { name: 'cancelled', events: [closer, cancel], state: 'cancelled', effects: [few, few, failure('ERR_ABORTED')] },
  {
    name: 'complete before it is settled',
    events: [closer, complete],
    state: 'unexpected',
    effects: [few, few, failure('ERR_DHT_QUERY_UNEXPECTED')],
  },
  {
    name: 'holed before it is settled',
    events: [closer, holed],
    state: 'unexpected',
    effects: [few, few, failure('ERR_DHT_QUERY_UNEXPECTED')],
  },
  {
    name: 'settled twice',
    events: [closer, settled, settled],
    state: 'unexpected',
    effects: [few, few, wide, failure('ERR_DHT_QUERY_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(kadQueryMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

test('without following up, it is finished when the closest few have answered', () => {
  const end = walk(kadQueryMachine, { ...input, followsUp: false }, [closer, settled]);
  expect({ state: end.state, effects: end.effects }).toEqual({
    state: 'finished',
    effects: [few, few, { type: 'report.finished' }],
  });
});

describe('the whole chart', () => {
  test('every state is reachable, the deadlines included', () => {
    const slow = ['iterating', 'widening', 'followingUp', 'lookingPast'].map(slowIn);
    const edges = [settled, complete, holed, exhausted];
    const events = [closer, answered, failed, ...edges, satisfied, cancel, timeout, ...slow];
    const paths = getShortestPaths(kadQueryMachine, {
      input,
      events,
      stopWhen: (state) => state.status === 'done',
    });
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(kadQueryMachine.states)));
  });
});
