import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { pingMachine, type PingEvent } from '../../src/machines/ping.js';
import { deadline, walk } from '../support/walk.js';

const echo: PingEvent = { type: 'wire.echo' };
const mismatch: PingEvent = { type: 'wire.mismatch' };
const surplus: PingEvent = { type: 'wire.surplus' };
const ended: PingEvent = { type: 'stream.ended' };
const timeout = deadline('pingTimeout', 'ping.awaitingEcho') as PingEvent;
const rested = deadline('pingInterval', 'ping.resting') as PingEvent;

const send = { type: 'send.payload' };
const echoed = { type: 'report.echoed' };
const finished = { type: 'report.finished' };
const failed = (code: string) => ({ type: 'report.failed', code });

const cases: { name: string; intervalMs: number; events: PingEvent[]; state: string; effects: object[] }[] = [
  { name: 'the first payload', intervalMs: 0, events: [], state: 'awaitingEcho', effects: [send] },
  { name: 'one of two, no pause', intervalMs: 0, events: [echo], state: 'awaitingEcho', effects: [send, echoed, send] },
  {
    name: 'two of two',
    intervalMs: 0,
    events: [echo, echo],
    state: 'finished',
    effects: [send, echoed, send, echoed, finished],
  },
  { name: 'one of two, a pause', intervalMs: 1000, events: [echo], state: 'resting', effects: [send, echoed] },
  {
    name: 'after the pause',
    intervalMs: 1000,
    events: [echo, rested],
    state: 'awaitingEcho',
    effects: [send, echoed, send],
  },
  {
    name: 'no pause after the last',
    intervalMs: 1000,
    events: [echo, rested, echo],
    state: 'finished',
    effects: [send, echoed, send, echoed, finished],
  },
  {
    name: 'other bytes',
    intervalMs: 0,
    events: [mismatch],
    state: 'mismatch',
    effects: [send, failed('ERR_PING_MISMATCH')],
  },
  { name: 'silence', intervalMs: 0, events: [timeout], state: 'timedOut', effects: [send, failed('ERR_PING_TIMEOUT')] },
  {
    name: 'silence after an echo',
    intervalMs: 0,
    events: [echo, timeout],
    state: 'timedOut',
    effects: [send, echoed, send, failed('ERR_PING_TIMEOUT')],
  },
  { name: 'an end', intervalMs: 0, events: [ended], state: 'ended', effects: [send, failed('ERR_PING_ENDED')] },
  {
    name: 'an end in the pause',
    intervalMs: 1,
    events: [echo, ended],
    state: 'ended',
    effects: [send, echoed, failed('ERR_PING_ENDED')],
  },
  {
    name: 'too many bytes',
    intervalMs: 0,
    events: [surplus],
    state: 'unexpected',
    effects: [send, failed('ERR_PING_UNEXPECTED')],
  },
  {
    name: 'bytes in the pause',
    intervalMs: 1,
    events: [echo, surplus],
    state: 'unexpected',
    effects: [send, echoed, failed('ERR_PING_UNEXPECTED')],
  },
  {
    name: 'an echo in the pause',
    intervalMs: 1,
    events: [echo, echo],
    state: 'unexpected',
    effects: [send, echoed, failed('ERR_PING_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ intervalMs, events, state, effects }) => {
  const end = walk(pingMachine, { count: 2, intervalMs, timeoutMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const input = { count: 2, intervalMs: 1000, timeoutMs: 10_000 };
  const events = [echo, mismatch, surplus, ended, timeout, rested];
  const paths = getShortestPaths(pingMachine, { input, events, stopWhen: (state) => state.status === 'done' });

  test('every state is reachable, the deadlines included', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(pingMachine.states)));
  });

  test('every final state says its outcome once, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const effects = walk(pingMachine, input, heard).effects;
      const outcomes = effects.filter(({ type }) => type === 'report.finished' || type === 'report.failed');
      expect([path.state.value, outcomes.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});
