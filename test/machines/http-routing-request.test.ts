import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { httpRoutingRequestMachine, type HttpRoutingRequestEvent } from '../../src/machines/http-routing-request.js';
import { deadline, walk } from '../support/walk.js';

const input = {
  connectTimeoutMs: 10_000,
  headTimeoutMs: 35_000,
  idleTimeoutMs: 35_000,
  timeoutMs: 60_000,
  restWaitMs: 10_000,
};

const start: HttpRoutingRequestEvent = { type: 'local.start' };
const connected: HttpRoutingRequestEvent = { type: 'http.connected' };
const records: HttpRoutingRequestEvent = { type: 'head.records' };
const nothing: HttpRoutingRequestEvent = { type: 'head.nothing' };
const redirect: HttpRoutingRequestEvent = { type: 'head.redirect' };
const refused: HttpRoutingRequestEvent = { type: 'head.refused', code: 'ERR_HTTP_ROUTING_STATUS' };
const bytes: HttpRoutingRequestEvent = { type: 'body.bytes' };
const ended: HttpRoutingRequestEvent = { type: 'body.ended' };
const misread: HttpRoutingRequestEvent = { type: 'body.refused', code: 'ERR_HTTP_ROUTING_BAD_JSON' };
const lost: HttpRoutingRequestEvent = { type: 'transport.failed', code: 'ERR_HTTP_FAILED' };
const rest = (restMs: number): HttpRoutingRequestEvent => ({ type: 'local.rest', restMs });
const throttled = (restMs: number): HttpRoutingRequestEvent => ({ type: 'head.throttled', restMs });
const after = (name: string, state?: string) =>
  deadline(name, ['httpRoutingRequest', ...(state === undefined ? [] : [state])].join('.')) as HttpRoutingRequestEvent;
const connectTimeout = after('connectTimeout', 'connecting');
const headTimeout = after('headTimeout', 'awaitingHead');
const idleTimeout = after('idleTimeout', 'streaming');
const rested = after('rest', 'resting');
const timeout = after('requestTimeout');

const send = { type: 'send.request' };
const drop = { type: 'drop.request' };
const finished = { type: 'report.finished' };
const failed = (code: string) => ({ type: 'report.failed', code });

