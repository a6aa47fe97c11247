/** The TLS machines of both roles: every state, every event in every state, and what each way orders. */
import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { statePath } from '../../src/actors/chart/state-path.js';
import { tlsClientMachine } from '../../src/machines/tls-client.js';
import { tlsServerMachine } from '../../src/machines/tls-server.js';
import { deadline, walk } from '../support/walk.js';

const input = { timeoutMs: 30_000 };
const COMMON_EVENTS = [
  'wire.certificate',
  'wire.certificateVerify',
  'wire.finished',
  'wire.other',
  'wire.malformed',
  'wire.badRecord',
  'wire.flood',
  'wire.alert',
  'crypto.accepted',
  'crypto.malformed',
  'crypto.noCommonVersion',
  'crypto.noCommonSuite',
  'crypto.noCommonProtocol',
  'crypto.badCertificate',
  'crypto.peerMismatch',
  'crypto.badSignature',
  'crypto.badFinished',
  'transport.ended',
  'transport.failed',
];
const CODES: Readonly<Record<string, string>> = {
  badRecord: 'ERR_TLS_BAD_RECORD',
  badMessage: 'ERR_TLS_BAD_MESSAGE',
  noCommonVersion: 'ERR_TLS_NO_COMMON_VERSION',
  noCommonSuite: 'ERR_TLS_NO_COMMON_SUITE',
  badCertificate: 'ERR_TLS_BAD_CERTIFICATE',
  peerMismatch: 'ERR_PEER_ID_MISMATCH',
  badSignature: 'ERR_TLS_BAD_SIGNATURE',
  badFinished: 'ERR_TLS_BAD_FINISHED',
  flooded: 'ERR_TLS_FLOOD',
  alerted: 'ERR_TLS_ALERT',
  unexpected: 'ERR_TLS_UNEXPECTED',
  timedOut: 'ERR_TLS_TIMEOUT',
  ended: 'ERR_TLS_ENDED',
};
/** Where events lead from any state. */
const ANYWHERE = {
  'wire.malformed': 'badMessage',
  'wire.badRecord': 'badRecord',
  'wire.flood': 'flooded',
  'wire.alert': 'alerted',
  'transport.ended': 'ended',
  'transport.failed': 'ended',
};
const BAD_HELLO = { 'crypto.malformed': 'badMessage', 'crypto.noCommonVersion': 'noCommonVersion' };
const BAD_OFFER = {
  ...BAD_HELLO,
  'crypto.noCommonSuite': 'noCommonSuite',
  'crypto.noCommonProtocol': 'noCommonProtocol',
};
const MALFORMED = { 'crypto.malformed': 'badMessage' };
const BAD_CERTIFICATE = {
  ...MALFORMED,
  'crypto.badCertificate': 'badCertificate',
  'crypto.peerMismatch': 'peerMismatch',
};
const BAD_SIGNATURE = { ...MALFORMED, 'crypto.badSignature': 'badSignature' };
const BAD_FINISHED = { ...MALFORMED, 'crypto.badFinished': 'badFinished' };

interface Row {
  readonly state: string;
  /** Events on the way to it. */
  readonly way: readonly string[];
  /** The only events that lead from it to anything but an end that any state has. */
  readonly legal: Readonly<Record<string, string>>;
}

/** One state after another: each is left by its first legal event. */
function chain(rows: readonly (readonly [state: string, legal: Readonly<Record<string, string>>])[]): readonly Row[] {
  const way: string[] = [];
  return rows.map(([state, legal]) => {
    const row = { state, way: [...way], legal };
    way.push(Object.keys(legal)[0] ?? '');
    return row;
  });
}

