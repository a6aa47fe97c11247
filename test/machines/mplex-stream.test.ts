import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { mplexStreamMachine, type MplexStreamEvent } from '../../src/machines/mplex-stream.js';
import { deadline, walk } from '../support/walk.js';

const outbound = { direction: 'outbound', closeTimeoutMs: 1000 } as const;
const inbound = { direction: 'inbound', closeTimeoutMs: 1000 } as const;

const message: MplexStreamEvent = { type: 'wire.message' };
const closed: MplexStreamEvent = { type: 'wire.close' };
const reset: MplexStreamEvent = { type: 'wire.reset' };
const overflowed: MplexStreamEvent = { type: 'inbox.overflowed' };
const drained: MplexStreamEvent = { type: 'queue.drained' };
const close: MplexStreamEvent = { type: 'local.close', queued: false };
const closeQueued: MplexStreamEvent = { type: 'local.close', queued: true };
const abandon: MplexStreamEvent = { type: 'local.abandon' };
const resetLocally: MplexStreamEvent = { type: 'local.reset' };
const sessionEnded: MplexStreamEvent = { type: 'session.ended' };
const closeTimeout = deadline('closeTimeout', 'mplexStream.halfClosedLocal.awaitingClose') as never;
const nonsense = { type: 'wire.nonsense' } as never;

const NEW_STREAM = { type: 'send.newStream' };
const CLOSE = { type: 'send.close' };
const RESET = { type: 'send.reset' };
const REMOTE_CLOSED = { type: 'report.remoteClosed' };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.reset', code });
const UNEXPECTED = [RESET, failed('ERR_MPLEX_UNEXPECTED')];

const cases: { name: string; events: MplexStreamEvent[]; state: string; effects: object[] }[] = [
  { name: 'opened', events: [], state: 'open.writing', effects: [] },
  { name: 'we close', events: [close], state: 'halfClosedLocal.receiving', effects: [CLOSE] },
  { name: 'we close with data queued', events: [closeQueued], state: 'open.draining', effects: [] },
  {
    name: 'we close with data queued, and it is sent',
    events: [closeQueued, drained],
    state: 'halfClosedLocal.receiving',
    effects: [CLOSE],
  },
  { name: 'the peer closes', events: [closed], state: 'halfClosedRemote.writing', effects: [REMOTE_CLOSED] },
  {
    name: 'the peer closes while we drain',
    events: [closeQueued, closed],
    state: 'halfClosedRemote.draining',
    effects: [REMOTE_CLOSED],
  },
  {
    name: 'the peer closes, then we',
    events: [closed, close],
    state: 'closed',
    effects: [REMOTE_CLOSED, CLOSE, CLOSED],
  },
  {
    name: 'we close, then the peer',
    events: [close, closed],
    state: 'closed',
    effects: [CLOSE, REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'the peer closes, we drain',
    events: [closed, closeQueued, drained],
    state: 'closed',
    effects: [REMOTE_CLOSED, CLOSE, CLOSED],
  },
  {
    name: 'nobody reads and we closed',
    events: [close, abandon],
    state: 'halfClosedLocal.awaitingClose',
    effects: [CLOSE],
  },
  {
    name: 'nobody reads, the peer closes',
    events: [close, abandon, closed],
    state: 'closed',
    effects: [CLOSE, REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'nobody reads, the peer does not close',
    events: [close, abandon, closeTimeout],
    state: 'abandoned',
    effects: [CLOSE, RESET, CLOSED],
  },
  { name: 'reset by the peer', events: [reset], state: 'resetByPeer', effects: [failed('ERR_STREAM_RESET')] },
  {
    name: 'reset by the peer after our close',
    events: [close, reset],
    state: 'resetByPeer',
    effects: [CLOSE, failed('ERR_STREAM_RESET')],
  },
  { name: 'reset by us', events: [resetLocally], state: 'resetLocally', effects: [RESET, failed('ERR_STREAM_RESET')] },
  {
    name: 'reset by us after the peer’s close',
    events: [closed, resetLocally],
    state: 'resetLocally',
    effects: [REMOTE_CLOSED, RESET, failed('ERR_STREAM_RESET')],
  },
  {
    name: 'the reader is too slow',
    events: [overflowed],
    state: 'overflowed',
    effects: [RESET, failed('ERR_MPLEX_QUEUE_FULL')],
  },
  {
    name: 'the reader is too slow and we closed',
    events: [close, overflowed],
    state: 'overflowed',
    effects: [CLOSE, RESET, failed('ERR_MPLEX_QUEUE_FULL')],
  },
  {
    name: 'the session ends: nothing to send',
    events: [sessionEnded],
    state: 'sessionEnded',
    effects: [failed('ERR_STREAM_RESET')],
  },
  {
    name: 'data after the close',
    events: [closed, message],
    state: 'unexpected',
    effects: [REMOTE_CLOSED, ...UNEXPECTED],
  },
  {
    name: 'the peer closes twice',
    events: [closed, closed],
    state: 'unexpected',
    effects: [REMOTE_CLOSED, ...UNEXPECTED],
  },
  { name: 'data while it is open, which is not told', events: [message], state: 'unexpected', effects: UNEXPECTED },
  { name: 'the queue drains that nobody waits for', events: [drained], state: 'unexpected', effects: UNEXPECTED },
  { name: 'closed by us twice', events: [closeQueued, close], state: 'unexpected', effects: UNEXPECTED },
  { name: 'nobody reads, told too early', events: [abandon], state: 'unexpected', effects: UNEXPECTED },
  { name: 'an event of another machine', events: [nonsense], state: 'unexpected', effects: UNEXPECTED },
];

describe('mplex stream machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(mplexStreamMachine, outbound, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects: [NEW_STREAM, ...effects] });
  });

  test('a stream of the peer is offered, and nothing is said', () => {
    expect(walk(mplexStreamMachine, inbound, []).effects).toEqual([{ type: 'offer.stream' }]);
  });

  test('every state is reachable, the deadline included', () => {
    const events = [
      message,
      closed,
      reset,
      overflowed,
      drained,
      close,
      closeQueued,
      abandon,
      resetLocally,
      sessionEnded,
    ];
    const reached = getShortestPaths(mplexStreamMachine, {
      input: outbound,
      events: [...events, closeTimeout, nonsense],
    });
    expect([...new Set(reached.map(({ state }) => JSON.stringify(state.value)))].sort()).toEqual(
      [
        ...['writing', 'draining'].flatMap((sending) => [{ open: sending }, { halfClosedRemote: sending }]),
        ...['receiving', 'awaitingClose'].map((halfClosedLocal) => ({ halfClosedLocal })),
        ...['closed', 'abandoned', 'resetByPeer', 'resetLocally', 'overflowed', 'sessionEnded', 'unexpected'],
      ]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
