/**
 * Keeping a Kademlia routing table (libp2p/specs kad-dht/README.md, "Bootstrap process").
 *
 *   unstarted --local.start--> alone
 *
 *   alone --table.filled--> lookingUpSelf --work.done--> refreshing --work.done--> resting
 *     | bootstrap peers are       ^                                                  |
 *     | dialed, and again         '------- refresh interval, or local.refresh -------'
 *     | after a while
 *   all with peers: table.emptied -> alone          any: local.stop -> stopped
 *
 * Looking up ourselves fills the near buckets, and tells those near us that we are here; refreshing looks into each far
 * bucket that nobody used of late.
 */
import { emit, setup } from 'xstate';

export interface TableUpkeepInput {
  /** Between two attempts to reach a bootstrap peer. */
  readonly bootstrapMs: number;
  /** From the end of a refresh to the next. */
  readonly refreshMs: number;
}

export type TableUpkeepEvent =
  | { readonly type: 'local.start' }
  /** The first peer came into the table. */
  | { readonly type: 'table.filled' }
  /** The last one left it. */
  | { readonly type: 'table.emptied' }
  /** What was ordered is done, well or not. */
  | { readonly type: 'work.done' }
  /** The owner wants a refresh now. */
  | { readonly type: 'local.refresh' }
  | { readonly type: 'local.stop' };

export type TableUpkeepEffect =
  /** Ends what is under way. */
  | { readonly type: 'dial.bootstrap' }
  | { readonly type: 'look.upSelf' }
  | { readonly type: 'refresh.buckets' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: 'ERR_DHT_UPKEEP_UNEXPECTED' };

export const tableUpkeepMachine = setup({
  types: {
    input: {} as TableUpkeepInput,
    context: {} as TableUpkeepInput,
    events: {} as TableUpkeepEvent,
    emitted: {} as TableUpkeepEffect,
  },
  delays: {
    bootstrapPause: ({ context }) => context.bootstrapMs,
    refreshInterval: ({ context }) => context.refreshMs,
  },
}).createMachine({
  id: 'tableUpkeep',
  context: ({ input }) => input,
  initial: 'unstarted',
  // Reached only when the state below says nothing.
  on: { 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    unstarted: { on: { 'local.start': 'alone' } },
    alone: {
      entry: emit({ type: 'dial.bootstrap' }),
      after: { bootstrapPause: { target: 'alone', reenter: true } },
      on: { 'table.filled': 'lookingUpSelf', 'local.refresh': { target: 'alone', reenter: true } },
    },
    lookingUpSelf: {
      entry: emit({ type: 'look.upSelf' }),
      on: { 'work.done': 'refreshing', 'table.emptied': 'alone', 'local.refresh': {} },
    },
    refreshing: {
      entry: emit({ type: 'refresh.buckets' }),
      on: { 'work.done': 'resting', 'table.emptied': 'alone', 'local.refresh': {} },
    },
    resting: {
      after: { refreshInterval: 'lookingUpSelf' },
      on: { 'local.refresh': 'lookingUpSelf', 'table.emptied': 'alone' },
    },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_DHT_UPKEEP_UNEXPECTED' }) },
  },
});
