/**
 * Trimming: from the moment that there are more connections than the high mark until there are not.
 *
 *   trimming --(done)--> awaitingCheck --(check)--> trimming
 *      |                      |
 *      '-- connections.within -'--> relaxed       local.stop -> stopped
 *
 * What is too young to be judged, protected or busy stays, so one round may not do: another follows after a pause.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface ConnectionTrimInput {
  readonly checkMs: number;
}

export type ConnectionTrimEvent =
  { readonly type: 'trim.done' } | { readonly type: 'connections.within' } | { readonly type: 'local.stop' };

export type ConnectionTrimEffect =
  { readonly type: 'trim.connections' } | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const connectionTrimMachine = setup({
  types: {
    input: {} as ConnectionTrimInput,
    context: {} as ConnectionTrimInput,
    events: {} as ConnectionTrimEvent,
    emitted: {} as ConnectionTrimEffect,
  },
  delays: { check: ({ context }) => context.checkMs },
}).createMachine({
  id: 'connectionTrim',
  context: ({ input }) => input,
  initial: 'trimming',
  on: { 'connections.within': '.relaxed', 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    trimming: { entry: emit({ type: 'trim.connections' }), on: { 'trim.done': 'awaitingCheck' } },
    awaitingCheck: { after: { check: 'trimming' } },
    relaxed: { type: 'final' },
    stopped: { type: 'final' },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_TRIM_UNEXPECTED' }) },
  },
});
