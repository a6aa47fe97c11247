import { expect, test } from '@jest/globals';
import { routerAskMachine, type RouterAskEvent } from '../../src/machines/router-ask.js';
import { deadline, walk } from '../support/walk.js';

const ask = { type: 'ask.router' };
const drop = { type: 'drop.router' };
const finished = { type: 'report.finished' };
const failed = (code: string) => ({ type: 'report.failed', code });
const answered: RouterAskEvent = { type: 'router.answered' };
const completed: RouterAskEvent = { type: 'router.completed' };
const broke: RouterAskEvent = { type: 'router.failed', code: 'ERR_DIAL_FAILED' };
const cancel: RouterAskEvent = { type: 'local.cancel' };
const late = deadline('routerTimeout', 'routerAsk') as RouterAskEvent;
const nonsense = { type: 'nonsense' } as never;

const cases: { name: string; events: RouterAskEvent[]; state: string; effects: object[] }[] = [
  { name: 'it is asked', events: [], state: 'asking', effects: [ask] },
  { name: 'answers', events: [answered, answered], state: 'answering', effects: [ask] },
  { name: 'the end, with nothing', events: [completed], state: 'finished', effects: [ask, finished] },
  { name: 'the end', events: [answered, completed], state: 'finished', effects: [ask, finished] },
  { name: 'a failure', events: [broke], state: 'failed', effects: [ask, failed('ERR_DIAL_FAILED')] },
  {
    name: 'a failure after an answer',
    events: [answered, broke],
    state: 'failed',
    effects: [ask, failed('ERR_DIAL_FAILED')],
  },
  { name: 'silence', events: [late], state: 'timedOut', effects: [ask, drop, failed('ERR_ROUTING_TIMEOUT')] },
  { name: 'no end', events: [answered, late], state: 'timedOut', effects: [ask, drop, failed('ERR_ROUTING_TIMEOUT')] },
  { name: 'cancelled', events: [cancel], state: 'cancelled', effects: [ask, drop, failed('ERR_ABORTED')] },
  {
    name: 'cancelled later',
    events: [answered, cancel],
    state: 'cancelled',
    effects: [ask, drop, failed('ERR_ABORTED')],
  },
  { name: 'nonsense', events: [nonsense], state: 'unexpected', effects: [ask, drop, failed('ERR_ROUTING_UNEXPECTED')] },
  {
    name: 'nonsense later',
    events: [answered, nonsense],
    state: 'unexpected',
    effects: [ask, drop, failed('ERR_ROUTING_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(routerAskMachine, { timeoutMs: 60_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
