import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { httpRoutingAnswerMachine, type HttpRoutingAnswerEvent } from '../../src/machines/http-routing-answer.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 30_000 };
const found: HttpRoutingAnswerEvent = { type: 'answer.found' };
const last: HttpRoutingAnswerEvent = { type: 'answer.last' };
const slow: HttpRoutingAnswerEvent = { type: 'reader.slow' };
const completed: HttpRoutingAnswerEvent = { type: 'search.completed' };
const failure: HttpRoutingAnswerEvent = { type: 'search.failed', code: 'ERR_DIAL_FAILED' };
const left: HttpRoutingAnswerEvent = { type: 'client.left' };
const timeout = deadline('searchTimeout', 'httpRoutingAnswer') as HttpRoutingAnswerEvent;

const begin = { type: 'begin.answer' };
const take = { type: 'take.answer' };
const end = { type: 'end.search' };
const answered = { type: 'report.answered' };
const failed = (code: string) => ({ type: 'report.failed', code });
const brokenOff = (code: string) => ({ type: 'report.brokenOff', code });

const cases: { name: string; events: HttpRoutingAnswerEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'searching', effects: [] },
  { name: 'the first', events: [found], state: 'answering', effects: [begin, take] },
  { name: 'more', events: [found, found, found], state: 'answering', effects: [begin, take, take, take] },
  { name: 'nothing', events: [completed], state: 'empty', effects: [answered] },
  { name: 'all', events: [found, completed], state: 'completed', effects: [begin, take, answered] },
  { name: 'the first is the last', events: [last], state: 'full', effects: [begin, take, end, answered] },
  { name: 'as many as may be', events: [found, last], state: 'full', effects: [begin, take, take, end, answered] },
  {
    name: 'a client that does not read',
    events: [found, slow],
    state: 'heldBack',
    effects: [begin, take, take, end, answered],
  },
  { name: 'time, and nothing', events: [timeout], state: 'timedOut', effects: [end, answered] },
  { name: 'time, and something', events: [found, timeout], state: 'timedOut', effects: [begin, take, end, answered] },
  { name: 'a failure', events: [failure], state: 'failed', effects: [failed('ERR_DIAL_FAILED')] },
  {
    name: 'a failure in the middle',
    events: [found, failure],
    state: 'brokenOff',
    effects: [begin, take, brokenOff('ERR_DIAL_FAILED')],
  },
  { name: 'left', events: [left], state: 'left', effects: [end, brokenOff('ERR_ABORTED')] },
  {
    name: 'left in the middle',
    events: [found, left],
    state: 'left',
    effects: [begin, take, end, brokenOff('ERR_ABORTED')],
  },
  {
    name: 'nothing waits, and yet the reader is slow',
    events: [slow],
    state: 'unexpected',
    effects: [end, brokenOff('ERR_HTTP_ROUTING_ANSWER_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const walked = walk(httpRoutingAnswerMachine, input, events);
  expect({ state: walked.state, effects: walked.effects }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const events = [found, last, slow, completed, failure, left, timeout];
  const paths = getShortestPaths(httpRoutingAnswerMachine, {
    input,
    events,
    stopWhen: (state) => state.status === 'done',
  });

  test('every state is reachable, the deadline included', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(
      new Set(Object.keys(httpRoutingAnswerMachine.states)),
    );
  });

  test('every final state says its outcome once, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const outcomes = walk(httpRoutingAnswerMachine, input, heard).effects.filter(({ type }) =>
        type.startsWith('report.'),
      );
      expect([path.state.value, outcomes.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});
