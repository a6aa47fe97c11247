import { expect, test } from '@jest/globals';
import { crossedDialsMachine } from '../../src/machines/crossed-dials.js';
import { deadline, walk } from '../support/walk.js';

const settled = deadline('grace', 'crossedDials.settling');
const lingered = deadline('grace', 'crossedDials.lingering');
const idle = { type: 'surplus.idle' };
const busy = { type: 'surplus.busy' };
const used = { type: 'surplus.used' };
const parted = { type: 'pair.parted' };
const judge = { type: 'judge.surplus' };
const close = { type: 'close.surplus' };
const failed = { type: 'report.failed', code: 'ERR_CROSSED_DIALS_UNEXPECTED' };

const cases = [
  { name: 'both are left alone at first', events: [], state: 'settling', effects: [] },
  { name: 'what the peer begins at first says nothing', events: [used, used], state: 'settling', effects: [] },
  { name: 'one goes before it is judged', events: [parted], state: 'parted', effects: [] },
  { name: 'the grace is over', events: [settled], state: 'judging', effects: [judge] },
  { name: 'no stream is on it', events: [settled, idle], state: 'dropped', effects: [judge, close] },
  { name: 'the other one goes away', events: [settled, parted], state: 'parted', effects: [judge] },
  { name: 'a stream is on it', events: [settled, busy], state: 'inUse', effects: [judge] },
  { name: 'its last stream ends', events: [settled, busy, idle], state: 'lingering', effects: [judge] },
  {
    name: 'the grace after it is over',
    events: [settled, busy, idle, lingered],
    state: 'judging',
    effects: [judge, judge],
  },
  {
    name: 'and nothing came',
    events: [settled, busy, idle, lingered, idle],
    state: 'dropped',
    effects: [judge, judge, close],
  },
  {
    name: 'we have opened another one meanwhile',
    events: [settled, busy, idle, lingered, busy],
    state: 'inUse',
    effects: [judge, judge],
  },
  { name: 'the peer goes on with it', events: [settled, busy, used], state: 'shared', effects: [judge] },
  { name: 'the peer comes back to it', events: [settled, busy, idle, used], state: 'shared', effects: [judge] },
  { name: 'one goes while it is in use', events: [settled, busy, parted], state: 'parted', effects: [judge] },
  { name: 'one goes while it lingers', events: [settled, busy, idle, parted], state: 'parted', effects: [judge] },
  { name: 'an answer that nobody asked for', events: [busy], state: 'unexpected', effects: [failed] },
  { name: 'idle twice', events: [settled, busy, idle, idle], state: 'unexpected', effects: [judge, failed] },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(crossedDialsMachine, { graceMs: 5_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
