import { describe, expect, test } from '@jest/globals';
import { getShortestPaths } from 'xstate/graph';
import { connectionMachine, type ConnectionEvent } from '../../src/machines/connection.js';
import { deadline, walk } from '../support/walk.js';

const input = { connectTimeoutMs: 10_000, upgradeTimeoutMs: 30_000, closeTimeoutMs: 2_000 };
const connected: ConnectionEvent = { type: 'transport.connected' };
const selected = (protocol: string): ConnectionEvent => ({ type: 'multistream.selected', protocol });
const secured: ConnectionEvent = { type: 'security.secured' };
const securedWithMuxer: ConnectionEvent = { type: 'security.secured', muxer: '/yamux/1.0.0' };
const failed: ConnectionEvent = { type: 'layer.failed', code: 'ERR_SECIO_BAD_MAC' };
const ended: ConnectionEvent = { type: 'transport.ended' };
const closed: ConnectionEvent = { type: 'transport.closed' };
const close: ConnectionEvent = { type: 'local.close' };
const muxerEnded: ConnectionEvent = { type: 'muxer.ended' };
const upgradeDeadline = deadline('upgradeTimeout', 'connection.upgrading') as ConnectionEvent;
const connectDeadline = deadline('connectTimeout', 'connection.upgrading.connecting') as ConnectionEvent;
const closeDeadline = deadline('closeTimeout', 'connection.draining') as ConnectionEvent;
const upgraded = [connected, selected('/noise'), securedWithMuxer];

const cases: { name: string; events: ConnectionEvent[]; state: string; effects: object[] }[] = [
  { name: 'nothing yet', events: [], state: 'upgrading.connecting', effects: [] },
  {
    name: 'the whole chain',
    events: [connected, selected('/secio/1.0.0'), secured, selected('/yamux/1.0.0')],
    state: 'open',
    effects: [
      { type: 'negotiate.security' },
      { type: 'start.security', protocol: '/secio/1.0.0' },
      { type: 'negotiate.muxer' },
      { type: 'install.muxer', protocol: '/yamux/1.0.0' },
      { type: 'report.open' },
    ],
  },
  {
    name: 'muxer agreed inside the handshake: no inner multistream',
    events: upgraded,
    state: 'open',
    effects: [
      { type: 'negotiate.security' },
      { type: 'start.security', protocol: '/noise' },
      { type: 'install.muxer', protocol: '/yamux/1.0.0' },
      { type: 'report.open' },
    ],
  },
  {
    name: 'a layer fails during the upgrade',
    events: [connected, failed],
    state: 'failed',
    effects: [{ type: 'negotiate.security' }, { type: 'report.failed', code: 'ERR_SECIO_BAD_MAC' }],
  },
  {
    name: 'the peer ends before anything is agreed',
    events: [connected, ended],
    state: 'ended',
    effects: [{ type: 'negotiate.security' }, { type: 'report.failed', code: 'ERR_TRANSPORT_ENDED' }],
  },
  {
    name: 'the peer drops before anything is agreed',
    events: [connected, closed],
    state: 'ended',
    effects: [{ type: 'negotiate.security' }, { type: 'report.failed', code: 'ERR_TRANSPORT_ENDED' }],
  },
  {
    name: 'the caller gives up while connecting',
    events: [close],
    state: 'aborted',
    effects: [{ type: 'report.failed', code: 'ERR_ABORTED' }],
  },
  {
    name: 'the transport does not connect',
    events: [connectDeadline],
    state: 'unreachable',
    effects: [{ type: 'report.failed', code: 'ERR_DIAL_TIMEOUT' }],
  },
  {
    name: 'the peer is silent',
    events: [connected, upgradeDeadline],
    state: 'timedOut',
    effects: [{ type: 'negotiate.security' }, { type: 'report.failed', code: 'ERR_UPGRADE_TIMEOUT' }],
  },
  {
    name: 'secured before security was negotiated',
    events: [connected, secured],
    state: 'unexpected',
    effects: [{ type: 'negotiate.security' }, { type: 'report.failed', code: 'ERR_CONNECTION_UNEXPECTED' }],
  },
  { name: 'connected twice', events: [...upgraded, connected], state: 'unexpected', effects: [] },
  { name: 'a layer fails when open', events: [...upgraded, failed], state: 'failed', effects: [] },
  { name: 'closed in order', events: [...upgraded, close, closed], state: 'closed', effects: [] },
  { name: 'the peer ends', events: [...upgraded, ended, closed], state: 'closed', effects: [] },
  { name: 'the muxer ends', events: [...upgraded, muxerEnded, closed], state: 'closed', effects: [] },
  { name: 'the transport is dropped', events: [...upgraded, closed], state: 'closed', effects: [] },
  { name: 'the peer never ends', events: [...upgraded, close, closeDeadline], state: 'closed', effects: [] },
  {
    name: 'layers talk while draining',
    events: [...upgraded, close, muxerEnded, failed, ended, close],
    state: 'draining',
    effects: [],
  },
];

describe('connection machine', () => {
  test.each(cases)('$name -> $state', ({ events, state, effects }) => {
    const end = walk(connectionMachine, input, events);
    expect(end.state).toBe(state);
    if (effects.length > 0) expect(end.effects).toEqual(effects);
  });

  test('closing from open says good-bye, then ends the transport, then reports', () => {
    const before = walk(connectionMachine, input, upgraded).effects.length;
    const { effects } = walk(connectionMachine, input, [...upgraded, close, closed]);
    expect(effects.slice(before)).toEqual([
      { type: 'close.muxer' },
      { type: 'end.transport' },
      { type: 'report.closed' },
    ]);
  });

  test('every state is reachable, deadlines included', () => {
    const events = [connected, selected('/noise'), secured, securedWithMuxer, failed, ended, closed, close, muxerEnded];
    const reached = getShortestPaths(connectionMachine, {
      input,
      events: [...events, upgradeDeadline, closeDeadline, connectDeadline],
    });
    const names = new Set(reached.map(({ state }) => JSON.stringify(state.value)));
    expect([...names].sort()).toEqual(
      [
        ...['connecting', 'handshaking', 'negotiatingMuxer', 'negotiatingSecurity'].map((upgrading) => ({ upgrading })),
        ...['open', 'draining', 'closed', 'failed', 'ended', 'aborted', 'timedOut', 'unreachable', 'unexpected'],
      ]
        .map((value) => JSON.stringify(value))
        .sort(),
    );
  });
});