const cases: { name: string; events: HttpRoutingRequestEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'idle', effects: [] },
  { name: 'asked', events: [start], state: 'connecting', effects: [send] },
  { name: 'connected', events: [start, connected], state: 'awaitingHead', effects: [send] },
  { name: 'a body begins', events: [start, connected, records], state: 'streaming', effects: [send] },
  { name: 'a body goes on', events: [start, connected, records, bytes, bytes], state: 'streaming', effects: [send] },
  {
    name: 'a whole answer',
    events: [start, connected, records, bytes, ended],
    state: 'finished',
    effects: [send, finished],
  },
  { name: 'nothing found', events: [start, connected, nothing], state: 'finished', effects: [send, finished] },
  { name: 'one redirect', events: [start, connected, redirect], state: 'connecting', effects: [send, drop, send] },
  {
    name: 'two redirects',
    events: [start, connected, redirect, connected, redirect],
    state: 'redirected',
    effects: [send, drop, send, failed('ERR_HTTP_ROUTING_REDIRECT')],
  },
  {
    name: 'throttled, as long as is waited for',
    events: [start, connected, throttled(10_000)],
    state: 'resting',
    effects: [send, drop],
  },
  {
    name: 'throttled, and rested',
    events: [start, connected, throttled(0), rested, connected, nothing],
    state: 'finished',
    effects: [send, drop, send, finished],
  },
  {
    name: 'throttled for longer',
    events: [start, connected, throttled(10_001)],
    state: 'throttled',
    effects: [send, failed('ERR_HTTP_ROUTING_THROTTLED')],
  },
  {
    name: 'throttled twice',
    events: [start, connected, throttled(1), rested, connected, throttled(1)],
    state: 'throttled',
    effects: [send, drop, send, failed('ERR_HTTP_ROUTING_THROTTLED')],
  },
  { name: 'a rest from before', events: [rest(10_000)], state: 'resting', effects: [] },
  { name: 'a rest from before, over', events: [rest(10_000), rested], state: 'connecting', effects: [send] },
  {
    name: 'a long rest from before',
    events: [rest(10_001)],
    state: 'throttled',
    effects: [failed('ERR_HTTP_ROUTING_THROTTLED')],
  },
  {
    name: 'a rest from before counts',
    events: [rest(1), rested, connected, throttled(1)],
    state: 'throttled',
    effects: [send, failed('ERR_HTTP_ROUTING_THROTTLED')],
  },
  {
    name: 'a head that is refused',
    events: [start, connected, refused],
    state: 'refused',
    effects: [send, failed('ERR_HTTP_ROUTING_STATUS')],
  },
  {
    name: 'a body that is refused',
    events: [start, connected, records, misread],
    state: 'misanswered',
    effects: [send, failed('ERR_HTTP_ROUTING_BAD_JSON')],
  },
  { name: 'no connection', events: [start, lost], state: 'unreachable', effects: [send, failed('ERR_HTTP_FAILED')] },
  {
    name: 'lost before the head',
    events: [start, connected, lost],
    state: 'unreachable',
    effects: [send, failed('ERR_HTTP_FAILED')],
  },
  {
    name: 'lost in the middle',
    events: [start, connected, records, bytes, lost],
    state: 'cutOff',
    effects: [send, failed('ERR_HTTP_ROUTING_ENDED')],
  },
  {
    name: 'no connection in time',
    events: [start, connectTimeout],
    state: 'connectTimedOut',
    effects: [send, failed('ERR_HTTP_ROUTING_TIMEOUT')],
  },
  {
    name: 'no head in time',
    events: [start, connected, headTimeout],
    state: 'headTimedOut',
    effects: [send, failed('ERR_HTTP_ROUTING_TIMEOUT')],
  },
  {
    name: 'silence in the middle',
    events: [start, connected, records, bytes, idleTimeout],
    state: 'stalled',
    effects: [send, failed('ERR_HTTP_ROUTING_STALLED')],
  },
  {
    name: 'too long in all',
    events: [start, connected, records, bytes, timeout],
    state: 'timedOut',
    effects: [send, failed('ERR_HTTP_ROUTING_TIMEOUT')],
  },
  {
    name: 'a body before its head',
    events: [start, connected, bytes],
    state: 'unexpected',
    effects: [send, failed('ERR_HTTP_ROUTING_UNEXPECTED')],
  },
  {
    name: 'a second start',
    events: [start, start],
    state: 'unexpected',
    effects: [send, failed('ERR_HTTP_ROUTING_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(httpRoutingRequestMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

describe('the whole chart', () => {
  const events = [
    ...[start, rest(5), rest(20_000), connected, records, nothing, redirect, throttled(5), refused, bytes, ended],
    ...[misread, lost, connectTimeout, headTimeout, idleTimeout, rested, timeout],
  ];
  const paths = getShortestPaths(httpRoutingRequestMachine, {
    input,
    events,
    stopWhen: (state) => state.status === 'done',
  });

  test('every state is reachable, the deadlines included', () => {
    expect(new Set(paths.map((path) => path.state.value))).toEqual(
      new Set(Object.keys(httpRoutingRequestMachine.states)),
    );
  });

  test('every final state says its outcome once, and no other state does', () => {
    for (const path of paths) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const effects = walk(httpRoutingRequestMachine, input, heard).effects;
      const outcomes = effects.filter(({ type }) => type === 'report.finished' || type === 'report.failed');
      expect([path.state.value, outcomes.length]).toEqual([path.state.value, path.state.status === 'done' ? 1 : 0]);
    }
  });

  test('in every living state any other event is caught', () => {
    for (const path of paths.filter(({ state }) => state.status !== 'done')) {
      const heard = path.steps.map((step) => step.event).filter((event) => (event.type as string) !== 'xstate.init');
      const end = walk(httpRoutingRequestMachine, input, [...heard, { type: 'no.such.event' }]);
      expect([path.state.value, end.state]).toEqual([path.state.value, 'unexpected']);
    }
  });
});
