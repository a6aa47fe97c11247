import { expect, test } from '@jest/globals';
import { pingMonitorMachine, type PingMonitorEvent as Event } from '../../src/machines/ping-monitor.js';
import { deadline, walk } from '../support/walk.js';

const input = { maxFailures: 2, restMs: 10_000 };
const failed = (code: string) => ({ type: 'report.failed', code });
const open = { type: 'open.ping' };
const ended = { type: 'report.ended' };
const echoed: Event = { type: 'ping.echoed', restMs: 9000 };
const missed: Event = { type: 'ping.failed', restMs: 11_000 };
const stop: Event = { type: 'local.stop' };
const rest = deadline('pingRest', 'pingMonitor.resting') as Event;

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'it begins with a rest', events: [], state: 'resting', effects: [] },
  { name: 'then it pings', events: [rest], state: 'pinging', effects: [open] },
  { name: 'an echo', events: [rest, echoed], state: 'resting', effects: [open] },
  {
    name: 'one failure is forgiven',
    events: [rest, missed, rest, echoed, rest, missed],
    state: 'resting',
    effects: [open, open, open],
  },
  {
    name: 'two in a row are not',
    events: [rest, missed, rest, missed],
    state: 'lost',
    effects: [open, open, failed('ERR_PING_MONITOR_LOST')],
  },
  {
    name: 'no such protocol',
    events: [rest, { type: 'ping.unsupported' }],
    state: 'unsupported',
    effects: [open, ended],
  },
  { name: 'stopped at rest', events: [stop], state: 'stopped', effects: [ended] },
  { name: 'stopped in a ping', events: [rest, stop], state: 'stopped', effects: [open, ended] },
  {
    name: 'an echo of nothing',
    events: [echoed],
    state: 'unexpected',
    effects: [failed('ERR_PING_MONITOR_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(pingMonitorMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
