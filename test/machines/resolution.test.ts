import { expect, test } from '@jest/globals';
import { resolutionMachine, type ResolutionEvent } from '../../src/machines/resolution.js';
import { walk } from '../support/walk.js';

const ask = { type: 'ask.names' };
const report = (code: string) => ({ type: 'report.failed', code });

const cases: { name: string; events: ResolutionEvent[]; state: string; effects: object[] }[] = [
  { name: 'asks', events: [], state: 'resolving', effects: [ask] },
  {
    name: 'all is answered',
    events: [{ type: 'lookups.done' }],
    state: 'resolved',
    effects: [ask, { type: 'report.resolved' }],
  },
  {
    name: 'nothing was found, and why',
    events: [{ type: 'lookups.failed', code: 'ERR_RESOLVE_LOOP' }],
    state: 'failed',
    effects: [ask, report('ERR_RESOLVE_LOOP')],
  },
  {
    name: 'time is up',
    events: [{ type: 'xstate.after.resolveTimeout.resolution.resolving' } as never],
    state: 'timedOut',
    effects: [ask, report('ERR_RESOLVE_TIMEOUT')],
  },
  { name: 'cancelled', events: [{ type: 'local.cancel' }], state: 'cancelled', effects: [ask, report('ERR_ABORTED')] },
  {
    name: 'an event of no meaning here',
    events: [{ type: 'nonsense' } as never],
    state: 'unexpected',
    effects: [ask, report('ERR_CONNECTION_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(resolutionMachine, { timeoutMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
