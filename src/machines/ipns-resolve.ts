/**
 * One name that is looked for, and the better records that come (specs.ipfs.tech ipns-record, "Record Verification").
 *
 *   looking.awaitingRecord --record.better--> looking.awaitingBetter --router.done--> resolved
 *              | router.done -> notFound             | record.better
 *   looking: deadline -> timedOut, or resolved with what has come; local.cancel -> cancelled
 *
 * What is no valid record, or no better one, is no event.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface IpnsResolveInput {
  readonly timeoutMs: number;
}

export interface IpnsResolveContext extends IpnsResolveInput {
  readonly found: boolean;
}

export type IpnsResolveEvent =
  | { readonly type: 'record.better' }
  /** The routers have told all that they know, or failed. */
  | { readonly type: 'router.done' }
  | { readonly type: 'local.cancel' };

export type IpnsResolveEffect =
  | { readonly type: 'ask.router' }
  | { readonly type: 'report.better' }
  | { readonly type: 'report.resolved' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const ipnsResolveMachine = setup({
  types: {
    input: {} as IpnsResolveInput,
    context: {} as IpnsResolveContext,
    events: {} as IpnsResolveEvent,
    emitted: {} as IpnsResolveEffect,
  },
  delays: { ipnsResolveTimeout: ({ context }) => context.timeoutMs },
  guards: { wasFound: ({ context }) => context.found },
  actions: {
    noteFound: assign({ found: true }),
    reportBetter: emit({ type: 'report.better' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'ipnsResolve',
  context: ({ input }) => ({ ...input, found: false }),
  initial: 'looking',
  // Reached only when the state below says nothing.
  on: { 'local.cancel': '.cancelled', '*': '.unexpected' },
  states: {
    looking: {
      entry: emit({ type: 'ask.router' }),
      after: { ipnsResolveTimeout: [{ guard: 'wasFound', target: 'resolved' }, { target: 'timedOut' }] },
      initial: 'awaitingRecord',
      states: {
        awaitingRecord: {
          on: {
            'record.better': { target: 'awaitingBetter', actions: ['noteFound', 'reportBetter'] },
            'router.done': '#ipnsResolve.notFound',
          },
        },
        awaitingBetter: {
          on: { 'record.better': { actions: 'reportBetter' }, 'router.done': '#ipnsResolve.resolved' },
        },
      },
    },
    resolved: { type: 'final', entry: emit({ type: 'report.resolved' }) },
    notFound: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IPNS_NOT_FOUND' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IPNS_TIMEOUT' } } },
    cancelled: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_ABORTED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IPNS_UNEXPECTED' } } },
  },
});
