import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { spdySessionMachine, type SpdySessionEvent } from '../../src/machines/spdy-session.js';
import { deadline, walk } from '../support/walk.js';

const input = { keepAliveMs: 30_000, keepAliveTimeoutMs: 10_000 };

const heard: SpdySessionEvent = { type: 'peer.heard' };
const idle: SpdySessionEvent = { type: 'streams.idle' };
const goneAway = (status: number, isIdle = false): SpdySessionEvent => ({ type: 'wire.goAway', status, idle: isIdle });
const settings: SpdySessionEvent = { type: 'wire.settings' };
const goAway = (isIdle = false): SpdySessionEvent => ({ type: 'local.goAway', status: 0, idle: isIdle });
const violation: SpdySessionEvent = { type: 'wire.violation', code: 'ERR_SPDY_BAD_FRAME' };
const dispose: SpdySessionEvent = { type: 'local.dispose', status: 2 };
const ended = (isIdle: boolean): SpdySessionEvent => ({ type: 'transport.ended', idle: isIdle });
const lost: SpdySessionEvent = { type: 'transport.failed' };
const keepAlive = deadline('keepAlive', 'spdySession.live.keepAlive.resting') as never;
const keepAliveTimeout = deadline('keepAliveTimeout', 'spdySession.live.keepAlive.awaitingPeer') as never;

const SETTINGS = { type: 'send.settings' };
const APPLY = { type: 'apply.settings' };
const PING = { type: 'send.ping' };
const GO_AWAY = { type: 'send.goAway', status: 0 };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.failed', code });
const live = (streams: string, alive = 'resting') => `live.streams.${streams}|live.keepAlive.${alive}`;

const cases: { name: string; events: SpdySessionEvent[]; state: string; effects: object[] }[] = [
  { name: 'settings at the start', events: [], state: live('open'), effects: [] },
  { name: 'the peer says its settings', events: [settings], state: live('open'), effects: [APPLY] },
  {
    name: 'and says others, going away',
    events: [settings, goneAway(0), settings],
    state: live('remoteGoAway'),
    effects: [APPLY, APPLY],
  },
  {
    name: 'the peer is heard whom nobody asked',
    events: [heard],
    state: 'unexpected',
    effects: [failed('ERR_SPDY_UNEXPECTED')],
  },
  { name: 'keep-alive is due', events: [keepAlive], state: live('open', 'awaitingPeer'), effects: [PING] },
  { name: 'and the peer is heard', events: [keepAlive, heard], state: live('open'), effects: [PING] },
  {
    name: 'and is not',
    events: [keepAlive, keepAliveTimeout],
    state: 'silent',
    effects: [PING, failed('ERR_SPDY_KEEPALIVE')],
  },
  { name: 'the peer goes away', events: [goneAway(0)], state: live('remoteGoAway'), effects: [] },
  { name: 'the peer goes away twice', events: [goneAway(0), goneAway(0)], state: live('remoteGoAway'), effects: [] },
  { name: 'the peer goes away, nothing is live', events: [goneAway(0, true)], state: 'closed', effects: [CLOSED] },
  { name: 'the peer goes away, the last stream ends', events: [goneAway(0), idle], state: 'closed', effects: [CLOSED] },
  {
    name: 'the peer goes away with an error',
    events: [goneAway(1)],
    state: 'goneAway',
    effects: [failed('ERR_SPDY_GO_AWAY')],
  },
  {
    name: 'the peer goes away, then with an error',
    events: [goneAway(0), goneAway(2)],
    state: 'goneAway',
    effects: [failed('ERR_SPDY_GO_AWAY')],
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
    effects: [GO_AWAY, failed('ERR_SPDY_GO_AWAY')],
  },
  {
    name: 'both go away, the peer then with an error',
    events: [goneAway(0), goAway(), goneAway(2)],
    state: 'goneAway',
    effects: [GO_AWAY, failed('ERR_SPDY_GO_AWAY')],
  },
  { name: 'streams come and go', events: [idle, idle], state: live('open'), effects: [] },
  {
    name: 'disposed: the farewell is sent',
    events: [dispose],
    state: 'disposed',
    effects: [{ type: 'send.goAway', status: 2 }],
  },
  { name: 'disposed after the farewell', events: [goAway(), dispose], state: 'disposed', effects: [GO_AWAY] },
  { name: 'disposed after both', events: [goAway(), goneAway(0), dispose], state: 'disposed', effects: [GO_AWAY] },
  {
    name: 'the peer breaks a rule: it is told so',
    events: [violation],
    state: 'violated',
    effects: [{ type: 'send.goAway', status: 1 }, failed('ERR_SPDY_BAD_FRAME')],
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
    effects: [failed('ERR_SPDY_UNEXPECTED')],
  },
  {
    name: 'an event of another machine',
    events: [{ type: 'window.opened' } as never],
    state: 'unexpected',
    effects: [failed('ERR_SPDY_UNEXPECTED')],
  },
];

describe('spdy session machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(spdySessionMachine, input, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects: [SETTINGS, ...effects] });
  });

  test('every state is reachable, deadlines included', () => {
    const nonsense = { type: 'wire.nonsense' } as never;
    const events = [
      settings,
      heard,
      idle,
      goneAway(0),
      goneAway(1),
      goAway(),
      violation,
      dispose,
      ended(true),
      lost,
      nonsense,
    ];
    const reached = getShortestPaths(spdySessionMachine, { input, events: [...events, keepAlive, keepAliveTimeout] });
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
