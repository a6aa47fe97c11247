import { expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { bitswapInboundMachine, type BitswapInboundEvent } from '../../src/machines/bitswap-inbound.js';
import { walk } from '../support/walk.js';

const refused: BitswapInboundEvent = { type: 'message.refused', code: 'ERR_BITSWAP_TOO_LARGE' };
const closeWrite = { type: 'close.write' };
const resetStream = { type: 'reset.stream' };
const ended = { type: 'report.ended' };
const fault = (code: string) => ({ type: 'report.fault', code });

const cases: { name: string; events: { readonly type: string }[]; state: string; effects: object[] }[] = [
  { name: 'messages come', events: [], state: 'reading', effects: [closeWrite] },
  { name: 'the peer closes', events: [{ type: 'stream.ended' }], state: 'finished', effects: [closeWrite, ended] },
  {
    name: 'the peer closes in the middle of a message',
    events: [{ type: 'stream.cut' }],
    state: 'truncated',
    effects: [closeWrite, fault('ERR_STREAM_ENDED'), resetStream, ended],
  },
  {
    name: 'a message is refused',
    events: [refused],
    state: 'refused',
    effects: [closeWrite, fault('ERR_BITSWAP_TOO_LARGE'), resetStream, ended],
  },
  { name: 'the peer resets', events: [{ type: 'stream.reset' }], state: 'reset', effects: [closeWrite, ended] },
  { name: 'we go', events: [{ type: 'local.close' }], state: 'stopped', effects: [closeWrite, resetStream, ended] },
  {
    name: 'an event of no meaning',
    events: [{ type: 'nonsense' }],
    state: 'unexpected',
    effects: [closeWrite, resetStream, ended],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(bitswapInboundMachine, undefined as never, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

test('every state is reachable', () => {
  const events = ['stream.ended', 'stream.cut', 'stream.reset', 'local.close', 'nonsense'].map((type) => ({ type }));
  const reached = getShortestPaths(bitswapInboundMachine, { events: [...events, refused] as never });
  expect(new Set(reached.map((path) => path.state.value))).toEqual(new Set(Object.keys(bitswapInboundMachine.states)));
});
