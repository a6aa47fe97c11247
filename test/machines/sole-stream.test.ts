import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { soleStreamMachine, type SoleStreamEvent } from '../../src/machines/sole-stream.js';
import { deadline, walk } from '../support/walk.js';

const input = { endTimeoutMs: 1000 };

const open: SoleStreamEvent = { type: 'local.open' };
const close: SoleStreamEvent = { type: 'local.close', queued: false };
const closeQueued: SoleStreamEvent = { type: 'local.close', queued: true };
const abandon: SoleStreamEvent = { type: 'local.abandon' };
const reset: SoleStreamEvent = { type: 'local.reset' };
const drained: SoleStreamEvent = { type: 'queue.drained' };
const ended: SoleStreamEvent = { type: 'transport.ended' };
const lost: SoleStreamEvent = { type: 'transport.failed' };
const sessionEnded: SoleStreamEvent = { type: 'session.ended' };
const endTimeout = deadline('endTimeout', 'soleStream.halfClosedLocal.awaitingEnd') as never;
const nonsense = { type: 'wire.nonsense' } as never;

const END = { type: 'end.transport' };
const DROP = { type: 'drop.transport' };
const REMOTE_CLOSED = { type: 'report.remoteClosed' };
const CLOSED = { type: 'report.closed' };
const failed = (code: string) => ({ type: 'report.reset', code });
const UNEXPECTED = [DROP, failed('ERR_SOLE_STREAM_UNEXPECTED')];

const cases: { name: string; events: SoleStreamEvent[]; state: string; effects: object[] }[] = [
  { name: 'nobody uses it yet', events: [], state: 'unused', effects: [] },
  { name: 'the peer ends before anybody used it', events: [ended], state: 'closed', effects: [CLOSED] },
  { name: 'used', events: [open], state: 'open.writing', effects: [] },
  { name: 'we close', events: [open, close], state: 'halfClosedLocal.receiving', effects: [END] },
  { name: 'we close with data queued', events: [open, closeQueued], state: 'open.draining', effects: [] },
  {
    name: 'we close with data queued, and it is sent',
    events: [open, closeQueued, drained],
    state: 'halfClosedLocal.receiving',
    effects: [END],
  },
  { name: 'the peer ends', events: [open, ended], state: 'halfClosedRemote.writing', effects: [REMOTE_CLOSED] },
  {
    name: 'the peer ends while we drain',
    events: [open, closeQueued, ended],
    state: 'halfClosedRemote.draining',
    effects: [REMOTE_CLOSED],
  },
  {
    name: 'the peer ends, then we: the connection closes behind it',
    events: [open, ended, close],
    state: 'closed',
    effects: [REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'the peer ends, we drain',
    events: [open, ended, closeQueued, drained],
    state: 'closed',
    effects: [REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'we close, then the peer ends',
    events: [open, close, ended],
    state: 'closed',
    effects: [END, REMOTE_CLOSED, CLOSED],
  },
  { name: 'nobody reads', events: [open, close, abandon], state: 'halfClosedLocal.awaitingEnd', effects: [END] },
  {
    name: 'nobody reads, the peer ends',
    events: [open, close, abandon, ended],
    state: 'closed',
    effects: [END, REMOTE_CLOSED, CLOSED],
  },
  {
    name: 'nobody reads, the peer does not end',
    events: [open, close, abandon, endTimeout],
    state: 'abandoned',
    effects: [END, CLOSED],
  },
  { name: 'reset by us', events: [open, reset], state: 'resetLocally', effects: [DROP, failed('ERR_STREAM_RESET')] },
  {
    name: 'the transport fails',
    events: [open, lost],
    state: 'transportLost',
    effects: [failed('ERR_TRANSPORT_ENDED')],
  },
  {
    name: 'the connection ends',
    events: [open, sessionEnded],
    state: 'sessionEnded',
    effects: [failed('ERR_STREAM_RESET')],
  },
  { name: 'used twice', events: [open, open], state: 'unexpected', effects: UNEXPECTED },
  { name: 'closed before it is used', events: [close], state: 'unexpected', effects: UNEXPECTED },
  { name: 'closed by us twice', events: [open, closeQueued, close], state: 'unexpected', effects: UNEXPECTED },
  { name: 'a queue drains that nobody waits for', events: [open, drained], state: 'unexpected', effects: UNEXPECTED },
  {
    name: 'the peer ends twice',
    events: [open, ended, ended],
    state: 'unexpected',
    effects: [REMOTE_CLOSED, ...UNEXPECTED],
  },
  { name: 'an event of another machine', events: [open, nonsense], state: 'unexpected', effects: UNEXPECTED },
];

describe('sole stream machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(soleStreamMachine, input, events);
    expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
  });

  test('every state is reachable, the deadline included', () => {
    const events = [open, close, closeQueued, abandon, reset, drained, ended, lost, sessionEnded, nonsense];
    const reached = getShortestPaths(soleStreamMachine, { input, events: [...events, endTimeout] });
    expect([...new Set(reached.map(({ state }) => JSON.stringify(state.value)))].sort()).toEqual(
      [
        'unused',
        ...['writing', 'draining'].flatMap((sending) => [{ open: sending }, { halfClosedRemote: sending }]),
        ...['receiving', 'awaitingEnd'].map((halfClosedLocal) => ({ halfClosedLocal })),
        ...['closed', 'abandoned', 'resetLocally', 'transportLost', 'sessionEnded', 'unexpected'],
      ]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
