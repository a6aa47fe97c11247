/** The noise handshake machine: every state, every event in every state, and what each way orders. */
import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { statePath } from '../../src/actors/chart/state-path.js';
import { noiseHandshakeMachine, type NoiseHandshakeEvent } from '../../src/machines/noise-handshake.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 30_000 };
const timeout = deadline('handshakeTimeout', 'noiseHandshake') as NoiseHandshakeEvent;

type Name = NoiseHandshakeEvent['type'];
const EVENTS: readonly Name[] = [
  'local.dial',
  'local.listen',
  'wire.message',
  'crypto.opened',
  'crypto.rejected',
  'crypto.verified',
  'crypto.badPayload',
  'crypto.badSignature',
  'crypto.peerMismatch',
  'crypto.noCommonMuxer',
  'transport.ended',
  'transport.failed',
];
const to = (...types: Name[]): NoiseHandshakeEvent[] => types.map((type) => ({ type }));

/** How each waiting state is reached, and the only events that lead from it to anything but `unexpected`. */
const AGAINST = {
  'crypto.badPayload': 'badPayload',
  'crypto.badSignature': 'badSignature',
  'crypto.peerMismatch': 'peerMismatch',
  'crypto.noCommonMuxer': 'noCommonMuxer',
};
const ENDS = { 'transport.ended': 'ended', 'transport.failed': 'ended' };
const dialing = to('local.dial');
const listening = to('local.listen');
const states: readonly { state: string; way: NoiseHandshakeEvent[]; legal: Partial<Record<Name, string>> }[] = [
  {
    state: 'idle',
    way: [],
    legal: { ...ENDS, 'local.dial': 'dialing.awaitingMessage2', 'local.listen': 'listening.awaitingMessage1' },
  },
  { state: 'dialing.awaitingMessage2', way: dialing, legal: { ...ENDS, 'wire.message': 'dialing.openingMessage2' } },
  {
    state: 'dialing.openingMessage2',
    way: [...dialing, ...to('wire.message')],
    legal: { ...ENDS, 'crypto.opened': 'dialing.verifyingPayload', 'crypto.rejected': 'badMessage' },
  },
  {
    state: 'dialing.verifyingPayload',
    way: [...dialing, ...to('wire.message', 'crypto.opened')],
    legal: { ...ENDS, ...AGAINST, 'crypto.verified': 'secured' },
  },
  {
    state: 'listening.awaitingMessage1',
    way: listening,
    legal: { ...ENDS, 'wire.message': 'listening.openingMessage1' },
  },
  {
    state: 'listening.openingMessage1',
    way: [...listening, ...to('wire.message')],
    legal: { ...ENDS, 'crypto.opened': 'listening.awaitingMessage3', 'crypto.rejected': 'badMessage' },
  },
  {
    state: 'listening.awaitingMessage3',
    way: [...listening, ...to('wire.message', 'crypto.opened')],
    legal: { ...ENDS, 'wire.message': 'listening.openingMessage3' },
  },
  {
    state: 'listening.openingMessage3',
    way: [...listening, ...to('wire.message', 'crypto.opened', 'wire.message')],
    legal: { ...ENDS, 'crypto.opened': 'listening.verifyingPayload', 'crypto.rejected': 'badMessage' },
  },
  {
    state: 'listening.verifyingPayload',
    way: [...listening, ...to('wire.message', 'crypto.opened', 'wire.message', 'crypto.opened')],
    legal: { ...ENDS, ...AGAINST, 'crypto.verified': 'secured' },
  },
];
const CODES: Readonly<Record<string, string>> = {
  badMessage: 'ERR_NOISE_BAD_MESSAGE',
  badPayload: 'ERR_NOISE_BAD_PAYLOAD',
  badSignature: 'ERR_NOISE_BAD_SIGNATURE',
  peerMismatch: 'ERR_PEER_ID_MISMATCH',
  noCommonMuxer: 'ERR_NOISE_NO_COMMON_MUXER',
  unexpected: 'ERR_NOISE_UNEXPECTED',
  timedOut: 'ERR_NOISE_TIMEOUT',
  ended: 'ERR_NOISE_ENDED',
};

describe('the two ways to a channel', () => {
  test('dialer: message 1, open 2, verify, message 3, secured', () => {
    const { state, effects } = walk(noiseHandshakeMachine, input, [
      ...dialing,
      ...to('wire.message', 'crypto.opened', 'crypto.verified'),
    ]);
    expect(state).toBe('secured');
    expect(effects).toEqual([
      { type: 'send.message', message: 1 },
      { type: 'open.message', message: 2 },
      { type: 'verify.payload' },
      { type: 'send.message', message: 3 },
      { type: 'report.secured' },
    ]);
  });

  test('listener: open 1, message 2, open 3, verify, secured', () => {
    const { state, effects } = walk(noiseHandshakeMachine, input, [
      ...listening,
      ...to('wire.message', 'crypto.opened', 'wire.message', 'crypto.opened', 'crypto.verified'),
    ]);
    expect(state).toBe('secured');
    expect(effects).toEqual([
      { type: 'open.message', message: 1 },
      { type: 'send.message', message: 2 },
      { type: 'open.message', message: 3 },
      { type: 'verify.payload' },
      { type: 'report.secured' },
    ]);
  });
});

describe.each(states)('$state', ({ state, way, legal }) => {
  test.each(EVENTS)('hears %s', (type) => {
    const target = legal[type] ?? 'unexpected';
    const before = walk(noiseHandshakeMachine, input, way);
    const after = walk(noiseHandshakeMachine, input, [...way, { type }]);
    expect(before.state).toBe(state);
    expect(after.state).toBe(target);
    if (target in CODES) {
      expect(after.effects.slice(before.effects.length)).toEqual([{ type: 'report.failed', code: CODES[target] }]);
    }
  });

  test('its deadline', () => {
    const { state: end, effects } = walk(noiseHandshakeMachine, input, [...way, timeout]);
    expect(end).toBe('timedOut');
    expect(effects.at(-1)).toEqual({ type: 'report.failed', code: 'ERR_NOISE_TIMEOUT' });
  });

  test('waits for a finding exactly where it is tagged so', () => {
    const { snapshot } = walk(noiseHandshakeMachine, input, way);
    expect(snapshot.hasTag('paused')).toBe(/opening|verifying/.test(state));
  });
});

test('an event that nobody declared is unexpected, not ignored', () => {
  expect(walk(noiseHandshakeMachine, input, [...dialing, { type: 'wire.surprise' }]).state).toBe('unexpected');
});

test('every end is final', () => {
  const ends = Object.entries(noiseHandshakeMachine.states).filter(([, node]) => node.type === 'final');
  expect(ends.map(([name]) => name).sort()).toEqual([...Object.keys(CODES), 'secured'].sort());
  expect(walk(noiseHandshakeMachine, input, [...dialing, timeout]).snapshot.status).toBe('done');
});

test('every state is reachable, the deadline included', () => {
  const paths = getShortestPaths(noiseHandshakeMachine, {
    input,
    events: [...EVENTS.map((type) => ({ type })), timeout],
  });
  const reached = new Set(paths.map((path) => statePath(path.state.value)));
  expect([...reached].sort()).toEqual([...states.map(({ state }) => state), ...Object.keys(CODES), 'secured'].sort());
});

test('the context holds no more than the deadline', () => {
  expect(walk(noiseHandshakeMachine, input, dialing).snapshot.context).toEqual(input);
});
