import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { mplexSessionMachine, type MplexSessionEvent } from '../../src/machines/mplex-session.js';
import { walk } from '../support/walk.js';

const idle: MplexSessionEvent = { type: 'streams.idle' };
const goAway = (isIdle = false): MplexSessionEvent => ({ type: 'local.goAway', idle: isIdle });
const violation: MplexSessionEvent = { type: 'wire.violation', code: 'ERR_MPLEX_BAD_HEADER' };
const dispose: MplexSessionEvent = { type: 'local.dispose' };
const ended = (isIdle: boolean): MplexSessionEvent => ({ type: 'transport.ended', idle: isIdle });
const lost: MplexSessionEvent = { type: 'transport.failed' };
const nonsense = { type: 'wire.nonsense' } as never;

const RESET = { type: 'reset.streams' };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.failed', code });

const cases: { name: string; events: MplexSessionEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing is said at the start', events: [], state: 'live.open', effects: [] },
  { name: 'we go away, with streams', events: [goAway()], state: 'live.goingAway', effects: [] },
  { name: 'we go away twice', events: [goAway(), goAway()], state: 'live.goingAway', effects: [] },
  { name: 'we go away, nothing is live', events: [goAway(true)], state: 'closed', effects: [CLOSED] },
  { name: 'we go away, the last stream ends', events: [goAway(), idle], state: 'closed', effects: [CLOSED] },
  { name: 'disposed: every stream is reset', events: [dispose], state: 'disposed', effects: [RESET] },
  { name: 'disposed after going away', events: [goAway(), dispose], state: 'disposed', effects: [RESET] },
  {
    name: 'the peer breaks a rule: every stream is reset',
    events: [violation],
    state: 'violated',
    effects: [RESET, failed('ERR_MPLEX_BAD_HEADER')],
  },
  {
    name: 'the peer breaks a rule while we go away',
    events: [goAway(), violation],
    state: 'violated',
    effects: [RESET, failed('ERR_MPLEX_BAD_HEADER')],
  },
  { name: 'the transport ends without streams', events: [ended(true)], state: 'closed', effects: [CLOSED] },
  {
    name: 'the transport ends with streams',
    events: [ended(false)],
    state: 'transportLost',
    effects: [failed('ERR_TRANSPORT_ENDED')],
  },
  {
    name: 'the transport ends with streams while we go away',
    events: [goAway(), ended(false)],
    state: 'transportLost',
    effects: [failed('ERR_TRANSPORT_ENDED')],
  },
  { name: 'the transport fails', events: [lost], state: 'transportLost', effects: [failed('ERR_TRANSPORT_ENDED')] },
  {
    name: 'the last stream ends and nobody goes away: it is not told',
    events: [idle],
    state: 'unexpected',
    effects: [RESET, failed('ERR_MPLEX_UNEXPECTED')],
  },
  {
    name: 'an event of another machine',
    events: [nonsense],
    state: 'unexpected',
    effects: [RESET, failed('ERR_MPLEX_UNEXPECTED')],
  },
];

describe('mplex session machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(mplexSessionMachine, undefined, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
  });

  test('every state is reachable', () => {
    const events = [idle, goAway(), violation, dispose, ended(true), lost, nonsense];
    const reached = getShortestPaths(mplexSessionMachine, { events });
    expect([...new Set(reached.map(({ state }) => JSON.stringify(state.value)))].sort()).toEqual(
      [{ live: 'open' }, { live: 'goingAway' }, ...['closed', 'disposed', 'violated', 'transportLost', 'unexpected']]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
