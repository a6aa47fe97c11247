import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { yamuxSessionMachine, type YamuxSessionEvent } from '../../src/machines/yamux-session.js';
import { deadline, walk } from '../support/walk.js';

const input = { keepAliveMs: 30_000, keepAliveTimeoutMs: 10_000 };

const heard: YamuxSessionEvent = { type: 'peer.heard' };
const idle: YamuxSessionEvent = { type: 'streams.idle' };
const goneAway = (code: number, isIdle = false): YamuxSessionEvent => ({ type: 'wire.goAway', code, idle: isIdle });
const goAway = (isIdle = false): YamuxSessionEvent => ({ type: 'local.goAway', code: 0, idle: isIdle });
const violation: YamuxSessionEvent = { type: 'wire.violation', code: 'ERR_YAMUX_BAD_HEADER' };
const dispose: YamuxSessionEvent = { type: 'local.dispose', code: 2 };
const ended = (isIdle: boolean): YamuxSessionEvent => ({ type: 'transport.ended', idle: isIdle });
const lost: YamuxSessionEvent = { type: 'transport.failed' };
const keepAlive = deadline('keepAlive', 'yamuxSession.live.keepAlive.resting') as never;
const keepAliveTimeout = deadline('keepAliveTimeout', 'yamuxSession.live.keepAlive.awaitingPeer') as never;

const PING = { type: 'send.ping' };
const GO_AWAY = { type: 'send.goAway', code: 0 };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.failed', code });
const live = (streams: string, alive = 'resting') => `live.streams.${streams}|live.keepAlive.${alive}`;

const cases: { name: string; events: YamuxSessionEvent[]; state: string; effects: object[] }[] = [
  { name: 'a ping at the start', events: [], state: live('open'), effects: [] },
  { name: 'the peer is heard', events: [heard], state: live('open'), effects: [] },
  { name: 'keep-alive is due', events: [keepAlive], state: live('open', 'awaitingPeer'), effects: [PING] },
  { name: 'and the peer is heard', events: [keepAlive, heard], state: live('open'), effects: [PING] },
  {
    name: 'and is not',
    events: [keepAlive, keepAliveTimeout],
    state: 'silent',
    effects: [PING, failed('ERR_YAMUX_KEEPALIVE')],
  },
  { name: 'the peer goes away', events: [goneAway(0)], state: live('remoteGoAway'), effects: [] },
  { name: 'the peer goes away twice', events: [goneAway(0), goneAway(0)], state: live('remoteGoAway'), effects: [] },
  { name: 'the peer goes away, nothing is live', events: [goneAway(0, true)], state: 'closed', effects: [CLOSED] },
  { name: 'the peer goes away, the last stream ends', events: [goneAway(0), idle], state: 'closed', effects: [CLOSED] },
  {
    name: 'the peer goes away with an error',
    events: [goneAway(1)],
    state: 'goneAway',
    effects: [failed('ERR_YAMUX_GO_AWAY')],
  },
  {
    name: 'the peer goes away, then with an error',
    events: [goneAway(0), goneAway(2)],
    state: 'goneAway',
    effects: [failed('ERR_YAMUX_GO_AWAY')],
  },
  { name: 'we go away', events: [goAway()], state: live('localGoAway'), effects: [GO_AWAY] },
  { name: 'we go away twice: said once', events: [goAway(), goAway()], state: live('localGoAway'), effects: [GO_AWAY] },
  { name: 'we go away, nothing is live', events: [goAway(true)], state: 'closed', effects: [GO_AWAY, CLOSED] },
  { name: 'we go away, the last stream ends', events: [goAway(), idle], state: 'closed', effects: [GO_AWAY, CLOSED] },
  { name: 'both go away, we first', events: [goAway(), goneAway(0)], state: live('bothGoAway'), effects: [GO_AWAY] },
  {
    name: 'both go away, the peer first',
    events: [goneAway(0), goAway()],
    state: live('bothGoAway'),
    effects: [GO_AWAY],
  },
  {
    name: 'both go away, again, and the last stream ends',
    events: [goneAway(0), goAway(), goAway(), goneAway(0), idle],
    state: 'closed',
    effects: [GO_AWAY, CLOSED],
  },
  {
    name: 'we go away, the peer then too and nothing is live',
    events: [goAway(), goneAway(0, true)],
    state: 'closed',
    effects: [GO_AWAY, CLOSED],
  },
  {
    name: 'we go away, the peer then with an error',
    events: [goAway(), goneAway(1)],
    state: 'goneAway',
    effects: [GO_AWAY, failed('ERR_YAMUX_GO_AWAY')],
  },
  {
    name: 'both go away, the peer then with an error',
    events: [goneAway(0), goAway(), goneAway(2)],
    state: 'goneAway',
    effects: [GO_AWAY, failed('ERR_YAMUX_GO_AWAY')],
  },
  { name: 'streams come and go', events: [idle, idle], state: live('open'), effects: [] },
  {
    name: 'disposed: the farewell is sent',
    events: [dispose],
    state: 'disposed',
    effects: [{ type: 'send.goAway', code: 2 }],
  },
  { name: 'disposed after the farewell', events: [goAway(), dispose], state: 'disposed', effects: [GO_AWAY] },
  { name: 'disposed after both', events: [goAway(), goneAway(0), dispose], state: 'disposed', effects: [GO_AWAY] },
  {
    name: 'the peer breaks a rule: it is told so',
    events: [violation],
    state: 'violated',
    effects: [{ type: 'send.goAway', code: 1 }, failed('ERR_YAMUX_BAD_HEADER')],
  },
  { name: 'the transport ends without streams', events: [ended(true)], state: 'closed', effects: [CLOSED] },
  {
    name: 'the transport ends with streams',
    events: [ended(false)],
    state: 'transportLost',
    effects: [failed('ERR_TRANSPORT_ENDED')],
  },
  { name: 'the transport fails', events: [lost], state: 'transportLost', effects: [failed('ERR_TRANSPORT_ENDED')] },
  {
    name: 'a frame of no meaning',
    events: [{ type: 'wire.nonsense' } as never],
    state: 'unexpected',
    effects: [failed('ERR_YAMUX_UNEXPECTED')],
  },
  {
    name: 'an event of another machine',
    events: [{ type: 'window.opened' } as never],
    state: 'unexpected',
    effects: [failed('ERR_YAMUX_UNEXPECTED')],
  },
];

describe('yamux session machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(yamuxSessionMachine, input, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects: [PING, ...effects] });
  });

  test('every state is reachable, deadlines included', () => {
    const nonsense = { type: 'wire.nonsense' } as never;
    const events = [heard, idle, goneAway(0), goneAway(1), goAway(), violation, dispose, ended(true), lost, nonsense];
    const reached = getShortestPaths(yamuxSessionMachine, { input, events: [...events, keepAlive, keepAliveTimeout] });
    expect([...new Set(reached.map(({ state }) => JSON.stringify(state.value)))].sort()).toEqual(
      [
        ...['open', 'localGoAway', 'remoteGoAway', 'bothGoAway'].flatMap((streams) =>
          ['resting', 'awaitingPeer'].map((alive) => ({ live: { streams, keepAlive: alive } })),
        ),
        ...['closed', 'disposed', 'violated', 'goneAway', 'silent', 'transportLost', 'unexpected'],
      ]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
