/**
 * Resolving the names in the addresses of one dial: look-ups until nothing is left to ask.
 *
 *   resolving --lookups.done--> resolved
 *     | lookups.failed (nothing was found) -> failed
 *     | deadline --------------------------> timedOut
 *     | local.cancel ----------------------> cancelled
 *
 * How names lead to names, and where that ends, is for the actor: actors/swarm/resolution.ts. When the deadline comes, what
 * is found already is dialed.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface ResolutionInput {
  readonly timeoutMs: number;
}

export type ResolutionEvent =
  | { readonly type: 'lookups.done' }
  | { readonly type: 'lookups.failed'; readonly code: ErrorCode }
  | { readonly type: 'local.cancel' };

export type ResolutionEffect =
  | { readonly type: 'ask.names' }
  | { readonly type: 'report.resolved' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const resolutionMachine = setup({
  types: {
    input: {} as ResolutionInput,
    context: {} as ResolutionInput,
    events: {} as ResolutionEvent,
    emitted: {} as ResolutionEffect,
  },
  delays: { resolveTimeout: ({ context }) => context.timeoutMs },
  actions: {
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'resolution',
  context: ({ input }) => input,
  initial: 'resolving',
  on: { '*': '.unexpected' },
  states: {
    resolving: {
      entry: emit({ type: 'ask.names' }),
      after: { resolveTimeout: 'timedOut' },
      on: {
        'lookups.done': 'resolved',
        'lookups.failed': 'failed',
        'local.cancel': 'cancelled',
      },
    },
    resolved: { type: 'final', entry: emit({ type: 'report.resolved' }) },
    failed: {
      type: 'final',
      entry: {
        type: 'reportFailed',
        params: ({ event }) => ({ code: event.type === 'lookups.failed' ? event.code : 'ERR_RESOLVE_FAILED' }),
      },
    },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RESOLVE_TIMEOUT' } } },
    cancelled: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_ABORTED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_CONNECTION_UNEXPECTED' } } },
  },
});
