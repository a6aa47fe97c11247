/**
 * One region of the key space: its peers are looked for, and its keys are sent to them page by page
 * (libp2p/go-libp2p-kad-dht provider).
 *
 *   exploring --region.explored--> reading --page.read--> sending --page.sent--> stamping --page.stamped--> reading
 *   reading --keys.over--> done
 *   sending --after the time-out--> cutting (whoever has not taken a page has failed) --page.sent--> stamping
 *   exploring: region.unknown, after the time-out -> failed; reading: store.failed -> failed
 *   any: local.stop -> stopped
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface ProvideRegionInput {
  /** For all lookups of a region together. */
  readonly exploreTimeoutMs: number;
  /** For one page, to all peers. */
  readonly sendTimeoutMs: number;
}

export type ProvideRegionEvent =
  /** The peers closest to every key of the region are known. */
  | { readonly type: 'region.explored' }
  /** They are not: nobody answered, or there is nothing to tell them. */
  | { readonly type: 'region.unknown'; readonly code: ErrorCode }
  | { readonly type: 'page.read' }
  | { readonly type: 'keys.over' }
  | { readonly type: 'store.failed'; readonly code: ErrorCode }
  /** Every peer of the page took it, or failed. */
  | { readonly type: 'page.sent' }
  /** When it was provided is written, or could not be. */
  | { readonly type: 'page.stamped' }
  | { readonly type: 'local.stop' };

export type ProvideRegionEffect =
  | { readonly type: 'explore.region' }
  | { readonly type: 'read.page' }
  | { readonly type: 'send.page' }
  | { readonly type: 'cut.page' }
  | { readonly type: 'stamp.page' }
  | { readonly type: 'report.done' }
  | { readonly type: 'report.stopped' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const provideRegionMachine = setup({
  types: {
    input: {} as ProvideRegionInput,
    context: {} as ProvideRegionInput,
    events: {} as ProvideRegionEvent,
    emitted: {} as ProvideRegionEffect,
  },
  delays: {
    exploreTimeout: ({ context }) => context.exploreTimeoutMs,
    sendTimeout: ({ context }) => context.sendTimeoutMs,
  },
  actions: {
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'provideRegion',
  context: ({ input }) => input,
  initial: 'exploring',
  // Reached only when the state below says nothing.
  on: { 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    exploring: {
      entry: emit({ type: 'explore.region' }),
      after: {
        exploreTimeout: {
          target: 'failed',
          actions: { type: 'reportFailed', params: { code: 'ERR_PROVIDE_TIMEOUT' } },
        },
      },
      on: {
        'region.explored': 'reading',
        'region.unknown': {
          target: 'failed',
          actions: { type: 'reportFailed', params: ({ event }) => ({ code: event.code }) },
        },
      },
    },
    reading: {
      entry: emit({ type: 'read.page' }),
      on: {
        'page.read': 'sending',
        'keys.over': 'done',
        'store.failed': {
          target: 'failed',
          actions: { type: 'reportFailed', params: ({ event }) => ({ code: event.code }) },
        },
      },
    },
    sending: {
      entry: emit({ type: 'send.page' }),
      after: { sendTimeout: 'cutting' },
      on: { 'page.sent': 'stamping' },
    },
    cutting: { entry: emit({ type: 'cut.page' }), on: { 'page.sent': 'stamping' } },
    stamping: { entry: emit({ type: 'stamp.page' }), on: { 'page.stamped': 'reading' } },
    done: { type: 'final', entry: emit({ type: 'report.done' }) },
    stopped: { type: 'final', entry: emit({ type: 'report.stopped' }) },
    failed: { type: 'final' },
    unexpected: {
      type: 'final',
      entry: { type: 'reportFailed', params: { code: 'ERR_ENGINE_MACHINE' } },
    },
  },
});
