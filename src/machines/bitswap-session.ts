/**
 * One bitswap session: the wants of one request tree and the peers that can deliver them
 * (specs.ipfs.tech/bitswap-protocol, "Interaction Pattern" of 1.2.0).
 *
 *            wants.opened, no provider            provider.found
 *   idle -----------------------------> discovering ---------> fetching <----- wants.opened, provider known ----- idle
 *    ^                                    |   ^  ask: want-have    |  ask: want-block
 *    |                                    |   '-- providers.lost --|
 *    '------------- wants.closed ---------+-------- wants.closed --'
 *
 *   idle --local.close--> finished     open wants --local.close--> cancelled     --store.failed--> failed
 *
 * While wants are open they are swept at every re-broadcast interval: silent peers lose their wants, wants that nobody
 * delivers are given up. The machine hears edges only; which want is with which peer is the actor's bookkeeping. Any
 * event that a state does not expect ends in `unexpected`.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface BitswapSessionInput {
  /** Between two sweeps of the open wants. */
  readonly rebroadcastMs: number;
}

export interface BitswapSessionContext extends BitswapSessionInput {
  /** Whether some peer is believed to have what this session wants. */
  readonly hasProvider: boolean;
}

export type BitswapSessionEvent =
  /** The first want of several came. */
  | { readonly type: 'wants.opened' }
  /** The last open want was delivered, given up or cancelled. */
  | { readonly type: 'wants.closed' }
  /** The first provider: it said have, sent a block, or was named by the caller. */
  | { readonly type: 'provider.found' }
  /** The last provider disconnected, or said too often that it has not what was asked. */
  | { readonly type: 'providers.lost' }
  | { readonly type: 'store.failed' }
  | { readonly type: 'local.close' };

export type BitswapSessionEffect =
  /** Ask every connected peer who has what is wanted; new wants too, until the next order. */
  | { readonly type: 'broadcast.wants' }
  /** Ask the providers for the blocks; new wants too, until the next order. */
  | { readonly type: 'ask.providers' }
  /** Take wants from peers that went silent, ask again for what nobody delivers, give up what is too old. */
  | { readonly type: 'sweep.wants' }
  /** Reject what is still open with this code and send cancels. */
  | { readonly type: 'drop.wants'; readonly code: ErrorCode }
  | { readonly type: 'report.ended' };

export const bitswapSessionMachine = setup({
  types: {
    input: {} as BitswapSessionInput,
    context: {} as BitswapSessionContext,
    events: {} as BitswapSessionEvent,
    emitted: {} as BitswapSessionEffect,
  },
  delays: { rebroadcast: ({ context }) => context.rebroadcastMs },
  guards: { hasProvider: ({ context }) => context.hasProvider },
  actions: {
    noteProvider: assign({ hasProvider: true }),
    noteNoProvider: assign({ hasProvider: false }),
    sweepWants: emit({ type: 'sweep.wants' }),
    dropWants: emit((_, params: { code: ErrorCode }) => ({ type: 'drop.wants', code: params.code }) as const),
    reportEnded: emit({ type: 'report.ended' }),
  },
}).createMachine({
  id: 'bitswapSession',
  context: ({ input }) => ({ ...input, hasProvider: false }),
  initial: 'idle',
  on: { 'store.failed': '.failed', '*': '.unexpected' },
  states: {
    idle: {
      on: {
        'wants.opened': [{ guard: 'hasProvider', target: 'fetching' }, 'discovering'],
        'provider.found': { actions: 'noteProvider' },
        'providers.lost': { actions: 'noteNoProvider' },
        'local.close': 'finished',
      },
    },
    discovering: {
      entry: emit({ type: 'broadcast.wants' }),
      after: { rebroadcast: { target: 'discovering', reenter: true, actions: 'sweepWants' } },
      on: {
        'provider.found': { target: 'fetching', actions: 'noteProvider' },
        'wants.closed': 'idle',
        'local.close': 'cancelled',
      },
    },
    fetching: {
      entry: emit({ type: 'ask.providers' }),
      after: { rebroadcast: { target: 'fetching', reenter: true, actions: 'sweepWants' } },
      on: {
        'providers.lost': { target: 'discovering', actions: 'noteNoProvider' },
        'wants.closed': 'idle',
        'local.close': 'cancelled',
      },
    },
    finished: { type: 'final', entry: 'reportEnded' },
    cancelled: { type: 'final', entry: [{ type: 'dropWants', params: { code: 'ERR_ABORTED' } }, 'reportEnded'] },
    failed: { type: 'final', entry: [{ type: 'dropWants', params: { code: 'ERR_STORE_FAILED' } }, 'reportEnded'] },
    unexpected: {
      type: 'final',
      entry: [{ type: 'dropWants', params: { code: 'ERR_BITSWAP_UNEXPECTED' } }, 'reportEnded'],
    },
  },
});
