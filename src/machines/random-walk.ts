/**
 * A random walk: now and then a look-up of a random key, for the peers that it meets.
 *
 *   resting --after the interval, or local.walk--> walking
 *   walking --walk.ended, or deadline--> resting
 *   either: local.stop -> stopped
 *
 * How a walk ended does not matter: the next one begins after the same rest.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RandomWalkInput {
  /** From the end of a walk to the next. */
  readonly intervalMs: number;
  /** One walk. */
  readonly timeoutMs: number;
}

export type RandomWalkEvent =
  /** Somebody wants one now. */
  { readonly type: 'local.walk' } | { readonly type: 'walk.ended' } | { readonly type: 'local.stop' };

export type RandomWalkEffect =
  | { readonly type: 'begin.walk' }
  | { readonly type: 'drop.walk' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const randomWalkMachine = setup({
  types: {
    input: {} as RandomWalkInput,
    context: {} as RandomWalkInput,
    events: {} as RandomWalkEvent,
    emitted: {} as RandomWalkEffect,
  },
  delays: {
    // XState draws a chart up once without input: a delay of no number would be passed at once, round and round.
    walkInterval: ({ context }) => context.intervalMs ?? 0,
    walkTimeout: ({ context }) => context.timeoutMs,
  },
  actions: { dropWalk: emit({ type: 'drop.walk' }) },
}).createMachine({
  id: 'randomWalk',
  context: ({ input }) => input,
  initial: 'resting',
  on: { '*': '.unexpected' },
  states: {
    resting: {
      after: { walkInterval: 'walking' },
      on: { 'local.walk': 'walking', 'local.stop': 'stopped' },
    },
    walking: {
      entry: emit({ type: 'begin.walk' }),
      after: { walkTimeout: { target: 'resting', actions: 'dropWalk' } },
      on: {
        'walk.ended': 'resting',
        'local.walk': {},
        'local.stop': { target: 'stopped', actions: 'dropWalk' },
      },
    },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: ['dropWalk', emit({ type: 'report.failed', code: 'ERR_ROUTING_UNEXPECTED' })] },
  },
});
