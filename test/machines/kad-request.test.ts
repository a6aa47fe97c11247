import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { kadRequestMachine, type KadRequestEvent as Event } from '../../src/machines/kad-request.js';
import { deadline, walk } from '../support/walk.js';

const fresh: Event = { type: 'stream.opened', isReused: false };
const reused: Event = { type: 'stream.opened', isReused: true };
const notOpened: Event = { type: 'stream.failed', code: 'ERR_DIAL_FAILED' };
const written: Event = { type: 'stream.written' };
const ended: Event = { type: 'stream.ended' };
const response: Event = { type: 'wire.response' };
const other: Event = { type: 'wire.other' };
const tooLarge: Event = { type: 'wire.tooLarge' };
const malformed: Event = { type: 'wire.malformed' };
const cancel: Event = { type: 'local.cancel' };
const timeout = deadline('kadRequestTimeout', 'kadRequest') as Event;

const open = { type: 'open.stream', fresh: false };
const openFresh = { type: 'open.stream', fresh: true };
const send = { type: 'send.message' };
const done = { type: 'report.done' };
const failed = (code: string) => ({ type: 'report.failed', code });

const ask: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'at first', events: [], state: 'opening', effects: [open] },
  { name: 'a stream', events: [fresh], state: 'using.awaitingResponse', effects: [open, send] },
  { name: 'the answer', events: [fresh, response], state: 'done', effects: [open, send, done] },
  { name: 'the answer on a kept stream', events: [reused, response], state: 'done', effects: [open, send, done] },
  { name: 'no stream', events: [notOpened], state: 'notOpened', effects: [open, failed('ERR_DIAL_FAILED')] },
  { name: 'the end', events: [fresh, ended], state: 'ended', effects: [open, send, failed('ERR_KAD_ENDED')] },
  { name: 'the end of a kept stream', events: [reused, ended], state: 'opening', effects: [open, send, openFresh] },
  {
    name: 'the answer on the stream after it',
    events: [reused, ended, fresh, response],
    state: 'done',
    effects: [open, send, openFresh, send, done],
  },
  {
    name: 'the end of that too',
    events: [reused, ended, fresh, ended],
    state: 'ended',
    effects: [open, send, openFresh, send, failed('ERR_KAD_ENDED')],
  },
  {
    name: 'no stream after it',
    events: [reused, ended, notOpened],
    state: 'notOpened',
    effects: [open, send, openFresh, failed('ERR_DIAL_FAILED')],
  },
  {
    name: 'too much',
    events: [fresh, tooLarge],
    state: 'tooLarge',
    effects: [open, send, failed('ERR_KAD_TOO_LARGE')],
  },
  {
    name: 'nonsense',
    events: [fresh, malformed],
    state: 'malformed',
    effects: [open, send, failed('ERR_KAD_BAD_MESSAGE')],
  },
  {
    name: 'another answer',
    events: [fresh, other],
    state: 'unexpected',
    effects: [open, send, failed('ERR_KAD_UNEXPECTED')],
  },
  { name: 'silence', events: [fresh, timeout], state: 'timedOut', effects: [open, send, failed('ERR_KAD_TIMEOUT')] },
  { name: 'no stream in time', events: [timeout], state: 'timedOut', effects: [open, failed('ERR_KAD_TIMEOUT')] },
  { name: 'cancelled', events: [fresh, cancel], state: 'cancelled', effects: [open, send, failed('ERR_ABORTED')] },
  { name: 'cancelled early', events: [cancel], state: 'cancelled', effects: [open, failed('ERR_ABORTED')] },
];

const tell: typeof ask = [
  { name: 'a stream', events: [fresh], state: 'using.sending', effects: [open, send] },
  { name: 'handed over', events: [fresh, written], state: 'done', effects: [open, send, done] },
  { name: 'the end', events: [fresh, ended], state: 'ended', effects: [open, send, failed('ERR_KAD_ENDED')] },
  {
    name: 'the end of a kept stream',
    events: [reused, ended, fresh, written],
    state: 'done',
    effects: [open, send, openFresh, send, done],
  },
  {
    name: 'an answer',
    events: [fresh, response],
    state: 'unexpected',
    effects: [open, send, failed('ERR_KAD_UNEXPECTED')],
  },
];

test.each(ask)('asking: $name -> $state', ({ events, state, effects }) => {
  const end = walk(kadRequestMachine, { awaitsResponse: true, timeoutMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

test.each(tell)('telling: $name -> $state', ({ events, state, effects }) => {
  const end = walk(kadRequestMachine, { awaitsResponse: false, timeoutMs: 10_000 }, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

describe.each([true, false])('the whole chart, where an answer is due: %p', (awaitsResponse) => {
  const input = { awaitsResponse, timeoutMs: 10_000 };
  const events = [fresh, reused, notOpened, written, ended, response, other, tooLarge, malformed, cancel, timeout];
  const paths = getShortestPaths(kadRequestMachine, { input, events, stopWhen: (state) => state.status === 'done' });

  test('every final state is reachable, and says its outcome once', () => {
    const finals = new Set(paths.filter(({ state }) => state.status === 'done').map(({ state }) => state.value));
    const living = ['opening', 'using'];
    expect(finals).toEqual(new Set(Object.keys(kadRequestMachine.states).filter((state) => !living.includes(state))));
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const outcomes = walk(kadRequestMachine, input, heard).effects.filter(({ type }) => type.startsWith('report.'));
      expect([path.state.value, outcomes.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});
