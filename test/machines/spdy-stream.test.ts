import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { spdyStreamMachine, type SpdyStreamEvent } from '../../src/machines/spdy-stream.js';
import { deadline, walk } from '../support/walk.js';

const outbound = { direction: 'outbound', finTimeoutMs: 1000 } as const;
const inbound = { direction: 'inbound', finTimeoutMs: 1000 } as const;

const reply: SpdyStreamEvent = { type: 'wire.reply' };
const fin: SpdyStreamEvent = { type: 'wire.fin' };
const rst: SpdyStreamEvent = { type: 'wire.reset' };
const forgotten: SpdyStreamEvent = { type: 'wire.forgotten' };
const violation: SpdyStreamEvent = { type: 'wire.violation', code: 'ERR_SPDY_WINDOW_OVERFLOW', status: 7 };
const exhausted: SpdyStreamEvent = { type: 'window.exhausted' };
const opened: SpdyStreamEvent = { type: 'window.opened' };
const drained: SpdyStreamEvent = { type: 'queue.drained' };
const accept: SpdyStreamEvent = { type: 'local.accept' };
const close: SpdyStreamEvent = { type: 'local.close', queued: false };
const closeQueued: SpdyStreamEvent = { type: 'local.close', queued: true };
const abandon: SpdyStreamEvent = { type: 'local.abandon' };
const reset: SpdyStreamEvent = { type: 'local.reset', status: 9 };
const sessionEnded: SpdyStreamEvent = { type: 'session.ended' };
const finTimeout = deadline('finTimeout', 'spdyStream.halfClosedLocal.awaitingFin') as never;
const lateTimeout = deadline('finTimeout', 'spdyStream.halfClosedLocal.overtaken') as never;

const SYN = { type: 'send.synStream' };
const FIN = { type: 'send.fin' };
const rstOf = (status: number) => ({ type: 'send.reset', status });
const PROTOCOL_ERROR = rstOf(1);
const CANCEL = rstOf(5);
const UNEXPECTED = [PROTOCOL_ERROR, { type: 'report.reset', code: 'ERR_SPDY_UNEXPECTED' }];
const REMOTE_CLOSED = { type: 'report.remoteClosed' };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.reset', code });

const cases: { name: string; events: SpdyStreamEvent[]; state: string; effects: object[] }[] = [
  { name: 'opened', events: [], state: 'open.windowOpen', effects: [] },
  { name: 'replied to', events: [reply], state: 'open.windowOpen', effects: [] },
  {
    name: 'replied to twice',
    events: [reply, reply],
    state: 'repliedTwice',
    effects: [rstOf(8), { type: 'report.reset', code: 'ERR_SPDY_UNEXPECTED' }],
  },
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
    effects: [FIN, CANCEL, CLOSED],
  },
  { name: 'reset by the peer', events: [rst], state: 'resetByPeer', effects: [failed('ERR_STREAM_RESET')] },
  {
    name: 'reset by the peer after our FIN',
    events: [close, rst],
    state: 'resetByPeer',
    effects: [FIN, failed('ERR_STREAM_RESET')],
  },
  { name: 'forgotten by the peer', events: [forgotten], state: 'resetByPeer', effects: [failed('ERR_STREAM_RESET')] },
  {
    name: 'forgotten after our FIN: what was on its way may still come',
    events: [close, forgotten, forgotten],
    state: 'halfClosedLocal.overtaken',
    effects: [FIN],
  },
  {
    name: 'and comes',
    events: [close, forgotten, fin],
    state: 'closed',
    effects: [FIN, REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'and does not come',
    events: [close, forgotten, abandon, lateTimeout],
    state: 'resetByPeer',
    effects: [FIN, failed('ERR_STREAM_RESET')],
  },
  {
    name: 'forgotten when nobody reads: nothing new',
    events: [close, abandon, forgotten, finTimeout],
    state: 'abandoned',
    effects: [FIN, CANCEL, CLOSED],
  },
  {
    name: 'reset by us, with a status',
    events: [reset],
    state: 'resetLocally',
    effects: [rstOf(9), failed('ERR_STREAM_RESET')],
  },
  {
    name: 'the peer breaks a rule',
    events: [violation],
    state: 'violated',
    effects: [rstOf(7), failed('ERR_SPDY_WINDOW_OVERFLOW')],
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
    effects: [REMOTE_CLOSED, ...UNEXPECTED],
  },
  {
    name: 'the window opens that was open',
    events: [opened],
    state: 'unexpected',
    effects: UNEXPECTED,
  },
  {
    name: 'the queue drains that nobody waits for',
    events: [drained],
    state: 'unexpected',
    effects: UNEXPECTED,
  },
  {
    name: 'a frame of no meaning',
    events: [{ type: 'wire.nonsense' } as never],
    state: 'unexpected',
    effects: UNEXPECTED,
  },
  {
    name: 'an event of another machine',
    events: [{ type: 'streams.idle' } as never],
    state: 'unexpected',
    effects: UNEXPECTED,
  },
];

describe('spdy stream machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(spdyStreamMachine, outbound, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects: [SYN, ...effects] });
  });

  test('a stream of the peer is offered, and replied to once when it is taken', () => {
    const { effects, snapshot } = walk(spdyStreamMachine, inbound, [accept, accept]);
    expect(effects).toEqual([{ type: 'offer.stream' }, { type: 'send.synReply' }]);
    expect(snapshot.context.replied).toBe(true);
  });

  test('the peer replies to a stream of its own', () => {
    const { state, effects } = walk(spdyStreamMachine, inbound, [reply]);
    expect({ state, effects }).toEqual({
      state: 'repliedTwice',
      effects: [{ type: 'offer.stream' }, rstOf(8), failed('ERR_SPDY_UNEXPECTED')],
    });
  });

  test('every state is reachable, the deadline included', () => {
    const nonsense = { type: 'wire.nonsense' } as never;
    const events = [
      reply,
      forgotten,
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
    const reached = getShortestPaths(spdyStreamMachine, {
      input: outbound,
      events: [...events, finTimeout, lateTimeout, nonsense],
    });
    expect([...new Set(reached.map(({ state }) => JSON.stringify(state.value)))].sort()).toEqual(
      [
        ...['windowOpen', 'windowExhausted', 'draining'].flatMap((sending) => [
          { open: sending },
          { halfClosedRemote: sending },
        ]),
        ...['receiving', 'awaitingFin', 'overtaken'].map((halfClosedLocal) => ({ halfClosedLocal })),
        ...[
          'closed',
          'abandoned',
          'resetByPeer',
          'resetLocally',
          'violated',
          'sessionEnded',
          'repliedTwice',
          'unexpected',
        ],
      ]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
