import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { multistreamAskerMachine, type MultistreamAskerEvent } from '../../src/machines/multistream-asker.js';
import { deadline, walk } from '../support/walk.js';

type Event = MultistreamAskerEvent;

const input = { timeoutMs: 10_000 };
const header: Event = { type: 'wire.header' };
const na: Event = { type: 'wire.na' };
const ls: Event = { type: 'wire.ls' };
const list: Event = { type: 'wire.list' };
const invalid: Event = { type: 'wire.invalid' };
const ended: Event = { type: 'transport.ended' };
const timeout = deadline('negotiationTimeout', 'multistreamAsker') as Event;

const failed = (code: string): object[] => [{ type: 'report.failed', code: `ERR_MULTISTREAM_${code}` }];

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'nothing heard yet', events: [], state: 'awaitingHeader', effects: [] },
  { name: 'the header', events: [header], state: 'awaitingList', effects: [] },
  { name: 'the list', events: [header, list], state: 'listed', effects: [{ type: 'report.listed' }] },
  { name: 'the echo', events: [header, ls], state: 'awaitingOldList', effects: [] },
  { name: 'echo and list', events: [header, ls, list], state: 'listed', effects: [{ type: 'report.listed' }] },
  { name: 'na', events: [header, na], state: 'declined', effects: failed('NO_LIST') },
  { name: 'a second header', events: [header, header], state: 'unexpected', effects: failed('UNEXPECTED') },
  { name: 'a second echo', events: [header, ls, ls], state: 'unexpected', effects: failed('UNEXPECTED') },
  { name: 'na behind the echo', events: [header, ls, na], state: 'unexpected', effects: failed('UNEXPECTED') },
  { name: 'na first', events: [na], state: 'badHeader', effects: failed('BAD_HEADER') },
  { name: 'ls first', events: [ls], state: 'badHeader', effects: failed('BAD_HEADER') },
  { name: 'a list first', events: [list], state: 'badHeader', effects: failed('BAD_HEADER') },
  ...[[], [header], [header, ls]].flatMap((before) => [
    {
      name: `garbage after ${before.length}`,
      events: [...before, invalid],
      state: 'badMessage',
      effects: failed('BAD_MESSAGE'),
    },
    { name: `the end after ${before.length}`, events: [...before, ended], state: 'ended', effects: failed('ENDED') },
    {
      name: `silence after ${before.length}`,
      events: [...before, timeout],
      state: 'timedOut',
      effects: failed('TIMEOUT'),
    },
  ]),
];

describe('multistream asker', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const { snapshot, effects: seen } = walk(multistreamAskerMachine, input, events);
    expect(snapshot.value).toBe(state);
    expect(seen).toEqual([{ type: 'send.question' }, ...effects]);
  });

  test('every state is reached, the deadline included', () => {
    const events = [header, na, ls, list, invalid, ended, timeout];
    const reached = getShortestPaths(multistreamAskerMachine, { input, events }).map(({ state }) => state.value);
    expect(new Set(reached)).toEqual(new Set(Object.keys(multistreamAskerMachine.states)));
  });
});
