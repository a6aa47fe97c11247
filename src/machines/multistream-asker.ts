/**
 * multistream-select, the side that asks what the other one speaks (multiformats/multistream-select README.md, "Listing").
 *
 *   (header and `ls` go out in one write)
 *   awaitingHeader --wire.header--> awaitingList --wire.list--> listed
 *     | anything else: badHeader      | wire.ls, as nodes before js-libp2p 0.27 echo it --> awaitingOldList
 *                                     | wire.na: one that does not list ------------------> declined
 *   awaitingOldList --wire.list--> listed
 *   any other message -> unexpected, wire.invalid -> badMessage, transport.ended -> ended, deadline -> timedOut
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface MultistreamAskerInput {
  /** From start to the whole list. */
  readonly timeoutMs: number;
}

export type MultistreamAskerEvent =
  | { readonly type: 'wire.header' }
  | { readonly type: 'wire.na' }
  | { readonly type: 'wire.ls' }
  /** A whole list, in whichever form is due; before the header, any other line. */
  | { readonly type: 'wire.list' }
  | { readonly type: 'wire.invalid' }
  | { readonly type: 'transport.ended' };

export type MultistreamAskerEffect =
  | { readonly type: 'send.question' }
  | { readonly type: 'report.listed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const multistreamAskerMachine = setup({
  types: {
    input: {} as MultistreamAskerInput,
    context: {} as MultistreamAskerInput,
    events: {} as MultistreamAskerEvent,
    emitted: {} as MultistreamAskerEffect,
  },
  delays: { negotiationTimeout: ({ context }) => context.timeoutMs },
  actions: {
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'multistreamAsker',
  context: ({ input }) => ({ ...input }),
  initial: 'awaitingHeader',
  entry: emit({ type: 'send.question' }),
  after: { negotiationTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { 'wire.invalid': '.badMessage', 'transport.ended': '.ended', '*': '.unexpected' },
  states: {
    awaitingHeader: {
      on: { 'wire.header': 'awaitingList', 'wire.na': 'badHeader', 'wire.ls': 'badHeader', 'wire.list': 'badHeader' },
    },
    awaitingList: { on: { 'wire.list': 'listed', 'wire.ls': 'awaitingOldList', 'wire.na': 'declined' } },
    awaitingOldList: { on: { 'wire.list': 'listed' } },
    listed: { type: 'final', entry: emit({ type: 'report.listed' }) },
    declined: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_NO_LIST' } } },
    badHeader: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_HEADER' } } },
    badMessage: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_MESSAGE' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_ENDED' } } },
  },
});
