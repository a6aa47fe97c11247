/**
 * One registration of ours at a rendezvous point, from the first REGISTER to UNREGISTER (libp2p/specs rendezvous/README.md,
 * "Registration Lifetime"): renewed before it ends, tried again when a renewal fails.
 *
 *   registering --point.registered--> registered --renewal or local.change--> registering
 *     | point.failed, the first time -> failed
 *     | point.failed, held before: waiting --retry or local.change--> registering
 *     | local.change: once more when this one is answered
 *   any: local.stop -> stopped (says UNREGISTER, which is nothing to a point that has not taken it)
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RendezvousRegistrationInput {
  /** From a renewal that failed to the next. */
  readonly retryMs: number;
}

export interface RendezvousRegistrationContext extends RendezvousRegistrationInput {
  /** Whether the point has ever taken it. */
  readonly held: boolean;
  /** Whether what is being registered has changed since it was sent. */
  readonly stale: boolean;
  /** From a registration to its renewal. */
  readonly renewalMs: number;
}

export type RendezvousRegistrationEvent =
  /** The point took it. */
  | { readonly type: 'point.registered'; readonly renewalMs: number }
  /** It refused, or could not be asked. */
  | { readonly type: 'point.failed'; readonly code: ErrorCode }
  /** What is registered has changed: our addresses. */
  | { readonly type: 'local.change' }
  | { readonly type: 'local.stop' };

export type RendezvousRegistrationEffect =
  | { readonly type: 'send.register' }
  | { readonly type: 'send.unregister' }
  | { readonly type: 'report.registered' }
  /** A renewal failed: it is tried again. */
  | { readonly type: 'report.delayed'; readonly code: ErrorCode }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const rendezvousRegistrationMachine = setup({
  types: {
    input: {} as RendezvousRegistrationInput,
    context: {} as RendezvousRegistrationContext,
    events: {} as RendezvousRegistrationEvent,
    emitted: {} as RendezvousRegistrationEffect,
  },
  delays: {
    rendezvousRenewal: ({ context }) => context.renewalMs,
    rendezvousRetry: ({ context }) => context.retryMs,
  },
  guards: { wasHeld: ({ context }) => context.held, isStale: ({ context }) => context.stale },
  actions: {
    hold: assign((_, params: { renewalMs: number }) => ({ held: true, renewalMs: params.renewalMs })),
    noteStale: assign({ stale: true }),
    noteSent: assign({ stale: false }),
    sendUnregister: emit({ type: 'send.unregister' }),
    reportDelayed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.delayed', code: params.code }) as const),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'rendezvousRegistration',
  context: ({ input }) => ({ ...input, held: false, stale: false, renewalMs: 0 }),
  initial: 'registering',
  // Reached only when the state below says nothing.
  on: {
    'local.stop': { target: '.stopped', actions: 'sendUnregister' },
    '*': '.unexpected',
  },
  states: {
    registering: {
      entry: ['noteSent', emit({ type: 'send.register' })],
      on: {
        'point.registered': [
          {
            guard: 'isStale',
            target: 'registering',
            reenter: true,
            actions: { type: 'hold', params: ({ event }) => ({ renewalMs: event.renewalMs }) },
          },
          {
            target: 'registered',
            actions: { type: 'hold', params: ({ event }) => ({ renewalMs: event.renewalMs }) },
          },
        ],
        'point.failed': [
          {
            guard: 'wasHeld',
            target: 'waiting',
            actions: { type: 'reportDelayed', params: ({ event }) => ({ code: event.code }) },
          },
          { target: 'failed', actions: { type: 'reportFailed', params: ({ event }) => ({ code: event.code }) } },
        ],
        'local.change': { actions: 'noteStale' },
      },
    },
    registered: {
      entry: emit({ type: 'report.registered' }),
      after: { rendezvousRenewal: 'registering' },
      on: { 'local.change': 'registering' },
    },
    waiting: {
      after: { rendezvousRetry: 'registering' },
      on: { 'local.change': 'registering' },
    },
    failed: { type: 'final' },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_UNEXPECTED' } } },
  },
});
