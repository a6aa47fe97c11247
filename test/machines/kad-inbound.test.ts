import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { kadInboundMachine, type KadInboundEvent as Event } from '../../src/machines/kad-inbound.js';
import { deadline, walk } from '../support/walk.js';

const input = { idleMs: 60_000, answerTimeoutMs: 10_000, sendTimeoutMs: 30_000 };
const request: Event = { type: 'wire.request' };
const ready: Event = { type: 'answer.ready' };
const none: Event = { type: 'answer.none' };
const refused: Event = { type: 'answer.refused', code: 'ERR_KAD_RECORD_REFUSED' };
const drained: Event = { type: 'stream.drained' };
const ended: Event = { type: 'stream.ended' };
const cut: Event = { type: 'stream.cut' };
const tooLarge: Event = { type: 'wire.tooLarge' };
const malformed: Event = { type: 'wire.malformed' };
const reset: Event = { type: 'stream.reset' };
const close: Event = { type: 'local.close' };
const idle = deadline('kadInboundIdle', 'kadInbound.awaitingRequest') as Event;
const late = deadline('kadAnswerTimeout', 'kadInbound.answering') as Event;
const stalled = deadline('kadSendTimeout', 'kadInbound.sending') as Event;

const read = { type: 'read.request' };
const answer = { type: 'answer.request' };
const send = { type: 'send.answer' };
const resetStream = { type: 'reset.stream' };
const over = { type: 'report.ended' };
const fault = (code: string) => ({ type: 'report.fault', code });

const cases: { name: string; events: Event[]; state: string; effects: object[] }[] = [
  { name: 'at first', events: [], state: 'awaitingRequest', effects: [read] },
  { name: 'a request', events: [request], state: 'answering', effects: [read, answer] },
  { name: 'its answer', events: [request, ready], state: 'sending', effects: [read, answer, send] },
  {
    name: 'the next request, when the answer is on its way',
    events: [request, ready, drained, request],
    state: 'answering',
    effects: [read, answer, send, read, answer],
  },
  { name: 'no answer', events: [request, none], state: 'awaitingRequest', effects: [read, answer, read] },
  {
    name: 'a refusal',
    events: [request, refused],
    state: 'refused',
    effects: [read, answer, fault('ERR_KAD_RECORD_REFUSED'), resetStream, over],
  },
  { name: 'the end', events: [ended], state: 'finished', effects: [read, { type: 'close.write' }, over] },
  { name: 'a cut', events: [cut], state: 'truncated', effects: [read, fault('ERR_KAD_ENDED'), resetStream, over] },
  {
    name: 'too much',
    events: [tooLarge],
    state: 'tooLarge',
    effects: [read, fault('ERR_KAD_TOO_LARGE'), resetStream, over],
  },
  {
    name: 'nonsense',
    events: [malformed],
    state: 'malformed',
    effects: [read, fault('ERR_KAD_BAD_MESSAGE'), resetStream, over],
  },
  { name: 'silence', events: [idle], state: 'idle', effects: [read, resetStream, over] },
  {
    name: 'a store that does not answer',
    events: [request, late],
    state: 'late',
    effects: [read, answer, fault('ERR_KAD_LATE'), resetStream, over],
  },
  {
    name: 'a peer that does not read',
    events: [request, ready, stalled],
    state: 'stalled',
    effects: [read, answer, send, fault('ERR_KAD_STALLED'), resetStream, over],
  },
  { name: 'a reset', events: [request, reset], state: 'reset', effects: [read, answer, over] },
  { name: 'our own end', events: [request, close], state: 'stopped', effects: [read, answer, resetStream, over] },
  {
    name: 'a second request before the answer',
    events: [request, request],
    state: 'unexpected',
    effects: [read, answer, fault('ERR_KAD_UNEXPECTED'), resetStream, over],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(kadInboundMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const events = [
    request,
    ready,
    none,
    refused,
    drained,
    ended,
    cut,
    tooLarge,
    malformed,
    reset,
    close,
    idle,
    late,
    stalled,
  ];
  const paths = getShortestPaths(kadInboundMachine, { input, events, stopWhen: (state) => state.status === 'done' });

  test('every state is reachable, the deadlines included', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(new Set(Object.keys(kadInboundMachine.states)));
  });

  test('every final state says once that it is over, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const { effects } = walk(kadInboundMachine, input, heard);
      const ends = effects.filter(({ type }) => type === 'report.ended').length;
      expect([path.state.value, ends]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });
});
