/**
 * One router of a routing call.
 *
 *   asking --router.answered--> answering (and again)
 *   either: router.completed -> finished
 *           router.failed ----> failed
 *           deadline ---------> timedOut      (what was answered stays answered)
 *           local.cancel -----> cancelled
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RouterAskInput {
  /** From the question to the last answer. */
  readonly timeoutMs: number;
}

export type RouterAskEvent =
  /** An answer was passed on. */
  | { readonly type: 'router.answered' }
  /** There are no more. */
  | { readonly type: 'router.completed' }
  | { readonly type: 'router.failed'; readonly code: ErrorCode }
  /** Nobody waits for it any more. */
  | { readonly type: 'local.cancel' };

export type RouterAskEffect =
  | { readonly type: 'ask.router' }
  /** Unsubscribe from it: whatever it still has is of no use. */
  | { readonly type: 'drop.router' }
  | { readonly type: 'report.finished' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const routerAskMachine = setup({
  types: {
    input: {} as RouterAskInput,
    context: {} as RouterAskInput,
    events: {} as RouterAskEvent,
    emitted: {} as RouterAskEffect,
  },
  delays: { routerTimeout: ({ context }) => context.timeoutMs },
  actions: {
    dropRouter: emit({ type: 'drop.router' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'routerAsk',
  context: ({ input }) => input,
  initial: 'asking',
  after: { routerTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: {
    'router.completed': '.finished',
    'router.failed': '.failed',
    'local.cancel': '.cancelled',
    '*': '.unexpected',
  },
  states: {
    asking: { entry: emit({ type: 'ask.router' }), on: { 'router.answered': 'answering' } },
    answering: { on: { 'router.answered': {} } },
    finished: { type: 'final', entry: emit({ type: 'report.finished' }) },
    failed: {
      type: 'final',
      entry: {
        type: 'reportFailed',
        params: ({ event }) => ({ code: event.type === 'router.failed' ? event.code : 'ERR_ROUTING_FAILED' }),
      },
    },
    timedOut: {
      type: 'final',
      entry: ['dropRouter', { type: 'reportFailed', params: { code: 'ERR_ROUTING_TIMEOUT' } }],
    },
    cancelled: { type: 'final', entry: ['dropRouter', { type: 'reportFailed', params: { code: 'ERR_ABORTED' } }] },
    unexpected: {
      type: 'final',
      entry: ['dropRouter', { type: 'reportFailed', params: { code: 'ERR_ROUTING_UNEXPECTED' } }],
    },
  },
});
