/**
 * The ping monitor of one connection: a ping after each rest, and the end of a connection that answers none.
 *
 *   resting --after the rest--> pinging --ping.echoed--> resting (failures: none)
 *                               pinging --ping.failed--> resting (one more), or lost when it is one too many
 *                               pinging --ping.unsupported--> unsupported
 *   any: local.stop -> stopped
 *
 * How long each rest is comes with the event before it: the actor has the dice.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface PingMonitorInput {
  /** Failures in a row that end the connection. */
  readonly maxFailures: number;
  /** The first rest. */
  readonly restMs: number;
}

export interface PingMonitorContext extends PingMonitorInput {
  readonly failures: number;
}

export type PingMonitorEvent =
  | { readonly type: 'ping.echoed'; readonly restMs: number }
  | { readonly type: 'ping.failed'; readonly restMs: number }
  /** The peer does not speak ping. */
  | { readonly type: 'ping.unsupported' }
  /** The connection is gone, or the node stops. */
  | { readonly type: 'local.stop' };

export type PingMonitorEffect =
  | { readonly type: 'open.ping' }
  | { readonly type: 'report.ended' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const pingMonitorMachine = setup({
  types: {
    input: {} as PingMonitorInput,
    context: {} as PingMonitorContext,
    events: {} as PingMonitorEvent,
    emitted: {} as PingMonitorEffect,
  },
  delays: { pingRest: ({ context }) => context.restMs },
  guards: { isLast: ({ context }) => context.failures + 1 >= context.maxFailures },
  actions: {
    forgive: assign((_, params: { restMs: number }) => ({ failures: 0, restMs: params.restMs })),
    countFailure: assign(({ context }, params: { restMs: number }) => ({
      failures: context.failures + 1,
      restMs: params.restMs,
    })),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'pingMonitor',
  context: ({ input }) => ({ ...input, failures: 0 }),
  initial: 'resting',
  // Reached only when the state below says nothing.
  on: { 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    resting: { after: { pingRest: 'pinging' } },
    pinging: {
      entry: emit({ type: 'open.ping' }),
      on: {
        'ping.echoed': {
          target: 'resting',
          actions: { type: 'forgive', params: ({ event }) => ({ restMs: event.restMs }) },
        },
        'ping.failed': [
          { guard: 'isLast', target: 'lost' },
          { target: 'resting', actions: { type: 'countFailure', params: ({ event }) => ({ restMs: event.restMs }) } },
        ],
        'ping.unsupported': 'unsupported',
      },
    },
    unsupported: { type: 'final', entry: emit({ type: 'report.ended' }) },
    stopped: { type: 'final', entry: emit({ type: 'report.ended' }) },
    lost: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_PING_MONITOR_LOST' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_PING_MONITOR_UNEXPECTED' } } },
  },
});
