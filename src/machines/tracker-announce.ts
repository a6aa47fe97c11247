/**
 * Keeping one tracker told that we have something (BEP 3): at first, again at the interval that it asks for, within
 * bounds, and that we leave.
 *
 *   announcing --tracker.answered--> resting --(interval)--> announcing
 *     ^   | tracker.failed
 *     |   '--> backing --(retry), twice as long each time--.
 *     '----------------------------------------------------'
 *
 *   local.stop: where the tracker may know of us -> leaving --tracker.answered, tracker.failed, (farewell)--> stopped
 *               else -> stopped
 *   anything else -> unexpected
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface TrackerAnnounceInput {
  /** Bounds of the interval, whatever the tracker asks for. */
  readonly minIntervalMs: number;
  readonly maxIntervalMs: number;
  /** After the first failure. */
  readonly retryMs: number;
  /** Saying that we leave may take so long. */
  readonly farewellMs: number;
}

export interface TrackerAnnounceContext extends TrackerAnnounceInput {
  /** What the tracker asked for last. */
  readonly intervalMs: number;
  /** After the failure at hand; 0 while there is none. */
  readonly pauseMs: number;
  /** Whether the tracker has answered. */
  readonly isKnown: boolean;
}

export type TrackerAnnounceEvent =
  | { readonly type: 'tracker.answered'; readonly intervalMs: number }
  | { readonly type: 'tracker.failed' }
  | { readonly type: 'local.stop' };

/** `isFirst`: the tracker does not know of us. */
export type TrackerAnnounceEffect =
  | { readonly type: 'send.announce'; readonly isFirst: boolean }
  /** Instead of what is under way, if anything is. */
  | { readonly type: 'send.farewell' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const trackerAnnounceMachine = setup({
  types: {
    input: {} as TrackerAnnounceInput,
    context: {} as TrackerAnnounceContext,
    events: {} as TrackerAnnounceEvent,
    emitted: {} as TrackerAnnounceEffect,
  },
  delays: {
    interval: ({ context }) => Math.min(context.maxIntervalMs, Math.max(context.minIntervalMs, context.intervalMs)),
    retry: ({ context }) => context.pauseMs,
    farewell: ({ context }) => context.farewellMs,
  },
  guards: { isKnown: ({ context }) => context.isKnown },
  actions: {
    keepInterval: assign((_, params: { intervalMs: number }) => ({
      intervalMs: params.intervalMs,
      pauseMs: 0,
      isKnown: true,
    })),
    pauseLonger: assign({
      pauseMs: ({ context }) =>
        Math.min(context.maxIntervalMs, context.pauseMs === 0 ? context.retryMs : 2 * context.pauseMs),
    }),
    announce: emit(({ context }) => ({ type: 'send.announce', isFirst: !context.isKnown }) as const),
  },
}).createMachine({
  id: 'trackerAnnounce',
  context: ({ input }) => ({ ...input, intervalMs: 0, pauseMs: 0, isKnown: false }),
  initial: 'announcing',
  on: { 'local.stop': [{ guard: 'isKnown', target: '.leaving' }, { target: '.stopped' }], '*': '.unexpected' },
  states: {
    announcing: {
      entry: 'announce',
      on: {
        'tracker.answered': {
          target: 'resting',
          actions: { type: 'keepInterval', params: ({ event }) => ({ intervalMs: event.intervalMs }) },
        },
        'tracker.failed': { target: 'backing', actions: 'pauseLonger' },
        // It may have heard us already.
        'local.stop': 'leaving',
      },
    },
    resting: { after: { interval: 'announcing' } },
    backing: { after: { retry: 'announcing' } },
    leaving: {
      entry: emit({ type: 'send.farewell' }),
      after: { farewell: 'stopped' },
      on: { 'tracker.answered': 'stopped', 'tracker.failed': 'stopped', 'local.stop': {} },
    },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_TRACKER_UNEXPECTED' }) },
  },
});
