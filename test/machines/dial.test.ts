import { expect, test } from '@jest/globals';
import { dialMachine, type DialEvent } from '../../src/machines/dial.js';
import { walk } from '../support/walk.js';

const opened: DialEvent = { type: 'connection.opened' };
const failed: DialEvent = { type: 'connection.failed' };
const cancel: DialEvent = { type: 'local.cancel' };
const dial = (index: number) => ({ type: 'dial.address', index });

const cases: { name: string; addressCount: number; events: DialEvent[]; state: string; effects: object[] }[] = [
  { name: 'waits for the first address', addressCount: 2, events: [], state: 'dialing', effects: [dial(0)] },
  {
    name: 'the first address answers',
    addressCount: 2,
    events: [opened],
    state: 'connected',
    effects: [dial(0), { type: 'report.connected' }],
  },
  {
    name: 'the second address answers',
    addressCount: 2,
    events: [failed, opened],
    state: 'connected',
    effects: [dial(0), dial(1), { type: 'report.connected' }],
  },
  {
    name: 'no address answers',
    addressCount: 2,
    events: [failed, failed],
    state: 'exhausted',
    effects: [dial(0), dial(1), { type: 'report.failed', code: 'ERR_DIAL_FAILED' }],
  },
  {
    name: 'cancelled',
    addressCount: 2,
    events: [failed, cancel],
    state: 'cancelled',
    effects: [dial(0), dial(1), { type: 'cancel.address' }, { type: 'report.failed', code: 'ERR_ABORTED' }],
  },
  {
    name: 'an event of no meaning here',
    addressCount: 1,
    events: [{ type: 'nonsense' } as never],
    state: 'unexpected',
    effects: [dial(0), { type: 'report.failed', code: 'ERR_CONNECTION_UNEXPECTED' }],
  },
];

test.each(cases)('$name -> $state', ({ addressCount, events, state, effects }) => {
  const end = walk(dialMachine, { addressCount }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
