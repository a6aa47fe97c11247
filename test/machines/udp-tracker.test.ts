/** One announce over UDP, on paper. */
import { expect, test } from '@jest/globals';
import { udpTrackerMachine, type UdpTrackerEvent } from '../../src/machines/udp-tracker.js';
import { deadline, walk } from '../support/walk.js';

const of = (type: UdpTrackerEvent['type']): UdpTrackerEvent => ({ type });
const silence = deadline('retry', 'udpTracker.asking.connecting');
const quiet = deadline('retry', 'udpTracker.asking.announcing');
const opened = of('socket.opened');
const connected = of('wire.connected');
const open = { type: 'open.socket' };
const connect = { type: 'send.connect' };
const announce = { type: 'send.announce' };
const failed = (code: string) => ({ type: 'report.failed', code });

test.each([
  { name: 'at first', events: [], state: 'opening', effects: [open] },
  { name: 'a socket', events: [opened], state: 'asking.connecting', effects: [open, connect] },
  {
    name: 'a connection id',
    events: [opened, connected],
    state: 'asking.announcing',
    effects: [open, connect, announce],
  },
  {
    name: 'an answer',
    events: [opened, connected, of('wire.announced')],
    state: 'answered',
    effects: [open, connect, announce, { type: 'report.answered' }],
  },
  { name: 'no answer, once', events: [opened, silence], state: 'asking.connecting', effects: [open, connect, connect] },
  {
    name: 'an announce without an answer begins with a new connection id',
    events: [opened, connected, quiet],
    state: 'asking.connecting',
    effects: [open, connect, announce, connect],
  },
  {
    name: 'no answer, twice of two',
    events: [opened, silence, silence],
    state: 'timedOut',
    effects: [open, connect, connect, failed('ERR_TRACKER_TIMEOUT')],
  },
  {
    name: 'no answer to the second announce',
    events: [opened, connected, quiet, connected, quiet],
    state: 'timedOut',
    effects: [open, connect, announce, connect, announce, failed('ERR_TRACKER_TIMEOUT')],
  },
  {
    name: 'refused at once',
    events: [opened, of('wire.refused')],
    state: 'refused',
    effects: [open, connect, failed('ERR_TRACKER_REFUSED')],
  },
  {
    name: 'refused later',
    events: [opened, connected, of('wire.refused')],
    state: 'refused',
    effects: [open, connect, announce, failed('ERR_TRACKER_REFUSED')],
  },
  {
    name: 'nonsense',
    events: [opened, of('wire.malformed')],
    state: 'badAnswer',
    effects: [open, connect, failed('ERR_TRACKER_BAD_ANSWER')],
  },
  { name: 'no socket', events: [of('socket.failed')], state: 'failed', effects: [open, failed('ERR_TRACKER_FAILED')] },
  {
    name: 'a socket that goes',
    events: [opened, of('socket.failed')],
    state: 'failed',
    effects: [open, connect, failed('ERR_TRACKER_FAILED')],
  },
  {
    name: 'given up',
    events: [opened, connected, of('local.cancel')],
    state: 'cancelled',
    effects: [open, connect, announce],
  },
  {
    name: 'an answer to nothing',
    events: [opened, of('wire.announced')],
    state: 'unexpected',
    effects: [open, connect, failed('ERR_TRACKER_UNEXPECTED')],
  },
])('$name -> $state', ({ events, state, effects }) => {
  const end = walk(udpTrackerMachine, { retryMs: 5_000, tries: 2 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
