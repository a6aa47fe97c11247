/** Asking the local network, on paper: what each event leads to, and when the next question comes. */
import { expect, test } from '@jest/globals';
import { mdnsQueryMachine, type MdnsQueryEvent } from '../../src/machines/mdns-query.js';
import { deadline, walk } from '../support/walk.js';

const input = { settleMs: 50, paceMs: 1_000, maxIntervalMs: 3_000, reopenMs: 30_000 };
const opened: MdnsQueryEvent = { type: 'socket.opened' };
const failed: MdnsQueryEvent = { type: 'socket.failed' };
const question: MdnsQueryEvent = { type: 'wire.question' };
const seek: MdnsQueryEvent = { type: 'local.seek' };
const stop: MdnsQueryEvent = { type: 'local.stop' };
const settle = deadline('settle', 'mdnsQuery.settling');
const interval = deadline('interval', 'mdnsQuery.waiting');
const pace = deadline('pace', 'mdnsQuery.seeking');
const reopen = deadline('reopen', 'mdnsQuery.closed');

const open = { type: 'open.socket' };
const ask = { type: 'send.query' };
const closed = { type: 'report.closed' };
const wrong = { type: 'report.failed', code: 'ERR_MDNS_UNEXPECTED' };
const settled = [opened, settle];

test.each([
  { name: 'at first', events: [], state: 'opening', intervalMs: 1_000, effects: [open] },
  { name: 'a socket', events: [opened], state: 'settling', intervalMs: 1_000, effects: [open] },
  { name: 'the first question', events: settled, state: 'waiting', intervalMs: 1_000, effects: [open, ask] },
  {
    name: 'the second',
    events: [...settled, interval],
    state: 'waiting',
    intervalMs: 2_000,
    effects: [open, ask, ask],
  },
  {
    name: 'the third: the interval at its bound',
    events: [...settled, interval, interval],
    state: 'waiting',
    intervalMs: 3_000,
    effects: [open, ask, ask, ask],
  },
  {
    name: 'somebody else asked',
    events: [...settled, question],
    state: 'waiting',
    intervalMs: 2_000,
    effects: [open, ask],
  },
  { name: 'a question before ours', events: [opened, question], state: 'settling', intervalMs: 1_000, effects: [open] },
  {
    name: 'looked for soon after the first question',
    events: [...settled, seek],
    state: 'waiting',
    intervalMs: 1_000,
    effects: [open, ask],
  },
  {
    name: 'looked for later',
    events: [...settled, interval, seek],
    state: 'seeking',
    intervalMs: 2_000,
    effects: [open, ask, ask],
  },
  {
    name: 'looked for twice, and a question of others',
    events: [...settled, interval, seek, seek, question],
    state: 'seeking',
    intervalMs: 2_000,
    effects: [open, ask, ask],
  },
  {
    name: 'often again',
    events: [...settled, interval, seek, pace],
    state: 'waiting',
    intervalMs: 1_000,
    effects: [open, ask, ask, ask],
  },
  { name: 'no socket', events: [failed], state: 'closed', intervalMs: 1_000, effects: [open, closed] },
  {
    name: 'no socket, told twice',
    events: [failed, failed],
    state: 'closed',
    intervalMs: 1_000,
    effects: [open, closed, closed],
  },
  {
    name: 'tried again, and asked often again',
    events: [...settled, interval, failed, reopen, opened, settle],
    state: 'waiting',
    intervalMs: 1_000,
    effects: [open, ask, ask, closed, open, ask],
  },
  {
    name: 'lost while seeking',
    events: [...settled, interval, seek, failed],
    state: 'closed',
    intervalMs: 2_000,
    effects: [open, ask, ask, closed],
  },
  { name: 'stopped', events: [...settled, stop], state: 'stopped', intervalMs: 1_000, effects: [open, ask] },
  {
    name: 'stopped without a socket',
    events: [failed, stop],
    state: 'stopped',
    intervalMs: 1_000,
    effects: [open, closed],
  },
  { name: 'a second socket', events: [opened, opened], state: 'unexpected', intervalMs: 1_000, effects: [open, wrong] },
])('$name -> $state', ({ events, state, intervalMs, effects }) => {
  const end = walk(mdnsQueryMachine, input, events);
  expect({ state: end.state, intervalMs: end.snapshot.context.intervalMs, effects: end.effects }).toEqual({
    state,
    intervalMs,
    effects,
  });
});