const CLIENT = chain([
  ['awaitingServerHello', { 'wire.serverHello': 'judgingServerHello', 'wire.helloRetryRequest': 'judgingRetry' }],
  ['judgingServerHello', { 'crypto.accepted': 'awaitingEncryptedExtensions', ...BAD_HELLO }],
  ['awaitingEncryptedExtensions', { 'wire.encryptedExtensions': 'judgingEncryptedExtensions' }],
  ['judgingEncryptedExtensions', { 'crypto.accepted': 'awaitingCertificateRequest', ...MALFORMED }],
  ['awaitingCertificateRequest', { 'wire.certificateRequest': 'judgingCertificateRequest' }],
  [
    'judgingCertificateRequest',
    { 'crypto.accepted': 'awaitingCertificate', ...MALFORMED, 'crypto.noCommonSuite': 'noCommonSuite' },
  ],
  ['awaitingCertificate', { 'wire.certificate': 'judgingCertificate' }],
  ['judgingCertificate', { 'crypto.accepted': 'awaitingCertificateVerify', ...BAD_CERTIFICATE }],
  ['awaitingCertificateVerify', { 'wire.certificateVerify': 'judgingCertificateVerify' }],
  ['judgingCertificateVerify', { 'crypto.accepted': 'awaitingFinished', ...BAD_SIGNATURE }],
  ['awaitingFinished', { 'wire.finished': 'judgingFinished' }],
  ['judgingFinished', { 'crypto.accepted': 'secured', ...BAD_FINISHED }],
]);
const CLIENT_RETRY = chain([
  ['awaitingServerHello', { 'wire.helloRetryRequest': 'judgingRetry', 'wire.serverHello': 'judgingServerHello' }],
  ['judgingRetry', { 'crypto.accepted': 'awaitingSecondServerHello', ...BAD_HELLO }],
  ['awaitingSecondServerHello', { 'wire.serverHello': 'judgingServerHello' }],
]);
const SERVER = chain([
  ['awaitingClientHello', { 'wire.clientHello': 'judgingClientHello' }],
  [
    'judgingClientHello',
    { 'crypto.accepted': 'awaitingCertificate', 'crypto.noShare': 'awaitingSecondClientHello', ...BAD_OFFER },
  ],
  ['awaitingCertificate', { 'wire.certificate': 'judgingCertificate' }],
  ['judgingCertificate', { 'crypto.accepted': 'awaitingCertificateVerify', ...BAD_CERTIFICATE }],
  ['awaitingCertificateVerify', { 'wire.certificateVerify': 'judgingCertificateVerify' }],
  ['judgingCertificateVerify', { 'crypto.accepted': 'awaitingFinished', ...BAD_SIGNATURE }],
  ['awaitingFinished', { 'wire.finished': 'judgingFinished' }],
  ['judgingFinished', { 'crypto.accepted': 'secured', ...BAD_FINISHED }],
]);
const SERVER_RETRY = chain([
  ['awaitingClientHello', { 'wire.clientHello': 'judgingClientHello' }],
  [
    'judgingClientHello',
    { 'crypto.noShare': 'awaitingSecondClientHello', 'crypto.accepted': 'awaitingCertificate', ...BAD_OFFER },
  ],
  ['awaitingSecondClientHello', { 'wire.clientHello': 'judgingSecondClientHello' }],
  ['judgingSecondClientHello', { 'crypto.accepted': 'awaitingCertificate', ...BAD_OFFER }],
]);

const ROLES = [
  {
    name: 'tlsClient',
    machine: tlsClientMachine,
    states: [...CLIENT, ...CLIENT_RETRY.slice(1)],
    events: [
      ...COMMON_EVENTS,
      'wire.serverHello',
      'wire.helloRetryRequest',
      'wire.encryptedExtensions',
      'wire.certificateRequest',
    ],
    codes: CODES,
  },
  {
    name: 'tlsServer',
    machine: tlsServerMachine,
    states: [...SERVER, ...SERVER_RETRY.slice(2)],
    events: [...COMMON_EVENTS, 'wire.clientHello', 'crypto.noShare'],
    codes: { ...CODES, noCommonProtocol: 'ERR_TLS_NO_COMMON_PROTOCOL' } as Readonly<Record<string, string>>,
  },
];
const typed = (types: readonly string[]): { readonly type: string }[] => types.map((type) => ({ type }));

