/** Answering the local network, on paper. */
import { expect, test } from '@jest/globals';
import { mdnsAnswerMachine, type MdnsAnswerEvent } from '../../src/machines/mdns-answer.js';
import { deadline, walk } from '../support/walk.js';

const question = (delayMs: number): MdnsAnswerEvent => ({ type: 'wire.question', delayMs });
const delay = deadline('delay', 'mdnsAnswer.delaying');
const pace = deadline('pace', 'mdnsAnswer.pacing');
const answer = { type: 'send.answer' };

test.each([
  { name: 'nobody asked', events: [], state: 'quiet', delayMs: 0, effects: [] },
  { name: 'asked', events: [question(20)], state: 'delaying', delayMs: 20, effects: [] },
  { name: 'asked by two', events: [question(20), question(90)], state: 'delaying', delayMs: 20, effects: [] },
  {
    name: 'answered both at once',
    events: [question(20), question(90), delay],
    state: 'pacing',
    delayMs: 20,
    effects: [answer],
  },
  { name: 'over', events: [question(20), delay, pace], state: 'quiet', delayMs: 20, effects: [answer] },
  {
    name: 'asked too soon',
    events: [question(20), delay, question(70)],
    state: 'pacing',
    delayMs: 70,
    effects: [answer],
  },
  {
    name: 'answered later',
    events: [question(20), delay, question(70), question(80), pace],
    state: 'delaying',
    delayMs: 80,
    effects: [answer],
  },
  {
    name: 'owed no more',
    events: [question(20), delay, question(70), pace, delay, pace],
    state: 'quiet',
    delayMs: 70,
    effects: [answer, answer],
  },
  {
    name: 'stopped while it owes',
    events: [question(20), { type: 'local.stop' }],
    state: 'stopped',
    delayMs: 20,
    effects: [],
  },
  {
    name: 'something else',
    events: [{ type: 'stranger.event' }],
    state: 'unexpected',
    delayMs: 0,
    effects: [{ type: 'report.failed', code: 'ERR_MDNS_UNEXPECTED' }],
  },
])('$name -> $state', ({ events, state, delayMs, effects }) => {
  const end = walk(mdnsAnswerMachine, { paceMs: 1_000 }, events);
  expect({ state: end.state, delayMs: end.snapshot.context.delayMs, effects: end.effects }).toEqual({
    state,
    delayMs,
    effects,
  });
});
