/**
 * One mplex session (libp2p/specs mplex/README.md). mplex knows neither farewell nor ping: all that a session can say of
 * its end is a reset of each stream.
 *
 *   live { open --local.goAway--> goingAway }
 *     | we go away and no stream is left --> closed
 *     | wire.violation --> violated       | local.dispose --> disposed
 *     | transport.ended, transport.failed --> closed without streams, else transportLost
 *
 * Going away is ours alone: the peer hears of it by the reset of the next stream that it opens.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface MplexSessionContext {
  /** The peer's fault, once it made one. */
  readonly violation: ErrorCode | undefined;
}

/** `idle`: no stream is live at that moment. */
export type MplexSessionEvent =
  | { readonly type: 'wire.violation'; readonly code: ErrorCode }
  | { readonly type: 'streams.idle' }
  | { readonly type: 'local.goAway'; readonly idle: boolean }
  | { readonly type: 'local.dispose' }
  | { readonly type: 'transport.ended'; readonly idle: boolean }
  | { readonly type: 'transport.failed' };

export type MplexSessionEffect =
  | { readonly type: 'reset.streams' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

const CLOSED_IF_IDLE = { guard: 'isIdle', target: '#mplexSession.closed' } as const;

export const mplexSessionMachine = setup({
  types: {
    context: {} as MplexSessionContext,
    events: {} as MplexSessionEvent,
    emitted: {} as MplexSessionEffect,
  },
  guards: {
    isIdle: ({ event }) => 'idle' in event && event.idle,
  },
  actions: {
    keepViolation: assign({ violation: (_, params: { code: ErrorCode }) => params.code }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
    reportViolation: emit(
      ({ context }) => ({ type: 'report.failed', code: context.violation ?? 'ERR_MPLEX_UNEXPECTED' }) as const,
    ),
  },
}).createMachine({
  id: 'mplexSession',
  context: { violation: undefined },
  initial: 'live',
  on: { '*': '.unexpected' },
  states: {
    live: {
      initial: 'open',
      on: {
        'wire.violation': {
          target: 'violated',
          actions: { type: 'keepViolation', params: ({ event }) => ({ code: event.code }) },
        },
        'transport.ended': [CLOSED_IF_IDLE, 'transportLost'],
        'transport.failed': 'transportLost',
        'local.dispose': 'disposed',
      },
      states: {
        open: { on: { 'local.goAway': [CLOSED_IF_IDLE, 'goingAway'] } },
        goingAway: { on: { 'local.goAway': {}, 'streams.idle': '#mplexSession.closed' } },
      },
    },
    closed: { type: 'final', entry: emit({ type: 'report.closed' }) },
    disposed: { type: 'final', entry: emit({ type: 'reset.streams' }) },
    violated: { type: 'final', entry: [emit({ type: 'reset.streams' }), 'reportViolation'] },
    transportLost: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRANSPORT_ENDED' } } },
    unexpected: {
      type: 'final',
      entry: [emit({ type: 'reset.streams' }), { type: 'reportFailed', params: { code: 'ERR_MPLEX_UNEXPECTED' } }],
    },
  },
});
