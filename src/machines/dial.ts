/**
 * Dialing one peer: its addresses by rank, each after its stagger or as soon as one before it failed, until a connection
 * is open (RFC 8305; ranks and figures: actors/swarm/dial-rank.ts).
 *
 *   dialing --addresses.more--> racing --connection.opened--> connected
 *     |                           |    --deadline-----------> timedOut
 *     |                           |    --local.cancel-------> cancelled
 *     |                           | staggering --stagger or connection.failed--> begin the next one:
 *     |                           |     staggering, or full where no more may be begun, or waiting where none is left
 *     |                           | full ------connection.failed--> begin the next one: full or waiting
 *     |                           | waiting ---connection.failed, others pend--> waiting
 *     |                           |         ---connection.failed, the last one---> exhausted
 *     | connection.opened: connected; local.cancel: cancelled
 *     | connection.failed: dialing with the next one, or exhausted
 *
 * A peer with one address never races. The deadline of one address is the connection's own (it knows in which state it
 * hung), so `dialing` has none; that of a race is for the whole. What loses a race is cancelled.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface DialInput {
  /** When each address has its turn, from the start on, ascending; the first is dialed at once. */
  readonly delaysMs: readonly number[];
  /** Addresses dialed at once. */
  readonly maxAtOnce: number;
  readonly timeoutMs: number;
}

export interface DialContext extends DialInput {
  /** Addresses begun. */
  readonly begun: number;
  /** Of those, without an outcome yet. */
  readonly pending: number;
}

export type DialEvent =
  /** The peer has further addresses than the first. */
  | { readonly type: 'addresses.more' }
  | { readonly type: 'connection.opened' }
  | { readonly type: 'connection.failed' }
  | { readonly type: 'local.cancel' };

export type DialEffect =
  | { readonly type: 'dial.address'; readonly index: number }
  /** Everything begun that has no outcome. */
  | { readonly type: 'cancel.rest' }
  | { readonly type: 'report.connected' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const dialMachine = setup({
  types: {
    input: {} as DialInput,
    context: {} as DialContext,
    events: {} as DialEvent,
    emitted: {} as DialEffect,
  },
  delays: {
    stagger: ({ context }) => (context.delaysMs[context.begun] ?? 0) - (context.delaysMs[context.begun - 1] ?? 0),
    dialTimeout: ({ context }) => context.timeoutMs,
  },
  guards: {
    hasAnother: ({ context }) => context.begun < context.delaysMs.length,
    /** Of the one that is begun next. */
    isLast: ({ context }) => context.begun + 1 >= context.delaysMs.length,
    /** With the one that is begun next. */
    fillsUp: ({ context }) => context.pending + 1 >= context.maxAtOnce,
    isFull: ({ context }) => context.pending >= context.maxAtOnce,
    othersPend: ({ context }) => context.pending > 1,
  },
  actions: {
    beginNext: assign({
      begun: ({ context }) => context.begun + 1,
      pending: ({ context }) => context.pending + 1,
    }),
    dialNext: emit(({ context }) => ({ type: 'dial.address', index: context.begun - 1 }) as const),
    dropOne: assign({ pending: ({ context }) => context.pending - 1 }),
    cancelRest: emit({ type: 'cancel.rest' }),
  },
}).createMachine({
  id: 'dial',
  context: ({ input }) => ({ ...input, begun: 0, pending: 0 }),
  initial: 'dialing',
  on: { '*': '.unexpected' },
  states: {
    dialing: {
      entry: ['beginNext', 'dialNext'],
      on: {
        'addresses.more': [{ guard: 'isFull', target: 'racing.full' }, 'racing.staggering'],
        'connection.opened': 'connected',
        'connection.failed': [
          { guard: 'hasAnother', target: 'dialing', reenter: true, actions: 'dropOne' },
          'exhausted',
        ],
        'local.cancel': { target: 'cancelled', actions: 'cancelRest' },
      },
    },
    racing: {
      initial: 'staggering',
      after: { dialTimeout: { target: 'timedOut', actions: 'cancelRest' } },
      on: {
        'connection.opened': { target: 'connected', actions: 'cancelRest' },
        'local.cancel': { target: 'cancelled', actions: 'cancelRest' },
      },
      states: {
        staggering: {
          after: {
            stagger: [
              { guard: 'isLast', target: 'waiting', actions: ['beginNext', 'dialNext'] },
              { guard: 'fillsUp', target: 'full', actions: ['beginNext', 'dialNext'] },
              { target: 'staggering', reenter: true, actions: ['beginNext', 'dialNext'] },
            ],
          },
          on: {
            'connection.failed': [
              { guard: 'isLast', target: 'waiting', actions: ['dropOne', 'beginNext', 'dialNext'] },
              { target: 'staggering', reenter: true, actions: ['dropOne', 'beginNext', 'dialNext'] },
            ],
          },
        },
        full: {
          on: {
            'connection.failed': [
              { guard: 'isLast', target: 'waiting', actions: ['dropOne', 'beginNext', 'dialNext'] },
              { actions: ['dropOne', 'beginNext', 'dialNext'] },
            ],
          },
        },
        waiting: {
          on: { 'connection.failed': [{ guard: 'othersPend', actions: 'dropOne' }, '#dial.exhausted'] },
        },
      },
    },
    connected: { type: 'final', entry: emit({ type: 'report.connected' }) },
    exhausted: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_DIAL_FAILED' }) },
    timedOut: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_DIAL_TIMEOUT' }) },
    cancelled: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_ABORTED' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_CONNECTION_UNEXPECTED' }) },
  },
});
