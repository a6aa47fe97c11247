import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { statePath } from '../../src/actors/chart/state-path.js';
import { secioHandshakeMachine } from '../../src/machines/secio-handshake.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 30_000 };
const timedOut = deadline('handshakeTimeout', 'secioHandshake');
const [propose, exchange, nonce] = ['wire.propose', 'wire.exchange', 'wire.nonce'].map((type) => ({ type }));
const crypto = (finding: string): { readonly type: string } => ({ type: `crypto.${finding}` });
const [local, remote] = [crypto('localPreferred'), crypto('remotePreferred')];
const [agreed, doubtful, matched] = [crypto('secretAgreed'), crypto('secretDoubtful'), crypto('nonceMatched')];
const ended = { type: 'transport.ended' };
const failed = { type: 'transport.failed' };
const badFrame = { type: 'wire.badFrame' };

/** Whole walks: the state reached and every order given, in order. */
const walks = [
  { name: 'start', events: [], state: 'awaitingPropose', orders: 'send.propose' },
  { name: 'Propose came', events: [propose], state: 'selectingSuite', orders: 'send.propose select.suite' },
  {
    name: 'our preferences won: Exchange goes at once',
    events: [propose, local],
    state: 'awaitingExchange.sent',
    orders: 'send.propose select.suite send.exchange',
  },
  {
    name: 'the peer won: Exchange is held back',
    events: [propose, remote],
    state: 'awaitingExchange.held',
    orders: 'send.propose select.suite',
  },
  {
    name: 'we won, no doubt: the nonce goes at once',
    events: [propose, local, exchange, agreed],
    state: 'awaitingNonce.sent',
    orders: 'send.propose select.suite send.exchange verify.exchange send.nonce',
  },
  {
    name: 'we won, in doubt: the nonce is held back',
    events: [propose, local, exchange, doubtful],
    state: 'awaitingNonce.held',
    orders: 'send.propose select.suite send.exchange verify.exchange',
  },
  {
    name: 'the peer won: Exchange and nonce go together',
    events: [propose, remote, exchange, agreed],
    state: 'awaitingNonce.sent',
    orders: 'send.propose select.suite verify.exchange send.exchange send.nonce',
  },
  {
    name: 'the peer won and no key would do: Exchange goes, the nonce waits',
    events: [propose, remote, exchange, doubtful],
    state: 'awaitingNonce.held',
    orders: 'send.propose select.suite verify.exchange send.exchange',
  },
  {
    name: 'secured, no doubt',
    events: [propose, local, exchange, agreed, nonce, matched],
    state: 'secured',
    orders: 'send.propose select.suite send.exchange verify.exchange send.nonce check.nonce report.secured',
  },
  {
    name: 'secured after doubt: our nonce goes once the reading is known',
    events: [propose, local, exchange, doubtful, nonce, matched],
    state: 'secured',
    orders: 'send.propose select.suite send.exchange verify.exchange check.nonce send.nonce report.secured',
  },
  {
    name: 'secured, the peer won',
    events: [propose, remote, exchange, agreed, nonce, matched],
    state: 'secured',
    orders: 'send.propose select.suite verify.exchange send.exchange send.nonce check.nonce report.secured',
  },
];

/** Every way to end badly, from where it can be found out. */
const selecting = [propose];
const verifying = { won: [propose, local, exchange], lost: [propose, remote, exchange] };
const checking = {
  sent: [propose, local, exchange, agreed, nonce],
  held: [propose, local, exchange, doubtful, nonce],
};
const failures = [
  { events: [...selecting, crypto('badPropose')], state: 'badPropose', code: 'ERR_SECIO_BAD_PROPOSE' },
  { events: [...selecting, crypto('selfDial')], state: 'selfDial', code: 'ERR_DIAL_SELF' },
  { events: [...selecting, crypto('peerMismatch')], state: 'peerMismatch', code: 'ERR_PEER_ID_MISMATCH' },
  { events: [...selecting, crypto('noCommonSuite')], state: 'noCommonSuite', code: 'ERR_SECIO_NO_COMMON_SUITE' },
  { events: [...verifying.won, crypto('badExchange')], state: 'badExchange', code: 'ERR_SECIO_BAD_EXCHANGE' },
  { events: [...verifying.lost, crypto('badExchange')], state: 'badExchange', code: 'ERR_SECIO_BAD_EXCHANGE' },
  { events: [...verifying.won, crypto('badSignature')], state: 'badSignature', code: 'ERR_SECIO_BAD_SIGNATURE' },
  { events: [...verifying.lost, crypto('badSignature')], state: 'badSignature', code: 'ERR_SECIO_BAD_SIGNATURE' },
  { events: [...checking.sent, crypto('badMac')], state: 'badMac', code: 'ERR_SECIO_BAD_MAC' },
  { events: [...checking.held, crypto('badMac')], state: 'badMac', code: 'ERR_SECIO_BAD_MAC' },
  { events: [...checking.sent, crypto('badNonce')], state: 'badNonce', code: 'ERR_SECIO_BAD_NONCE' },
  { events: [...checking.held, crypto('badNonce')], state: 'badNonce', code: 'ERR_SECIO_BAD_NONCE' },
];

