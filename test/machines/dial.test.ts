import { expect, test } from '@jest/globals';
import { dialMachine, type DialEvent } from '../../src/machines/dial.js';
import { walk } from '../support/walk.js';

const more: DialEvent = { type: 'addresses.more' };
const opened: DialEvent = { type: 'connection.opened' };
const failed: DialEvent = { type: 'connection.failed' };
const cancel: DialEvent = { type: 'local.cancel' };
const stagger = { type: 'xstate.after.stagger.dial.racing.staggering' } as never;
const deadline = { type: 'xstate.after.dialTimeout.dial.racing' } as never;
const dial = (index: number) => ({ type: 'dial.address', index });
const connected = { type: 'report.connected' };
const rest = { type: 'cancel.rest' };
const report = (code: string) => ({ type: 'report.failed', code });

interface Case {
  readonly name: string;
  readonly count: number;
  readonly maxAtOnce?: number;
  readonly events: DialEvent[];
  readonly state: string;
  readonly effects: object[];
}

const cases: readonly Case[] = [
  { name: 'one address: waits for it', count: 1, events: [], state: 'dialing', effects: [dial(0)] },
  { name: 'one address: it answers', count: 1, events: [opened], state: 'connected', effects: [dial(0), connected] },
  {
    name: 'one address: it fails',
    count: 1,
    events: [failed],
    state: 'exhausted',
    effects: [dial(0), report('ERR_DIAL_FAILED')],
  },
  {
    name: 'one address: cancelled',
    count: 1,
    events: [cancel],
    state: 'cancelled',
    effects: [dial(0), rest, report('ERR_ABORTED')],
  },
  {
    name: 'the first address fails before the race begins',
    count: 2,
    events: [failed, opened],
    state: 'connected',
    effects: [dial(0), dial(1), connected],
  },
  {
    name: 'two addresses: the second has to wait',
    count: 2,
    events: [more],
    state: 'racing.staggering',
    effects: [dial(0)],
  },
  {
    name: 'the second address has its turn',
    count: 2,
    events: [more, stagger],
    state: 'racing.waiting',
    effects: [dial(0), dial(1)],
  },
  {
    name: 'a failure gives the next one its turn at once',
    count: 3,
    events: [more, failed],
    state: 'racing.staggering',
    effects: [dial(0), dial(1)],
  },
  {
    name: 'one opens, and what is begun besides is cancelled',
    count: 3,
    events: [more, stagger, opened],
    state: 'connected',
    effects: [dial(0), dial(1), rest, connected],
  },
  {
    name: 'of two that pend one fails, then the other one answers',
    count: 2,
    events: [more, stagger, failed, opened],
    state: 'connected',
    effects: [dial(0), dial(1), rest, connected],
  },
  {
    name: 'all fail',
    count: 3,
    events: [more, stagger, failed, failed, failed],
    state: 'exhausted',
    effects: [dial(0), dial(1), dial(2), report('ERR_DIAL_FAILED')],
  },
  {
    name: 'no more at once than may be',
    count: 5,
    maxAtOnce: 2,
    events: [more, stagger],
    state: 'racing.full',
    effects: [dial(0), dial(1)],
  },
  {
    name: 'a failure makes room for one',
    count: 5,
    maxAtOnce: 2,
    events: [more, stagger, failed],
    state: 'racing.full',
    effects: [dial(0), dial(1), dial(2)],
  },
  {
    name: 'room for the last one',
    count: 3,
    maxAtOnce: 2,
    events: [more, stagger, failed],
    state: 'racing.waiting',
    effects: [dial(0), dial(1), dial(2)],
  },
  {
    name: 'one at once is full from the start',
    count: 2,
    maxAtOnce: 1,
    events: [more],
    state: 'racing.full',
    effects: [dial(0)],
  },
  {
    name: 'time is up',
    count: 2,
    events: [more, stagger, deadline],
    state: 'timedOut',
    effects: [dial(0), dial(1), rest, report('ERR_DIAL_TIMEOUT')],
  },
  {
    name: 'cancelled in the race',
    count: 2,
    events: [more, cancel],
    state: 'cancelled',
    effects: [dial(0), rest, report('ERR_ABORTED')],
  },
  {
    name: 'an event of no meaning here',
    count: 1,
    events: [{ type: 'nonsense' } as never],
    state: 'unexpected',
    effects: [dial(0), report('ERR_CONNECTION_UNEXPECTED')],
  },
  {
    name: 'more addresses in a race',
    count: 3,
    events: [more, more],
    state: 'unexpected',
    effects: [dial(0), report('ERR_CONNECTION_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ count, maxAtOnce = 8, events, state, effects }) => {
  const delaysMs = Array.from({ length: count }, (_, index) => index * 250);
  const end = walk(dialMachine, { delaysMs, maxAtOnce, timeoutMs: 60_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
