import { expect, test } from '@jest/globals';
import { ipnsResolveMachine, type IpnsResolveEvent as Event } from '../../src/machines/ipns-resolve.js';
import { deadline, walk } from '../support/walk.js';

const better: Event = { type: 'record.better' };
const done: Event = { type: 'router.done' };
const cancel: Event = { type: 'local.cancel' };
const late = deadline('ipnsResolveTimeout', 'ipnsResolve.looking') as Event;

const ask = { type: 'ask.router' };
const told = { type: 'report.better' };
const resolved = { type: 'report.resolved' };
const failed = (code: string) => ({ type: 'report.failed', code });

test.each<{ name: string; events: Event[]; state: string; effects: object[] }>([
  { name: 'the start', events: [], state: 'looking.awaitingRecord', effects: [ask] },
  { name: 'a record', events: [better], state: 'looking.awaitingBetter', effects: [ask, told] },
  { name: 'a better one', events: [better, better], state: 'looking.awaitingBetter', effects: [ask, told, told] },
  { name: 'and no more', events: [better, done], state: 'resolved', effects: [ask, told, resolved] },
  { name: 'none at all', events: [done], state: 'notFound', effects: [ask, failed('ERR_IPNS_NOT_FOUND')] },
  { name: 'none in time', events: [late], state: 'timedOut', effects: [ask, failed('ERR_IPNS_TIMEOUT')] },
  { name: 'some in time', events: [better, late], state: 'resolved', effects: [ask, told, resolved] },
  { name: 'cancelled', events: [cancel], state: 'cancelled', effects: [ask, failed('ERR_ABORTED')] },
  {
    name: 'cancelled later',
    events: [better, cancel],
    state: 'cancelled',
    effects: [ask, told, failed('ERR_ABORTED')],
  },
  {
    name: 'an event of nobody',
    events: [{ type: 'wire.echo' } as never],
    state: 'unexpected',
    effects: [ask, failed('ERR_IPNS_UNEXPECTED')],
  },
])('$name -> $state', ({ events, state, effects }) => {
  const end = walk(ipnsResolveMachine, { timeoutMs: 60_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
