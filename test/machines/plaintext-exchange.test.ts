/** The plaintext exchange machine: every event in every state, its orders, and its ends. */
import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { plaintextExchangeMachine, type PlaintextExchangeEvent } from '../../src/machines/plaintext-exchange.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 10_000 };
const timeout = deadline('exchangeTimeout', 'plaintextExchange');
const EVENTS: readonly PlaintextExchangeEvent['type'][] = [
  'wire.exchange',
  'wire.badMessage',
  'crypto.exchangeVerified',
  'crypto.badExchange',
  'crypto.idMismatch',
  'crypto.peerMismatch',
  'transport.ended',
  'transport.failed',
];

const states: readonly {
  readonly state: string;
  readonly way: readonly PlaintextExchangeEvent[];
  readonly legal: Readonly<Record<string, string>>;
}[] = [
  {
    state: 'awaitingExchange',
    way: [],
    legal: {
      'wire.exchange': 'verifyingExchange',
      'wire.badMessage': 'malformed',
      'transport.ended': 'ended',
      'transport.failed': 'ended',
    },
  },
  {
    state: 'verifyingExchange',
    way: [{ type: 'wire.exchange' }],
    legal: {
      'crypto.exchangeVerified': 'secured',
      'crypto.badExchange': 'malformed',
      'crypto.idMismatch': 'mismatched',
      'crypto.peerMismatch': 'wrongPeer',
      'transport.ended': 'ended',
      'transport.failed': 'ended',
    },
  },
];

/** What each end reports. */
const ENDS: Readonly<Record<string, object>> = {
  secured: { type: 'report.secured' },
  malformed: { type: 'report.failed', code: 'ERR_PLAINTEXT_BAD_EXCHANGE' },
  mismatched: { type: 'report.failed', code: 'ERR_PLAINTEXT_BAD_EXCHANGE' },
  wrongPeer: { type: 'report.failed', code: 'ERR_PEER_ID_MISMATCH' },
  unexpected: { type: 'report.failed', code: 'ERR_PLAINTEXT_UNEXPECTED' },
  timedOut: { type: 'report.failed', code: 'ERR_PLAINTEXT_TIMEOUT' },
  ended: { type: 'report.failed', code: 'ERR_PLAINTEXT_ENDED' },
};

test('ours goes out at once; theirs is verified; then the channel is there', () => {
  const { state, effects, snapshot } = walk(plaintextExchangeMachine, input, [
    { type: 'wire.exchange' },
    { type: 'crypto.exchangeVerified' },
  ]);
  expect(state).toBe('secured');
  expect(effects).toEqual([{ type: 'send.exchange' }, { type: 'verify.exchange' }, { type: 'report.secured' }]);
  expect(snapshot.status).toBe('done');
  expect(snapshot.context).toEqual(input);
});

describe.each(states)('$state', ({ state, way, legal }) => {
  const before = walk(plaintextExchangeMachine, input, way);

  test.each(EVENTS)('hears %s', (type) => {
    const target = legal[type] ?? 'unexpected';
    const after = walk(plaintextExchangeMachine, input, [...way, { type }]);
    expect(before.state).toBe(state);
    expect(after.state).toBe(target);
    const ordered = target === 'verifyingExchange' ? { type: 'verify.exchange' } : ENDS[target];
    expect(after.effects.slice(before.effects.length)).toEqual([ordered]);
  });

  test('hears something that nobody declared', () => {
    expect(walk(plaintextExchangeMachine, input, [...way, { type: 'wire.surprise' }]).state).toBe('unexpected');
  });

  test('its deadline', () => {
    const after = walk(plaintextExchangeMachine, input, [...way, timeout]);
    expect(after.state).toBe('timedOut');
    expect(after.effects.slice(before.effects.length)).toEqual([ENDS['timedOut']]);
  });

  test('waits for a finding exactly where it is tagged so', () => {
    expect(before.snapshot.hasTag('paused')).toBe(state === 'verifyingExchange');
  });
});

test('every state is reachable, the deadline included, and every end is final', () => {
  const paths = getShortestPaths(plaintextExchangeMachine, {
    input,
    events: [...EVENTS.map((type) => ({ type })), timeout as never],
  });
  const all = Object.keys(plaintextExchangeMachine.states).sort();
  expect([...new Set(paths.map((path) => path.state.value as string))].sort()).toEqual(all);
  const finals = Object.entries(plaintextExchangeMachine.states).filter(([, node]) => node.type === 'final');
  expect(finals.map(([name]) => name).sort()).toEqual(Object.keys(ENDS).sort());
});
