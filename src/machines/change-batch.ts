/**
 * Changes that are worked off together: peers that are written, and what we say of ourselves, which is pushed.
 *
 *   resting --local.change--> gathering --after the pause--> working.once --work.done--> resting
 *   working.once --local.change--> working.again --work.done--> gathering
 *   working.* --work.failed--> gathering (it is tried again after the pause)
 *   any: local.stop -> stopped
 */
import { emit, setup } from 'xstate';

export interface ChangeBatchInput {
  /** From the first change to the work. */
  readonly pauseMs: number;
}

export type ChangeBatchEvent =
  | { readonly type: 'local.change' }
  | { readonly type: 'work.done' }
  | { readonly type: 'work.failed' }
  | { readonly type: 'local.stop' };

export type ChangeBatchEffect =
  | { readonly type: 'do.work' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: 'ERR_ENGINE_MACHINE' };

export const changeBatchMachine = setup({
  types: {
    input: {} as ChangeBatchInput,
    context: {} as ChangeBatchInput,
    events: {} as ChangeBatchEvent,
    emitted: {} as ChangeBatchEffect,
  },
  delays: { batchPause: ({ context }) => context.pauseMs },
}).createMachine({
  id: 'changeBatch',
  context: ({ input }) => input,
  initial: 'resting',
  // Reached only when the state below says nothing.
  on: { 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    resting: { on: { 'local.change': 'gathering' } },
    gathering: { after: { batchPause: 'working' }, on: { 'local.change': {} } },
    working: {
      entry: emit({ type: 'do.work' }),
      initial: 'once',
      on: { 'work.failed': 'gathering' },
      states: {
        once: { on: { 'local.change': 'again', 'work.done': '#changeBatch.resting' } },
        again: { on: { 'local.change': {}, 'work.done': '#changeBatch.gathering' } },
      },
    },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_ENGINE_MACHINE' }) },
  },
});
