import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { yamuxStreamMachine, type YamuxStreamEvent } from '../../src/machines/yamux-stream.js';
import { deadline, walk } from '../support/walk.js';

const outbound = { direction: 'outbound', finTimeoutMs: 1000 } as const;
const inbound = { direction: 'inbound', finTimeoutMs: 1000 } as const;

const ack: YamuxStreamEvent = { type: 'wire.ack' };
const fin: YamuxStreamEvent = { type: 'wire.fin' };
const rst: YamuxStreamEvent = { type: 'wire.reset' };
const violation: YamuxStreamEvent = { type: 'wire.violation', code: 'ERR_YAMUX_WINDOW_OVERFLOW' };
const exhausted: YamuxStreamEvent = { type: 'window.exhausted' };
const opened: YamuxStreamEvent = { type: 'window.opened' };
const drained: YamuxStreamEvent = { type: 'queue.drained' };
const accept: YamuxStreamEvent = { type: 'local.accept' };
const close: YamuxStreamEvent = { type: 'local.close', queued: false };
const closeQueued: YamuxStreamEvent = { type: 'local.close', queued: true };
const abandon: YamuxStreamEvent = { type: 'local.abandon' };
const reset: YamuxStreamEvent = { type: 'local.reset', code: 9 };
const sessionEnded: YamuxStreamEvent = { type: 'session.ended' };
const finTimeout = deadline('finTimeout', 'yamuxStream.halfClosedLocal.awaitingFin') as never;

const SYN = { type: 'send.syn' };
const FIN = { type: 'send.fin' };
const RST = { type: 'send.reset', code: 0 };
const REMOTE_CLOSED = { type: 'report.remoteClosed' };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.reset', code });

