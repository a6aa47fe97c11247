/**
 * One name of ours: when its record goes out, and how far it is (specs.ipfs.tech ipns-record, "Protocol").
 *
 *   resting --after the pause, local.publish--> considering --due.now--> asking --network.asked--> writing
 *      ^               due.later: resting, due.never: idle <-----'         | network.newer: idle      | store.written
 *      |                                                                   | deadline: writing        v
 *      '----------------router.done, somebody took it--------------------------------------------- putting
 *
 *   asking: publish.refused -> considering
 *   writing: store.failed, putting: router.done or deadline, nobody took it -> awaitingRetry --after the pause--> considering
 *   idle, awaitingRetry --local.publish--> considering (idle: nothing goes out until it is published anew)
 *   any: local.stop -> stopped
 *
 * The clock on the wall is the actor's: it says whether a record is due. Nothing is put that is not written.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface IpnsPublishInput {
  /** What the network holds is waited for so long. */
  readonly lookUpTimeoutMs: number;
  /** Routers may take so long. */
  readonly putTimeoutMs: number;
  readonly retryMs: number;
}

export interface IpnsPublishContext extends IpnsPublishInput {
  /** How long it rests. */
  readonly pauseMs: number;
  /** Whether somebody took the record that is being put. */
  readonly taken: boolean;
}

export type IpnsPublishEvent =
  /** A record is wanted; said at rest alone. */
  | { readonly type: 'local.publish' }
  | { readonly type: 'due.now' }
  | { readonly type: 'due.later'; readonly pauseMs: number }
  | { readonly type: 'due.never' }
  | { readonly type: 'network.asked' }
  | { readonly type: 'network.newer' }
  | { readonly type: 'publish.refused' }
  /** With the time until it is due again. */
  | { readonly type: 'store.written'; readonly pauseMs: number }
  | { readonly type: 'store.failed' }
  | { readonly type: 'router.took' }
  | { readonly type: 'router.done' }
  | { readonly type: 'local.stop' };

export type IpnsPublishEffect =
  | { readonly type: 'consider.due' }
  | { readonly type: 'ask.network' }
  | { readonly type: 'stop.asking' }
  | { readonly type: 'write.record' }
  | { readonly type: 'put.record' }
  | { readonly type: 'stop.putting' }
  | { readonly type: 'report.published' }
  | { readonly type: 'report.unstored' }
  | { readonly type: 'report.idle' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const ipnsPublishMachine = setup({
  types: {
    input: {} as IpnsPublishInput,
    context: {} as IpnsPublishContext,
    events: {} as IpnsPublishEvent,
    emitted: {} as IpnsPublishEffect,
  },
  delays: {
    ipnsPause: ({ context }) => context.pauseMs,
    ipnsRetry: ({ context }) => context.retryMs,
    ipnsLookUpTimeout: ({ context }) => context.lookUpTimeoutMs,
    ipnsPutTimeout: ({ context }) => context.putTimeoutMs,
  },
  guards: { wasTaken: ({ context }) => context.taken },
  actions: {
    keepPause: assign({ pauseMs: (_, params: { pauseMs: number }) => params.pauseMs }),
    noteNone: assign({ taken: false }),
    noteTaken: assign({ taken: true }),
    stopPutting: emit({ type: 'stop.putting' }),
    reportPublished: emit({ type: 'report.published' }),
    reportUnstored: emit({ type: 'report.unstored' }),
  },
}).createMachine({
  id: 'ipnsPublish',
  context: ({ input }) => ({ ...input, pauseMs: 0, taken: false }),
  initial: 'considering',
  // Reached only when the state below says nothing.
  on: { 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    considering: {
      entry: emit({ type: 'consider.due' }),
      on: {
        'due.now': 'asking',
        'due.later': {
          target: 'resting',
          actions: { type: 'keepPause', params: ({ event }) => ({ pauseMs: event.pauseMs }) },
        },
        'due.never': 'idle',
      },
    },
    resting: { after: { ipnsPause: 'considering' }, on: { 'local.publish': 'considering' } },
    idle: { entry: emit({ type: 'report.idle' }), on: { 'local.publish': 'considering' } },
    asking: {
      entry: emit({ type: 'ask.network' }),
      after: { ipnsLookUpTimeout: { target: 'writing', actions: emit({ type: 'stop.asking' }) } },
      on: { 'network.asked': 'writing', 'network.newer': 'idle', 'publish.refused': 'considering' },
    },
    writing: {
      entry: emit({ type: 'write.record' }),
      on: {
        'store.written': {
          target: 'putting',
          actions: { type: 'keepPause', params: ({ event }) => ({ pauseMs: event.pauseMs }) },
        },
        'store.failed': 'awaitingRetry',
        'publish.refused': 'considering',
      },
    },
    putting: {
      entry: ['noteNone', emit({ type: 'put.record' })],
      after: {
        ipnsPutTimeout: [
          { guard: 'wasTaken', target: 'resting', actions: ['stopPutting', 'reportPublished'] },
          { target: 'awaitingRetry', actions: ['stopPutting', 'reportUnstored'] },
        ],
      },
      on: {
        'router.took': { actions: 'noteTaken' },
        'router.done': [
          { guard: 'wasTaken', target: 'resting', actions: 'reportPublished' },
          { target: 'awaitingRetry', actions: 'reportUnstored' },
        ],
      },
    },
    awaitingRetry: { after: { ipnsRetry: 'considering' }, on: { 'local.publish': 'considering' } },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_IPNS_UNEXPECTED' }) },
  },
});
