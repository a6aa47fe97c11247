/**
 * One SPDY/3.1 session (draft-mbelshe-httpbis-spdy-00 2.1, 2.4.1, 2.6.4 to 2.6.6), with its keep-alive beside it.
 *
 *   live ----------------------------------------------------------------------------.
 *   | streams:   open --local.goAway--> localGoAway --wire.goAway--> bothGoAway       |
 *   |              '----wire.goAway---> remoteGoAway --local.goAway------'            |
 *   | keepAlive: resting --(keepAlive)--> awaitingPeer --peer.heard--> resting        |
 *   '---------------------------------------------------------------------------------'
 *     | somebody goes away and no stream is left --> closed
 *     | wire.violation --> violated       | wire.goAway with an error status --> goneAway
 *     | local.dispose ---> disposed       | (keepAliveTimeout) --------------> silent
 *     | transport.ended, transport.failed --> closed without streams, else transportLost
 *
 * Our settings are the first frame; nobody waits for the other's, which may come at any time and more than once. Any
 * frame of the peer counts as the answer to a ping: a pong may be stuck behind data.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface SpdySessionInput {
  readonly keepAliveMs: number;
  /** From a keep-alive ping to the first sign of life. */
  readonly keepAliveTimeoutMs: number;
}

export interface SpdySessionContext extends SpdySessionInput {
  /** The peer's fault, once it made one. */
  readonly violation: ErrorCode | undefined;
}

/** `idle`: no stream is live at that moment; of a go-away, after the streams that the peer will not serve are gone. */
export type SpdySessionEvent =
  | { readonly type: 'wire.goAway'; readonly status: number; readonly idle: boolean }
  | { readonly type: 'wire.settings' }
  | { readonly type: 'wire.violation'; readonly code: ErrorCode }
  | { readonly type: 'peer.heard' }
  | { readonly type: 'streams.idle' }
  | { readonly type: 'local.goAway'; readonly status: number; readonly idle: boolean }
  | { readonly type: 'local.dispose'; readonly status: number }
  | { readonly type: 'transport.ended'; readonly idle: boolean }
  | { readonly type: 'transport.failed' };

export type SpdySessionEffect =
  | { readonly type: 'send.settings' }
  | { readonly type: 'apply.settings' }
  | { readonly type: 'send.ping' }
  | { readonly type: 'send.goAway'; readonly status: number }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

const REMOTE_ERROR = { guard: 'isError', target: '#spdySession.goneAway' } as const;
const CLOSED_IF_IDLE = { guard: 'isIdle', target: '#spdySession.closed' } as const;

export const spdySessionMachine = setup({
  types: {
    input: {} as SpdySessionInput,
    context: {} as SpdySessionContext,
    events: {} as SpdySessionEvent,
    emitted: {} as SpdySessionEffect,
  },
  delays: {
    keepAlive: ({ context }) => context.keepAliveMs,
    keepAliveTimeout: ({ context }) => context.keepAliveTimeoutMs,
  },
  guards: {
    isIdle: ({ event }) => 'idle' in event && event.idle,
    isError: ({ event }) => event.type === 'wire.goAway' && event.status !== 0,
  },
  actions: {
    keepViolation: assign({ violation: (_, params: { code: ErrorCode }) => params.code }),
    sendGoAway: emit((_, params: { status: number }) => ({ type: 'send.goAway', status: params.status }) as const),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
    reportViolation: emit(
      ({ context }) => ({ type: 'report.failed', code: context.violation ?? 'ERR_SPDY_UNEXPECTED' }) as const,
    ),
  },
}).createMachine({
  id: 'spdySession',
  context: ({ input }) => ({ ...input, violation: undefined }),
  initial: 'live',
  on: { '*': '.unexpected' },
  states: {
    live: {
      type: 'parallel',
      entry: emit({ type: 'send.settings' }),
      on: {
        'wire.settings': { actions: emit({ type: 'apply.settings' }) },
        'wire.violation': {
          target: 'violated',
          actions: { type: 'keepViolation', params: ({ event }) => ({ code: event.code }) },
        },
        'transport.ended': [CLOSED_IF_IDLE, 'transportLost'],
        'transport.failed': 'transportLost',
        'local.dispose': {
          target: 'disposed',
          actions: { type: 'sendGoAway', params: ({ event }) => ({ status: event.status }) },
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
                  {
                    ...CLOSED_IF_IDLE,
                    actions: { type: 'sendGoAway', params: ({ event }) => ({ status: event.status }) },
                  },
                  {
                    target: 'localGoAway',
                    actions: { type: 'sendGoAway', params: ({ event }) => ({ status: event.status }) },
                  },
                ],
                'streams.idle': {},
              },
            },
            localGoAway: {
              on: {
                'wire.goAway': [REMOTE_ERROR, CLOSED_IF_IDLE, 'bothGoAway'],
                'local.goAway': {},
                'local.dispose': '#spdySession.disposed',
                'streams.idle': '#spdySession.closed',
              },
            },
            remoteGoAway: {
              on: {
                'wire.goAway': [REMOTE_ERROR, {}],
                'local.goAway': {
                  target: 'bothGoAway',
                  actions: { type: 'sendGoAway', params: ({ event }) => ({ status: event.status }) },
                },
                'streams.idle': '#spdySession.closed',
              },
            },
            bothGoAway: {
              on: {
                'wire.goAway': [REMOTE_ERROR, {}],
                'local.goAway': {},
                'local.dispose': '#spdySession.disposed',
                'streams.idle': '#spdySession.closed',
              },
            },
          },
        },
        keepAlive: {
          initial: 'resting',
          states: {
            resting: { after: { keepAlive: 'awaitingPeer' } },
            awaitingPeer: {
              entry: emit({ type: 'send.ping' }),
              after: { keepAliveTimeout: '#spdySession.silent' },
              on: { 'peer.heard': 'resting' },
            },
          },
        },
      },
    },
    closed: { type: 'final', entry: emit({ type: 'report.closed' }) },
    disposed: { type: 'final' },
    violated: { type: 'final', entry: [emit({ type: 'send.goAway', status: 1 }), 'reportViolation'] },
    goneAway: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_SPDY_GO_AWAY' } } },
    silent: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_SPDY_KEEPALIVE' } } },
    transportLost: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRANSPORT_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_SPDY_UNEXPECTED' } } },
  },
});