describe('the ways to a channel', () => {
  test.each([
    {
      name: 'client',
      machine: tlsClientMachine,
      way: [...CLIENT.map(({ legal }) => Object.keys(legal)[0] ?? '')],
      effects: [
        'send.clientHello',
        'judge.serverHello',
        'judge.encryptedExtensions',
        'judge.certificateRequest',
        'judge.certificate',
        'judge.certificateVerify',
        'judge.finished',
        'send.flight',
        'report.secured',
      ],
    },
    {
      name: 'client, asked for another key',
      machine: tlsClientMachine,
      way: ['wire.helloRetryRequest', 'crypto.accepted', 'wire.serverHello', 'crypto.accepted'],
      effects: ['send.clientHello', 'judge.retry', 'send.secondClientHello', 'judge.serverHello'],
    },
    {
      name: 'server',
      machine: tlsServerMachine,
      way: [...SERVER.map(({ legal }) => Object.keys(legal)[0] ?? '')],
      effects: [
        'judge.clientHello',
        'send.flight',
        'judge.certificate',
        'judge.certificateVerify',
        'judge.finished',
        'report.secured',
      ],
    },
    {
      name: 'server, asking for another key',
      machine: tlsServerMachine,
      way: ['wire.clientHello', 'crypto.noShare', 'wire.clientHello', 'crypto.accepted'],
      effects: ['judge.clientHello', 'send.retry', 'judge.secondClientHello', 'send.flight'],
    },
  ])('$name', ({ machine, way, effects }) => {
    expect(
      (walk(machine, input, typed(way)).effects as readonly { readonly type: string }[]).map(({ type }) => type),
    ).toEqual(effects);
  });
});

describe.each(ROLES)('$name', ({ name, machine, states, events, codes }) => {
  const timeout = deadline('handshakeTimeout', name);

  describe.each(states)('$state', ({ state, way, legal }) => {
    test.each(events)('hears %s', (type) => {
      const expected: Readonly<Record<string, string>> = { ...ANYWHERE, ...legal };
      const target = expected[type] ?? 'unexpected';
      const before = walk(machine, input, typed(way));
      const after = walk(machine, input, typed([...way, type]));
      expect(before.state).toBe(state);
      expect(after.state).toBe(target);
      if (target in codes) {
        expect(after.effects.slice(before.effects.length)).toEqual([{ type: 'report.failed', code: codes[target] }]);
      }
    });

    test('its deadline', () => {
      const { state: end, effects } = walk(machine, input, [...typed(way), timeout]);
      expect(end).toBe('timedOut');
      expect(effects.at(-1)).toEqual({ type: 'report.failed', code: 'ERR_TLS_TIMEOUT' });
    });

    test('waits for a finding exactly where it is tagged so', () => {
      expect(walk(machine, input, typed(way)).snapshot.hasTag('paused')).toBe(state.startsWith('judging'));
    });
  });

  test('an event that nobody declared is unexpected, not ignored', () => {
    expect(walk(machine, input, [{ type: 'wire.surprise' }]).state).toBe('unexpected');
  });

  test('every end is final, and every state is reachable, the deadline included', () => {
    const ends = Object.entries<{ readonly type: string }>(machine.states).filter(([, node]) => node.type === 'final');
    expect(ends.map(([end]) => end).sort()).toEqual([...Object.keys(codes), 'secured'].sort());
    const paths = getShortestPaths(machine, { input, events: [...typed(events), timeout] as never });
    const reached = new Set(paths.map((path) => statePath(path.state.value)));
    expect([...reached].sort()).toEqual([...states.map(({ state }) => state), ...Object.keys(codes), 'secured'].sort());
  });

  test('the context holds no more than the deadline', () => {
    expect(walk(machine, input, []).snapshot.context).toEqual(input);
  });
});
