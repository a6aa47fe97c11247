/**
 * One yamux session (libp2p/specs yamux/README.md, "Session termination"), with its keep-alive beside it.
 *
 *   live ----------------------------------------------------------------------------.
 *   | streams:   open --local.goAway--> localGoAway --wire.goAway--> bothGoAway       |
 *   |              '----wire.goAway---> remoteGoAway --local.goAway------'            |
 *   | keepAlive: resting --(keepAlive)--> awaitingPeer --peer.heard--> resting        |
 *   '---------------------------------------------------------------------------------'
 *     | somebody goes away and no stream is left --> closed
 *     | wire.violation --> violated       | wire.goAway with an error code --> goneAway
 *     | local.dispose ---> disposed       | (keepAliveTimeout) --------------> silent
 *     | transport.ended, transport.failed --> closed without streams, else transportLost
 *
 * A ping is sent at the start, for the round-trip time, and then once an interval as go and js do. Any frame of the peer
 * counts as its answer: a pong may be stuck behind data.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface YamuxSessionInput {
  readonly keepAliveMs: number;
  /** From a keep-alive ping to the first sign of life. */
  readonly keepAliveTimeoutMs: number;
}

export interface YamuxSessionContext extends YamuxSessionInput {
  /** The peer's fault, once it made one. */
  readonly violation: ErrorCode | undefined;
}

/** `idle`: no stream is live at that moment. */
export type YamuxSessionEvent =
  | { readonly type: 'wire.goAway'; readonly code: number; readonly idle: boolean }
  | { readonly type: 'wire.violation'; readonly code: ErrorCode }
  | { readonly type: 'peer.heard' }
  | { readonly type: 'streams.idle' }
  | { readonly type: 'local.goAway'; readonly code: number; readonly idle: boolean }
  | { readonly type: 'local.dispose'; readonly code: number }
  | { readonly type: 'transport.ended'; readonly idle: boolean }
  | { readonly type: 'transport.failed' };

export type YamuxSessionEffect =
  | { readonly type: 'send.ping' }
  | { readonly type: 'send.goAway'; readonly code: number }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

const REMOTE_ERROR = { guard: 'isError', target: '#yamuxSession.goneAway' } as const;
const CLOSED_IF_IDLE = { guard: 'isIdle', target: '#yamuxSession.closed' } as const;

export const yamuxSessionMachine = setup({
  types: {
    input: {} as YamuxSessionInput,
    context: {} as YamuxSessionContext,
    events: {} as YamuxSessionEvent,
    emitted: {} as YamuxSessionEffect,
  },
  delays: {
    keepAlive: ({ context }) => context.keepAliveMs,
    keepAliveTimeout: ({ context }) => context.keepAliveTimeoutMs,
  },
  guards: {
    isIdle: ({ event }) => 'idle' in event && event.idle,
    isError: ({ event }) => event.type === 'wire.goAway' && event.code !== 0,
  },
  actions: {
    keepViolation: assign({ violation: (_, params: { code: ErrorCode }) => params.code }),
    sendGoAway: emit((_, params: { code: number }) => ({ type: 'send.goAway', code: params.code }) as const),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
    reportViolation: emit(
      ({ context }) => ({ type: 'report.failed', code: context.violation ?? 'ERR_YAMUX_UNEXPECTED' }) as const,
    ),
  },
}).createMachine({
  id: 'yamuxSession',
  context: ({ input }) => ({ ...input, violation: undefined }),
  initial: 'live',
  on: { '*': '.unexpected' },
  states: {
    live: {
      type: 'parallel',
      entry: emit({ type: 'send.ping' }),
      on: {
        'wire.violation': {
          target: 'violated',
          actions: { type: 'keepViolation', params: ({ event }) => ({ code: event.code }) },
        },
        'transport.ended': [CLOSED_IF_IDLE, 'transportLost'],
        'transport.failed': 'transportLost',
        'local.dispose': {
          target: 'disposed',
          actions: { type: 'sendGoAway', params: ({ event }) => ({ code: event.code }) },
        },
      },
      states: {
        streams: {
          initial: 'open',
          states: {
            open: {
              on: {
                'wire.goAway': [REMOTE_ERROR, CLOSED_IF_IDLE, 'remoteGoAway'],
                'local.goAway': [
                  { ...CLOSED_IF_IDLE, actions: { type: 'sendGoAway', params: ({ event }) => ({ code: event.code }) } },
                  {
                    target: 'localGoAway',
                    actions: { type: 'sendGoAway', params: ({ event }) => ({ code: event.code }) },
                  },
                ],
                'streams.idle': {},
              },
            },
            localGoAway: {
              on: {
                'wire.goAway': [REMOTE_ERROR, CLOSED_IF_IDLE, 'bothGoAway'],
                'local.goAway': {},
                'local.dispose': '#yamuxSession.disposed',
                'streams.idle': '#yamuxSession.closed',
              },
            },
            remoteGoAway: {
              on: {
                'wire.goAway': [REMOTE_ERROR, {}],
                'local.goAway': {
                  target: 'bothGoAway',
                  actions: { type: 'sendGoAway', params: ({ event }) => ({ code: event.code }) },
                },
                'streams.idle': '#yamuxSession.closed',
              },
            },
            bothGoAway: {
              on: {
                'wire.goAway': [REMOTE_ERROR, {}],
                'local.goAway': {},
                'local.dispose': '#yamuxSession.disposed',
                'streams.idle': '#yamuxSession.closed',
              },
            },
          },
        },
        keepAlive: {
          initial: 'resting',
          states: {
            resting: { after: { keepAlive: 'awaitingPeer' }, on: { 'peer.heard': {} } },
            awaitingPeer: {
              entry: emit({ type: 'send.ping' }),
              after: { keepAliveTimeout: '#yamuxSession.silent' },
              on: { 'peer.heard': 'resting' },
            },
          },
        },
      },
    },
    closed: { type: 'final', entry: emit({ type: 'report.closed' }) },
    disposed: { type: 'final' },
    violated: { type: 'final', entry: [emit({ type: 'send.goAway', code: 1 }), 'reportViolation'] },
    goneAway: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_YAMUX_GO_AWAY' } } },
    silent: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_YAMUX_KEEPALIVE' } } },
    transportLost: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRANSPORT_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_YAMUX_UNEXPECTED' } } },
  },
});
