import { expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { bitswapOutboundMachine, type BitswapOutboundEvent } from '../../src/machines/bitswap-outbound.js';
import { statePath } from '../../src/actors/chart/state-path.js';
import { deadline, walk } from '../support/walk.js';

const input = { attempts: 2, backoffMs: 1_000, idleMs: 5_000, sendTimeoutMs: 120_000 };
const filled: BitswapOutboundEvent = { type: 'queue.filled' };
const opened: BitswapOutboundEvent = { type: 'stream.opened' };
const failed: BitswapOutboundEvent = { type: 'stream.failed' };
const unsupported: BitswapOutboundEvent = { type: 'stream.unsupported' };
const reset: BitswapOutboundEvent = { type: 'stream.reset' };
const idle: BitswapOutboundEvent = { type: 'stream.idle' };
const exhausted: BitswapOutboundEvent = { type: 'window.exhausted' };
const writable: BitswapOutboundEvent = { type: 'window.opened' };
const close: BitswapOutboundEvent = { type: 'local.close' };
const backoff = deadline('backoff', 'bitswapOutbound.waiting');
const idleCheck = deadline('idle', 'bitswapOutbound.open.writable');
const sendTimeout = deadline('sendTimeout', 'bitswapOutbound.open.congested');

const check = { type: 'check.queue' };
const open = { type: 'open.stream' };
const write = { type: 'write.queued' };
const closeStream = { type: 'close.stream' };
const resetStream = { type: 'reset.stream' };
const ended = (code: string) => ({ type: 'report.ended', code });

const cases: { name: string; events: { readonly type: string }[]; state: string; effects: object[] }[] = [
  { name: 'nothing to say', events: [], state: 'closed', effects: [check] },
  { name: 'something to say', events: [filled], state: 'opening', effects: [check, open] },
  { name: 'the stream opens', events: [filled, opened], state: 'open.writable', effects: [check, open, write] },
  {
    name: 'the window is exhausted',
    events: [filled, opened, exhausted],
    state: 'open.congested',
    effects: [check, open, write],
  },
  {
    name: 'the window opens again',
    events: [filled, opened, exhausted, writable],
    state: 'open.writable',
    effects: [check, open, write, write],
  },
  {
    name: 'the stream is looked at now and then',
    events: [filled, opened, idleCheck],
    state: 'open.writable',
    effects: [check, open, write, { type: 'check.idle' }, write],
  },
  {
    name: 'the stream is unused',
    events: [filled, opened, idle],
    state: 'closed',
    effects: [check, open, write, closeStream, check],
  },
  {
    name: 'the stream is reset',
    events: [filled, opened, reset],
    state: 'waiting',
    effects: [check, open, write, { type: 'report.lost' }],
  },
  {
    name: 'a congested stream is reset',
    events: [filled, opened, exhausted, reset],
    state: 'waiting',
    effects: [check, open, write, { type: 'report.lost' }],
  },
  {
    name: 'what was lost is looked for after a pause',
    events: [filled, opened, reset, backoff],
    state: 'closed',
    effects: [check, open, write, { type: 'report.lost' }, check],
  },
  { name: 'a first attempt fails', events: [filled, failed], state: 'waiting', effects: [check, open] },
  {
    name: 'the last attempt fails',
    events: [filled, failed, backoff, filled, failed],
    state: 'failed',
    effects: [check, open, check, open, ended('ERR_STREAM_RESET')],
  },
  {
    name: 'a stream that opened starts the count again',
    events: [filled, failed, backoff, filled, opened, reset, backoff, filled, failed],
    state: 'waiting',
    effects: [check, open, check, open, write, { type: 'report.lost' }, check, open],
  },
  {
    name: 'the peer speaks no bitswap',
    events: [filled, unsupported],
    state: 'unsupported',
    effects: [check, open, ended('ERR_MULTISTREAM_NO_OVERLAP')],
  },
  {
    name: 'the peer stops reading',
    events: [filled, opened, exhausted, sendTimeout],
    state: 'stalled',
    effects: [check, open, write, resetStream, ended('ERR_BITSWAP_TIMEOUT')],
  },
  { name: 'we go', events: [filled, opened, close], state: 'stopped', effects: [check, open, write, closeStream] },
  { name: 'we go before anything', events: [close], state: 'stopped', effects: [check, closeStream] },
  {
    name: 'a stream where none was asked for',
    events: [opened],
    state: 'unexpected',
    effects: [check, resetStream, ended('ERR_BITSWAP_UNEXPECTED')],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(bitswapOutboundMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

test('every state is reachable, by its deadlines too', () => {
  const events = [
    filled,
    opened,
    failed,
    unsupported,
    reset,
    idle,
    exhausted,
    writable,
    close,
    backoff,
    idleCheck,
    sendTimeout,
  ];
  const reached = getShortestPaths(bitswapOutboundMachine, { input, events: events as never });
  const states = Object.keys(bitswapOutboundMachine.states).filter((state) => state !== 'open');
  expect(new Set(reached.map((path) => statePath(path.state.value)))).toEqual(
    new Set([...states, 'open.writable', 'open.congested']),
  );
});