/** A walk to every state that is not an end. */
const living = [
  { state: 'awaitingPropose', events: [] },
  { state: 'selectingSuite', events: selecting },
  { state: 'awaitingExchange.sent', events: [propose, local] },
  { state: 'awaitingExchange.held', events: [propose, remote] },
  { state: 'verifyingExchange.sent', events: verifying.won },
  { state: 'verifyingExchange.held', events: verifying.lost },
  { state: 'awaitingNonce.sent', events: [propose, local, exchange, agreed] },
  { state: 'awaitingNonce.held', events: [propose, local, exchange, doubtful] },
  { state: 'checkingNonce.sent', events: checking.sent },
  { state: 'checkingNonce.held', events: checking.held },
] as const;

/** What each living state knows how to take; all else is unexpected. */
const expected: Readonly<Record<string, readonly string[]>> = {
  awaitingPropose: ['wire.propose'],
  selectingSuite: ['localPreferred', 'remotePreferred', 'badPropose', 'selfDial', 'peerMismatch', 'noCommonSuite'],
  awaitingExchange: ['wire.exchange'],
  verifyingExchange: ['secretAgreed', 'secretDoubtful', 'badExchange', 'badSignature'],
  awaitingNonce: ['wire.nonce'],
  checkingNonce: ['nonceMatched', 'badMac', 'badNonce'],
};
const stimuli = [
  propose,
  exchange,
  nonce,
  ...Object.values(expected)
    .flat()
    .filter((name) => !name.startsWith('wire.'))
    .map(crypto),
].filter((event) => event !== undefined);

test.each(walks)('$name -> $state', ({ events, state, orders }) => {
  const { state: reached, effects } = walk(secioHandshakeMachine, input, events as never);
  expect({ reached, orders: effects.map(({ type }) => type).join(' ') }).toEqual({ reached: state, orders });
});

test.each(failures)('$events.length events -> $state, $code', ({ events, state, code }) => {
  const { state: reached, effects } = walk(secioHandshakeMachine, input, events as never);
  expect({ reached, last: effects.at(-1) }).toEqual({ reached: state, last: { type: 'report.failed', code } });
});

describe.each(living)('in $state', ({ state, events }) => {
  const from = (event: { readonly type: string }): { readonly state: string; readonly last: unknown } => {
    const walked = walk(secioHandshakeMachine, input, [...events, event] as never);
    return { state: walked.state, last: walked.effects.at(-1) };
  };

  test('the walk leads here', () => {
    expect(walk(secioHandshakeMachine, input, events as never).state).toBe(state);
  });

  test.each([
    { name: 'the deadline', event: timedOut, end: 'timedOut', code: 'ERR_SECIO_TIMEOUT' },
    { name: 'the end of the transport', event: ended, end: 'ended', code: 'ERR_SECIO_ENDED' },
    { name: 'the failure of the transport', event: failed, end: 'ended', code: 'ERR_SECIO_ENDED' },
    { name: 'a frame of an impossible length', event: badFrame, end: 'badFrame', code: 'ERR_SECIO_BAD_FRAME' },
  ])('$name ends it', ({ event, end, code }) => {
    expect(from(event)).toEqual({ state: end, last: { type: 'report.failed', code } });
  });

  const known = expected[state.split('.')[0] ?? ''] ?? [];
  const strangers = stimuli.filter(({ type }) => !known.includes(type) && !known.includes(type.replace('crypto.', '')));
  test.each(strangers)('$type is unexpected', (event) => {
    expect(from(event)).toEqual({
      state: 'unexpected',
      last: { type: 'report.failed', code: 'ERR_SECIO_UNEXPECTED' },
    });
  });

  test('it is paused exactly while we work', () => {
    const { snapshot } = walk(secioHandshakeMachine, input, events as never);
    expect(snapshot.hasTag('paused')).toBe(/^(?:selecting|verifying|checking)/.test(state));
  });
});

test('every state is reachable, and no other', () => {
  const events = [...stimuli, badFrame, ended, timedOut, crypto('stranger')];
  const paths = getShortestPaths(secioHandshakeMachine, { input, events: events as never });
  const reached = new Set(paths.map((path) => statePath(path.state.value)));
  const named = Object.entries(secioHandshakeMachine.states).flatMap(([name, node]) => {
    const inner = Object.keys(node.states);
    return inner.length === 0 ? [name] : inner.map((child) => `${name}.${child}`);
  });
  expect([...reached].sort()).toEqual(named.sort());
});

test('the context holds the deadline and nothing else', () => {
  expect(walk(secioHandshakeMachine, input, checking.held as never).snapshot.context).toEqual({ timeoutMs: 30_000 });
});
