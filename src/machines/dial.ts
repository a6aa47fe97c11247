/**
 * Dialing one peer: its addresses one after another, until a connection is open.
 *
 *   dialing --connection.opened--> connected
 *     | connection.failed, another address left: dial it (dialing)
 *     | connection.failed, none left -----------> exhausted
 *     | local.cancel ----------------------------> cancelled
 *
 * The deadline of one address is the connection's own (it knows in which state it hung), so this machine has none.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface DialInput {
  readonly addressCount: number;
}

export interface DialContext extends DialInput {
  readonly addressIndex: number;
}

export type DialEvent =
  { readonly type: 'connection.opened' } | { readonly type: 'connection.failed' } | { readonly type: 'local.cancel' };

export type DialEffect =
  | { readonly type: 'dial.address'; readonly index: number }
  | { readonly type: 'cancel.address' }
  | { readonly type: 'report.connected' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const dialMachine = setup({
  types: {
    input: {} as DialInput,
    context: {} as DialContext,
    events: {} as DialEvent,
    emitted: {} as DialEffect,
  },
  guards: { hasAnother: ({ context }) => context.addressIndex + 1 < context.addressCount },
  actions: {
    takeNext: assign({ addressIndex: ({ context }) => context.addressIndex + 1 }),
    dialAddress: emit(({ context }) => ({ type: 'dial.address', index: context.addressIndex }) as const),
  },
}).createMachine({
  id: 'dial',
  context: ({ input }) => ({ ...input, addressIndex: 0 }),
  initial: 'dialing',
  on: { '*': '.unexpected' },
  states: {
    dialing: {
      entry: 'dialAddress',
      on: {
        'connection.opened': 'connected',
        'connection.failed': [
          { guard: 'hasAnother', target: 'dialing', reenter: true, actions: 'takeNext' },
          'exhausted',
        ],
        'local.cancel': { target: 'cancelled', actions: emit({ type: 'cancel.address' }) },
      },
    },
    connected: { type: 'final', entry: emit({ type: 'report.connected' }) },
    exhausted: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_DIAL_FAILED' }) },
    cancelled: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_ABORTED' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_CONNECTION_UNEXPECTED' }) },
  },
});
