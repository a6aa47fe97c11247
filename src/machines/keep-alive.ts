/**
 * Keeping one peer connected: dialed when it is not, and again after a pause that grows with each failure.
 *
 *   dialing --peer.connected--> connected --peer.disconnected--> awaitingRetry --(retry)--> dialing
 *      | dial.failed                ^                               ^    |
 *      '----------------------------|-------------------------------'    |
 *                                   '----------peer.connected------------'
 *
 *   local.release -> released, from everywhere
 *
 * Whoever dials, we or the peer: what counts is that there is a connection. The pause, jitter and all, comes with the event
 * that leads to it: chance is the actor's.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface KeepAliveContext {
  /** The pause at hand. */
  readonly retryMs: number;
}

/** `dial.failed`: also of a dial that somebody cancelled. */
export type KeepAliveEvent =
  | { readonly type: 'peer.connected' }
  | { readonly type: 'peer.disconnected'; readonly retryMs: number }
  | { readonly type: 'dial.failed'; readonly retryMs: number }
  | { readonly type: 'local.release' };

export type KeepAliveEffect =
  | { readonly type: 'dial.peer' }
  | { readonly type: 'report.connected' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const keepAliveMachine = setup({
  types: {
    context: {} as KeepAliveContext,
    events: {} as KeepAliveEvent,
    emitted: {} as KeepAliveEffect,
  },
  delays: { retry: ({ context }) => context.retryMs },
  actions: {
    keepRetry: assign({ retryMs: (_, params: { retryMs: number }) => params.retryMs }),
    dialPeer: emit({ type: 'dial.peer' }),
  },
}).createMachine({
  id: 'keepAlive',
  context: { retryMs: 0 },
  initial: 'dialing',
  on: { 'local.release': '.released', '*': '.unexpected' },
  states: {
    dialing: {
      entry: 'dialPeer',
      on: {
        'peer.connected': 'connected',
        // A connection that came and went while we dialed: the dial still tells how it ended.
        'peer.disconnected': {},
        'dial.failed': {
          target: 'awaitingRetry',
          actions: { type: 'keepRetry', params: ({ event }) => ({ retryMs: event.retryMs }) },
        },
      },
    },
    awaitingRetry: {
      after: { retry: 'dialing' },
      on: { 'peer.connected': 'connected', 'peer.disconnected': {}, 'dial.failed': {} },
    },
    connected: {
      entry: emit({ type: 'report.connected' }),
      on: {
        'peer.connected': {},
        // The peer was faster than our own dial.
        'dial.failed': {},
        'peer.disconnected': {
          target: 'awaitingRetry',
          actions: { type: 'keepRetry', params: ({ event }) => ({ retryMs: event.retryMs }) },
        },
      },
    },
    released: { type: 'final' },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_KEEP_ALIVE_UNEXPECTED' }) },
  },
});
