/**
 * Whether a bitswap session looks for providers beyond the peers that it is connected with.
 *
 *   resting --session.discovering--> waiting --after the delay, or local.urge--> searching
 *   searching --search.ended--> pausing --after the pause, which doubles--> searching
 *   waiting, searching, pausing --session.fetching--> resting      (a search under way is dropped)
 *   any --session.ended--> finished
 *
 * The delay gives the peers that are connected their chance; without any there is nobody to wait for (local.urge).
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface ProviderSearchInput {
  /** From the first want that nobody is known to have to the search. */
  readonly delayMs: number;
  /** From the end of the first search to the next. */
  readonly pauseMs: number;
  /** The longest pause. */
  readonly maxPauseMs: number;
}

export interface ProviderSearchContext extends ProviderSearchInput {
  /** The next pause. */
  readonly nextPauseMs: number;
}

export type ProviderSearchEvent =
  /** The session wants what nobody is known to have; again at each of its rounds. */
  | { readonly type: 'session.discovering' }
  /** Somebody has it. */
  | { readonly type: 'session.fetching' }
  | { readonly type: 'session.ended' }
  /** There is nobody to ask but by a search. */
  | { readonly type: 'local.urge' }
  /** The routers have no more to say. */
  | { readonly type: 'search.ended' };

export type ProviderSearchEffect =
  | { readonly type: 'begin.search' }
  | { readonly type: 'drop.search' }
  | { readonly type: 'report.finished' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const providerSearchMachine = setup({
  types: {
    input: {} as ProviderSearchInput,
    context: {} as ProviderSearchContext,
    events: {} as ProviderSearchEvent,
    emitted: {} as ProviderSearchEffect,
  },
  delays: {
    searchDelay: ({ context }) => context.delayMs,
    // XState draws a chart up once without input: a delay of no number would be passed at once, round and round.
    searchPause: ({ context }) => context.nextPauseMs ?? 0,
  },
  actions: {
    dropSearch: emit({ type: 'drop.search' }),
    firstPause: assign({ nextPauseMs: ({ context }) => context.pauseMs }),
    longerPause: assign({ nextPauseMs: ({ context }) => Math.min(2 * context.nextPauseMs, context.maxPauseMs) }),
  },
}).createMachine({
  id: 'providerSearch',
  context: ({ input }) => ({ ...input, nextPauseMs: input.pauseMs }),
  initial: 'resting',
  on: { 'session.ended': '.finished', '*': '.unexpected' },
  states: {
    resting: {
      entry: 'firstPause',
      on: { 'session.discovering': 'waiting', 'session.fetching': {}, 'local.urge': {} },
    },
    waiting: {
      after: { searchDelay: 'searching' },
      on: { 'session.discovering': {}, 'session.fetching': 'resting', 'local.urge': 'searching' },
    },
    searching: {
      entry: emit({ type: 'begin.search' }),
      on: {
        'search.ended': 'pausing',
        'session.discovering': {},
        'local.urge': {},
        'session.fetching': { target: 'resting', actions: 'dropSearch' },
        'session.ended': { target: 'finished', actions: 'dropSearch' },
      },
    },
    pausing: {
      after: { searchPause: { target: 'searching', actions: 'longerPause' } },
      on: { 'session.discovering': {}, 'local.urge': {}, 'session.fetching': 'resting' },
    },
    finished: { type: 'final', entry: emit({ type: 'report.finished' }) },
    unexpected: {
      type: 'final',
      entry: ['dropSearch', emit({ type: 'report.failed', code: 'ERR_ROUTING_UNEXPECTED' })],
    },
  },
});