const cases: { name: string; events: YamuxStreamEvent[]; state: string; effects: object[] }[] = [
  { name: 'opened', events: [], state: 'open.windowOpen', effects: [] },
  { name: 'acknowledged', events: [ack], state: 'open.windowOpen', effects: [] },
  { name: 'acknowledged twice', events: [ack, ack], state: 'open.windowOpen', effects: [] },
  { name: 'window exhausted', events: [exhausted], state: 'open.windowExhausted', effects: [] },
  { name: 'window exhausted and opened', events: [exhausted, opened], state: 'open.windowOpen', effects: [] },
  { name: 'we close', events: [close], state: 'halfClosedLocal.receiving', effects: [FIN] },
  { name: 'we close twice: one FIN', events: [close, close], state: 'halfClosedLocal.receiving', effects: [FIN] },
  { name: 'we close without window', events: [exhausted, close], state: 'halfClosedLocal.receiving', effects: [FIN] },
  { name: 'we close with data queued', events: [closeQueued], state: 'open.draining', effects: [] },
  { name: 'we close twice with data queued', events: [closeQueued, closeQueued], state: 'open.draining', effects: [] },
  {
    name: 'the queue drains through the window',
    events: [exhausted, closeQueued, opened, exhausted, opened, drained],
    state: 'halfClosedLocal.receiving',
    effects: [FIN],
  },
  { name: 'the peer closes', events: [fin], state: 'halfClosedRemote.windowOpen', effects: [REMOTE_CLOSED] },
  {
    name: 'the peer closes, we go on without window',
    events: [exhausted, fin, opened, exhausted],
    state: 'halfClosedRemote.windowExhausted',
    effects: [REMOTE_CLOSED],
  },
  {
    name: 'the peer closes while we drain',
    events: [closeQueued, fin, exhausted, opened],
    state: 'halfClosedRemote.draining',
    effects: [REMOTE_CLOSED],
  },
  { name: 'the peer closes, then we', events: [fin, close], state: 'closed', effects: [REMOTE_CLOSED, FIN, CLOSED] },
  { name: 'we close, then the peer', events: [close, fin], state: 'closed', effects: [FIN, REMOTE_CLOSED, CLOSED] },
  {
    name: 'the peer closes, we drain',
    events: [fin, closeQueued, closeQueued, drained],
    state: 'closed',
    effects: [REMOTE_CLOSED, FIN, CLOSED],
  },
  { name: 'nobody reads, too early to matter', events: [abandon], state: 'open.windowOpen', effects: [] },
  {
    name: 'nobody reads and we closed',
    events: [close, abandon],
    state: 'halfClosedLocal.awaitingFin',
    effects: [FIN],
  },
  {
    name: 'nobody reads, the peer finishes',
    events: [close, abandon, fin],
    state: 'closed',
    effects: [FIN, REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'nobody reads, the peer does not finish',
    events: [close, abandon, finTimeout],
    state: 'abandoned',
    effects: [FIN, RST, CLOSED],
  },
  { name: 'reset by the peer', events: [rst], state: 'resetByPeer', effects: [failed('ERR_STREAM_RESET')] },
  {
    name: 'reset by the peer after our FIN',
    events: [close, rst],
    state: 'resetByPeer',
    effects: [FIN, failed('ERR_STREAM_RESET')],
  },
  {
    name: 'reset by us, with a code',
    events: [reset],
    state: 'resetLocally',
    effects: [{ type: 'send.reset', code: 9 }, failed('ERR_STREAM_RESET')],
  },
  {
    name: 'the peer breaks a rule',
    events: [violation],
    state: 'violated',
    effects: [RST, failed('ERR_YAMUX_WINDOW_OVERFLOW')],
  },
  {
    name: 'the session ends: nothing to send',
    events: [sessionEnded],
    state: 'sessionEnded',
    effects: [failed('ERR_STREAM_RESET')],
  },
  {
    name: 'FIN comes twice',
    events: [fin, fin],
    state: 'unexpected',
    effects: [REMOTE_CLOSED, RST, failed('ERR_YAMUX_UNEXPECTED')],
  },
  {
    name: 'the window opens that was open',
    events: [opened],
    state: 'unexpected',
    effects: [RST, failed('ERR_YAMUX_UNEXPECTED')],
  },
  {
    name: 'the queue drains that nobody waits for',
    events: [drained],
    state: 'unexpected',
    effects: [RST, failed('ERR_YAMUX_UNEXPECTED')],
  },
  {
    name: 'a frame of no meaning',
    events: [{ type: 'wire.nonsense' } as never],
    state: 'unexpected',
    effects: [RST, failed('ERR_YAMUX_UNEXPECTED')],
  },
  {
    name: 'an event of another machine',
    events: [{ type: 'streams.idle' } as never],
    state: 'unexpected',
    effects: [RST, failed('ERR_YAMUX_UNEXPECTED')],
  },
];

describe('yamux stream machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(yamuxStreamMachine, outbound, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects: [SYN, ...effects] });
  });

  test('a stream of the peer is offered, and acknowledged once when it is taken', () => {
    const { effects, snapshot } = walk(yamuxStreamMachine, inbound, [accept, accept]);
    expect(effects).toEqual([{ type: 'offer.stream' }, { type: 'send.ack' }]);
    expect(snapshot.context.acknowledged).toBe(true);
  });

  test('every state is reachable, the deadline included', () => {
    const nonsense = { type: 'wire.nonsense' } as never;
    const events = [
      ack,
      fin,
      rst,
      violation,
      exhausted,
      opened,
      drained,
      close,
      closeQueued,
      abandon,
      reset,
      sessionEnded,
    ];
    const reached = getShortestPaths(yamuxStreamMachine, {
      input: outbound,
      events: [...events, finTimeout, nonsense],
    });
    expect([...new Set(reached.map(({ state }) => JSON.stringify(state.value)))].sort()).toEqual(
      [
        ...['windowOpen', 'windowExhausted', 'draining'].flatMap((sending) => [
          { open: sending },
          { halfClosedRemote: sending },
        ]),
        ...['receiving', 'awaitingFin'].map((halfClosedLocal) => ({ halfClosedLocal })),
        ...['closed', 'abandoned', 'resetByPeer', 'resetLocally', 'violated', 'sessionEnded', 'unexpected'],
      ]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
