/**
 * Two connections with one peer, one dialed by each side at the same time: whether the surplus one goes. Which one that is
 * follows from the two peer ids (actors/swarm/crossed-dials.ts); other implementations do not know that rule.
 *
 *   settling --(grace)--> judging --surplus.idle--> dropped
 *                          ^   | surplus.busy
 *                  (grace) |   v
 *                   lingering <--surplus.idle-- inUse      surplus.used -> shared, from inUse and lingering
 *
 *   pair.parted -> parted, from everywhere: one of the two is gone, or goes
 *
 * While it settles the peer may not know of the other connection yet, so that what it begins says nothing. Who still begins
 * streams on the surplus one after that goes by another rule: it keeps both.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface CrossedDialsInput {
  /** So long the surplus connection is left alone, from the moment that there are two, and after its last stream. */
  readonly graceMs: number;
}

export type CrossedDialsEvent =
  /** The surplus connection has no stream: asked for by `judge.surplus`, or its last one ended. */
  | { readonly type: 'surplus.idle' }
  /** It has streams; the answer to `judge.surplus`. */
  | { readonly type: 'surplus.busy' }
  /** The peer opened a stream on it. */
  | { readonly type: 'surplus.used' }
  | { readonly type: 'pair.parted' };

export type CrossedDialsEffect =
  | { readonly type: 'judge.surplus' }
  | { readonly type: 'close.surplus' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const crossedDialsMachine = setup({
  types: {
    input: {} as CrossedDialsInput,
    context: {} as CrossedDialsInput,
    events: {} as CrossedDialsEvent,
    emitted: {} as CrossedDialsEffect,
  },
  delays: { grace: ({ context }) => context.graceMs },
}).createMachine({
  id: 'crossedDials',
  context: ({ input }) => input,
  initial: 'settling',
  on: { 'pair.parted': '.parted', '*': '.unexpected' },
  states: {
    settling: { after: { grace: 'judging' }, on: { 'surplus.used': {} } },
    judging: {
      entry: emit({ type: 'judge.surplus' }),
      on: { 'surplus.idle': 'dropped', 'surplus.busy': 'inUse' },
    },
    inUse: { on: { 'surplus.idle': 'lingering', 'surplus.used': 'shared' } },
    lingering: { after: { grace: 'judging' }, on: { 'surplus.used': 'shared' } },
    dropped: { type: 'final', entry: emit({ type: 'close.surplus' }) },
    shared: { type: 'final' },
    parted: { type: 'final' },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_CROSSED_DIALS_UNEXPECTED' }) },
  },
});
