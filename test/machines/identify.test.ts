import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { identifyMachine, type IdentifyEvent } from '../../src/machines/identify.js';
import { deadline, walk } from '../support/walk.js';

const input = { maxMessages: 2, timeoutMs: 10_000 };
const message: IdentifyEvent = { type: 'wire.message' };
const tooLarge: IdentifyEvent = { type: 'wire.tooLarge' };
const invalid: IdentifyEvent = { type: 'wire.invalid' };
const remoteClosed: IdentifyEvent = { type: 'stream.remoteClosed' };
const truncated: IdentifyEvent = { type: 'stream.truncated' };
const reset: IdentifyEvent = { type: 'stream.reset' };
const matches: IdentifyEvent = { type: 'key.matches' };
const differs: IdentifyEvent = { type: 'key.differs' };
const timeout = deadline('identifyTimeout', 'identify') as IdentifyEvent;

const verify = { type: 'verify.key' };
const identified = { type: 'report.identified' };
const failed = (code: string) => ({ type: 'report.failed', code });

const cases: { name: string; events: IdentifyEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'awaitingMessage', effects: [] },
  { name: 'a message', events: [message], state: 'awaitingMore', effects: [] },
  { name: 'as many as may be', events: [message, message], state: 'awaitingMore', effects: [] },
  {
    name: 'one too many',
    events: [message, message, message],
    state: 'tooLarge',
    effects: [failed('ERR_IDENTIFY_TOO_LARGE')],
  },
  {
    name: 'the key is asked for when all is there',
    events: [message, remoteClosed],
    state: 'verifyingKey',
    effects: [verify],
  },
  { name: 'identified', events: [message, remoteClosed, matches], state: 'identified', effects: [verify, identified] },
  {
    name: 'a peer that leaves its side open is believed at the deadline',
    events: [message, timeout, matches],
    state: 'identified',
    effects: [verify, identified],
  },
  {
    name: 'another key',
    events: [message, remoteClosed, differs],
    state: 'keyMismatch',
    effects: [verify, failed('ERR_IDENTIFY_KEY_MISMATCH')],
  },
  { name: 'a long message', events: [tooLarge], state: 'tooLarge', effects: [failed('ERR_IDENTIFY_TOO_LARGE')] },
  {
    name: 'a long second message',
    events: [message, tooLarge],
    state: 'tooLarge',
    effects: [failed('ERR_IDENTIFY_TOO_LARGE')],
  },
  { name: 'garbage', events: [invalid], state: 'malformed', effects: [failed('ERR_IDENTIFY_BAD_MESSAGE')] },
  {
    name: 'garbage behind a message',
    events: [message, invalid],
    state: 'malformed',
    effects: [failed('ERR_IDENTIFY_BAD_MESSAGE')],
  },
  { name: 'silence', events: [timeout], state: 'timedOut', effects: [failed('ERR_IDENTIFY_TIMEOUT')] },
  { name: 'closed without a word', events: [remoteClosed], state: 'ended', effects: [failed('ERR_IDENTIFY_ENDED')] },
  { name: 'closed in a message', events: [truncated], state: 'ended', effects: [failed('ERR_IDENTIFY_ENDED')] },
  {
    name: 'closed in the second message',
    events: [message, truncated],
    state: 'ended',
    effects: [failed('ERR_IDENTIFY_ENDED')],
  },
  { name: 'reset', events: [reset], state: 'ended', effects: [failed('ERR_IDENTIFY_ENDED')] },
  {
    name: 'a verdict nobody asked for',
    events: [matches],
    state: 'unexpected',
    effects: [failed('ERR_IDENTIFY_UNEXPECTED')],
  },
  {
    name: 'a message while the key is looked at',
    events: [message, remoteClosed, message],
    state: 'unexpected',
    effects: [verify, failed('ERR_IDENTIFY_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(identifyMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const events = [message, tooLarge, invalid, remoteClosed, truncated, reset, matches, differs, timeout];
  const paths = getShortestPaths(identifyMachine, { input, events, stopWhen: (state) => state.status === 'done' });

  test('every state is reachable, the deadline included', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(identifyMachine.states)));
  });

  test('every final state says its outcome once, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const reports = walk(identifyMachine, input, heard).effects.filter(({ type }) => type.startsWith('report.'));
      expect([path.state.value, reports.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});
