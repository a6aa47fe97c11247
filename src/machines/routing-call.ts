/**
 * One call to several routers: those of a tier are asked at once, those of the next tier where a tier had too little to say.
 *
 *   asking --router.ended, others are out--> asking
 *     | the last of its tier, too few answers, more tiers -> asking (the next tier)
 *     | the last, something was answered or somebody had simply nothing -> finished
 *     | the last, and every router failed -------------------------------> failed
 *     | local.cancel -> cancelled
 *
 * Entering `asking` asks a tier. Answers go to the caller as they come and are counted here.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RoutingCallInput {
  /** Routers of each tier, in order; at least one each. */
  readonly tiers: readonly number[];
  /** Answers after which no further tier is asked. */
  readonly enough: number;
}

export interface RoutingCallContext extends RoutingCallInput {
  /** The tier that is asked. */
  readonly tier: number;
  /** Routers of it that have not ended. */
  readonly out: number;
  /** As far as they matter: no more than are enough. */
  readonly answers: number;
  /** Routers that ended in good order, of all tiers so far. */
  readonly finished: number;
}

export type RoutingCallEvent =
  | { readonly type: 'router.answered' }
  /** In good order or not; its own machine says why. */
  | { readonly type: 'router.ended'; readonly failed: boolean }
  | { readonly type: 'local.cancel' };

export type RoutingCallEffect =
  | { readonly type: 'ask.tier'; readonly tier: number }
  | { readonly type: 'drop.routers' }
  | { readonly type: 'report.finished' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

type Facts = { readonly context: RoutingCallContext; readonly event: RoutingCallEvent };

const othersAreOut = ({ context }: Facts): boolean => context.out > 1;
const wantsMore = ({ context }: Facts): boolean =>
  context.answers < context.enough && context.tier + 1 < context.tiers.length;
const isBarren = ({ context, event }: Facts): boolean =>
  context.answers === 0 && context.finished === 0 && event.type === 'router.ended' && event.failed;

export const routingCallMachine = setup({
  types: {
    input: {} as RoutingCallInput,
    context: {} as RoutingCallContext,
    events: {} as RoutingCallEvent,
    emitted: {} as RoutingCallEffect,
  },
  guards: { othersAreOut, wantsMore, isBarren },
  actions: {
    countAnswer: assign({ answers: ({ context }) => Math.min(context.answers + 1, Math.max(1, context.enough)) }),
    countEnd: assign(({ context, event }) => ({
      out: context.out - 1,
      finished: context.finished + (event.type === 'router.ended' && !event.failed ? 1 : 0),
    })),
    nextTier: assign(({ context }) => ({ tier: context.tier + 1, out: context.tiers[context.tier + 1] ?? 0 })),
    dropRouters: emit({ type: 'drop.routers' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'routingCall',
  context: ({ input }) => ({ ...input, tier: 0, out: input.tiers[0] ?? 0, answers: 0, finished: 0 }),
  initial: 'asking',
  on: { 'local.cancel': '.cancelled', '*': '.unexpected' },
  states: {
    asking: {
      entry: emit(({ context }) => ({ type: 'ask.tier', tier: context.tier }) as const),
      on: {
        'router.answered': { actions: 'countAnswer' },
        'router.ended': [
          { guard: 'othersAreOut', actions: 'countEnd' },
          { guard: 'wantsMore', target: 'asking', reenter: true, actions: ['countEnd', 'nextTier'] },
          { guard: 'isBarren', target: 'failed', actions: 'countEnd' },
          { target: 'finished', actions: 'countEnd' },
        ],
      },
    },
    finished: { type: 'final', entry: emit({ type: 'report.finished' }) },
    failed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_ROUTING_FAILED' } } },
    cancelled: { type: 'final', entry: ['dropRouters', { type: 'reportFailed', params: { code: 'ERR_ABORTED' } }] },
    unexpected: {
      type: 'final',
      entry: ['dropRouters', { type: 'reportFailed', params: { code: 'ERR_ROUTING_UNEXPECTED' } }],
    },
  },
});
