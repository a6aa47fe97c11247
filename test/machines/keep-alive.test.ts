import { expect, test } from '@jest/globals';
import { keepAliveMachine, type KeepAliveEvent } from '../../src/machines/keep-alive.js';
import { deadline, walk } from '../support/walk.js';

type Heard = KeepAliveEvent | { readonly type: string };
const connected: Heard = { type: 'peer.connected' };
const disconnected: Heard = { type: 'peer.disconnected', retryMs: 700 };
const failed: Heard = { type: 'dial.failed', retryMs: 1500 };
const retry = deadline('retry', 'keepAlive.awaitingRetry');
const dial = { type: 'dial.peer' };
const report = { type: 'report.connected' };

const cases: { name: string; events: Heard[]; state: string; retryMs: number; effects: object[] }[] = [
  { name: 'dials at once', events: [], state: 'dialing', retryMs: 0, effects: [dial] },
  { name: 'the peer answers', events: [connected], state: 'connected', retryMs: 0, effects: [dial, report] },
  { name: 'the dial fails', events: [failed], state: 'awaitingRetry', retryMs: 1500, effects: [dial] },
  { name: 'dials again', events: [failed, retry], state: 'dialing', retryMs: 1500, effects: [dial, dial] },
  {
    name: 'the peer dials us in the pause',
    events: [failed, connected],
    state: 'connected',
    retryMs: 1500,
    effects: [dial, report],
  },
  {
    name: 'the peer goes and is dialed after a pause',
    events: [connected, disconnected, retry],
    state: 'dialing',
    retryMs: 700,
    effects: [dial, report, dial],
  },
  {
    name: 'a dial that fails behind the peer’s own connection changes nothing',
    events: [connected, failed, connected],
    state: 'connected',
    retryMs: 0,
    effects: [dial, report],
  },
  {
    name: 'words about what is past change nothing',
    events: [disconnected, failed, failed, disconnected],
    state: 'awaitingRetry',
    retryMs: 1500,
    effects: [dial],
  },
  { name: 'released', events: [{ type: 'local.release' }], state: 'released', retryMs: 0, effects: [dial] },
  {
    name: 'an event of no meaning here',
    events: [{ type: 'nonsense' }],
    state: 'unexpected',
    retryMs: 0,
    effects: [dial, { type: 'report.failed', code: 'ERR_KEEP_ALIVE_UNEXPECTED' }],
  },
];

test.each(cases)('$name -> $state', ({ events, state, retryMs, effects }) => {
  const end = walk(keepAliveMachine, undefined, events);
  expect({ state: end.state, retryMs: end.snapshot.context.retryMs, effects: end.effects }).toEqual({
    state,
    retryMs,
    effects,
  });
});
