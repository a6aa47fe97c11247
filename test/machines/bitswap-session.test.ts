import { expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { bitswapSessionMachine, type BitswapSessionEvent } from '../../src/machines/bitswap-session.js';
import { deadline, walk } from '../support/walk.js';

const input = { rebroadcastMs: 5_000 };
const opened: BitswapSessionEvent = { type: 'wants.opened' };
const closed: BitswapSessionEvent = { type: 'wants.closed' };
const found: BitswapSessionEvent = { type: 'provider.found' };
const lost: BitswapSessionEvent = { type: 'providers.lost' };
const storeFailed: BitswapSessionEvent = { type: 'store.failed' };
const close: BitswapSessionEvent = { type: 'local.close' };
const sweepWhile = (state: string) => deadline('rebroadcast', `bitswapSession.${state}`);

const broadcast = { type: 'broadcast.wants' };
const ask = { type: 'ask.providers' };
const sweep = { type: 'sweep.wants' };
const ended = { type: 'report.ended' };
const drop = (code: string) => ({ type: 'drop.wants', code });

const cases: { name: string; events: { readonly type: string }[]; state: string; effects: object[] }[] = [
  { name: 'nothing is wanted yet', events: [], state: 'idle', effects: [] },
  { name: 'the first want', events: [opened], state: 'discovering', effects: [broadcast] },
  { name: 'the first have', events: [opened, found], state: 'fetching', effects: [broadcast, ask] },
  { name: 'a provider is named before the first want', events: [found, opened], state: 'fetching', effects: [ask] },
  {
    name: 'a named provider leaves before the first want',
    events: [found, lost, opened],
    state: 'discovering',
    effects: [broadcast],
  },
  {
    name: 'the last provider leaves',
    events: [opened, found, lost],
    state: 'discovering',
    effects: [broadcast, ask, broadcast],
  },
  { name: 'everything is delivered', events: [opened, found, closed], state: 'idle', effects: [broadcast, ask] },
  { name: 'the only want is cancelled', events: [opened, closed], state: 'idle', effects: [broadcast] },
  {
    name: 'more is wanted of the same provider',
    events: [opened, found, closed, opened],
    state: 'fetching',
    effects: [broadcast, ask, ask],
  },
  {
    name: 'nobody answers for a while',
    events: [opened, sweepWhile('discovering')],
    state: 'discovering',
    effects: [broadcast, sweep, broadcast],
  },
  {
    name: 'a provider is slow',
    events: [opened, found, sweepWhile('fetching')],
    state: 'fetching',
    effects: [broadcast, ask, sweep, ask],
  },
  {
    name: 'closed when done',
    events: [opened, found, closed, close],
    state: 'finished',
    effects: [broadcast, ask, ended],
  },
  {
    name: 'closed while searching',
    events: [opened, close],
    state: 'cancelled',
    effects: [broadcast, drop('ERR_ABORTED'), ended],
  },
  {
    name: 'closed while fetching',
    events: [opened, found, close],
    state: 'cancelled',
    effects: [broadcast, ask, drop('ERR_ABORTED'), ended],
  },
  {
    name: 'the store fails while fetching',
    events: [opened, found, storeFailed],
    state: 'failed',
    effects: [broadcast, ask, drop('ERR_STORE_FAILED'), ended],
  },
  {
    name: 'the store fails when all came',
    events: [storeFailed],
    state: 'failed',
    effects: [drop('ERR_STORE_FAILED'), ended],
  },
  {
    name: 'wants open twice',
    events: [opened, opened],
    state: 'unexpected',
    effects: [broadcast, drop('ERR_BITSWAP_UNEXPECTED'), ended],
  },
  {
    name: 'a first provider where there is one',
    events: [opened, found, found],
    state: 'unexpected',
    effects: [broadcast, ask, drop('ERR_BITSWAP_UNEXPECTED'), ended],
  },
  {
    name: 'wants close twice',
    events: [closed],
    state: 'unexpected',
    effects: [drop('ERR_BITSWAP_UNEXPECTED'), ended],
  },
  {
    name: 'an event of no meaning',
    events: [{ type: 'nonsense' }],
    state: 'unexpected',
    effects: [drop('ERR_BITSWAP_UNEXPECTED'), ended],
  },
];

test.each(cases)('$name -> $state', ({ events, state, effects }) => {
  const end = walk(bitswapSessionMachine, input, events);
  expect({ state: end.state, effects: end.effects }).toEqual({ state, effects });
});

test('every state is reachable', () => {
  const events = [opened, closed, found, lost, storeFailed, close, { type: 'nonsense' } as never];
  const reached = getShortestPaths(bitswapSessionMachine, { input, events });
  expect(new Set(reached.map((path) => path.state.value))).toEqual(new Set(Object.keys(bitswapSessionMachine.states)));
});
