import { expect, test } from '@jest/globals';
import { identifyPushMachine, type IdentifyPushEvent as Event } from '../../src/machines/identify-push.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 10_000 };
const failed = (code: string) => ({ type: 'report.failed', code });
const send = { type: 'send.message' };
const opened: Event = { type: 'stream.opened' };
const closed: Event = { type: 'stream.closed' };
const refused: Event = { type: 'stream.refused' };
const broken: Event = { type: 'stream.failed' };
const timeout = deadline('pushTimeout', 'identifyPush') as Event;

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'openingStream', effects: [] },
  { name: 'the stream is there', events: [opened], state: 'awaitingClose', effects: [send] },
  { name: 'taken', events: [opened, closed], state: 'pushed', effects: [send, { type: 'report.pushed' }] },
  { name: 'not spoken', events: [refused], state: 'refused', effects: [failed('ERR_MULTISTREAM_NO_OVERLAP')] },
  { name: 'no stream', events: [broken], state: 'failed', effects: [failed('ERR_STREAM_RESET')] },
  { name: 'a reset', events: [opened, broken], state: 'failed', effects: [send, failed('ERR_STREAM_RESET')] },
  { name: 'no stream in time', events: [timeout], state: 'timedOut', effects: [failed('ERR_IDENTIFY_PUSH_TIMEOUT')] },
  {
    name: 'never closed',
    events: [opened, timeout],
    state: 'timedOut',
    effects: [send, failed('ERR_IDENTIFY_PUSH_TIMEOUT')],
  },
  {
    name: 'an end before there is a stream',
    events: [closed],
    state: 'unexpected',
    effects: [failed('ERR_IDENTIFY_PUSH_UNEXPECTED')],
  },
  {
    name: 'a second stream',
    events: [opened, opened],
    state: 'unexpected',
    effects: [send, failed('ERR_IDENTIFY_PUSH_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(identifyPushMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});
