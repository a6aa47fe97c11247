import { expect, test } from '@jest/globals';
import { connectionTrimMachine } from '../../src/machines/connection-trim.js';
import { deadline, walk } from '../support/walk.js';

const done = { type: 'trim.done' };
const within = { type: 'connections.within' };
const check = deadline('check', 'connectionTrim.awaitingCheck');
const trim = { type: 'trim.connections' };

const cases = [
  { name: 'trims at once', events: [], state: 'trimming', effects: [trim] },
  { name: 'enough went', events: [within], state: 'relaxed', effects: [trim] },
  { name: 'too few went', events: [done], state: 'awaitingCheck', effects: [trim] },
  { name: 'the next round', events: [done, check], state: 'trimming', effects: [trim, trim] },
  { name: 'others went by themselves', events: [done, within], state: 'relaxed', effects: [trim] },
  { name: 'the node stops', events: [done, { type: 'local.stop' }], state: 'stopped', effects: [trim] },
  {
    name: 'a round that nobody ordered is over',
    events: [done, done],
    state: 'unexpected',
    effects: [trim, { type: 'report.failed', code: 'ERR_TRIM_UNEXPECTED' }],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(connectionTrimMachine, { checkMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
