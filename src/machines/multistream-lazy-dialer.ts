/**
 * multistream-select, the side that proposes what it knows the peer to speak (libp2p/specs connections/README.md,
 * "multistream-select"): what comes next goes out with the proposal, and the answers are checked as they come.
 *
 *   (header, proposal and the selection go out together)
 *   awaitingHeader --wire.header--> awaitingEcho --wire.protocol, the one proposed--> confirmed
 *     | anything else: badHeader      | wire.na ---------------> refused
 *                                     | any other message -----> unexpected
 *   either: wire.invalid -> badMessage, transport.ended -> ended, deadline -> timedOut, local.leave -> left
 *
 * There is one proposal: after `na` the peer has bytes behind it that meant the protocol it refused, so nothing more can
 * be said on this stream.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';
import type { MultistreamEffect, MultistreamEvent } from './multistream.js';

export interface MultistreamLazyDialerInput {
  readonly protocol: string;
  /** From start to confirmation. */
  readonly timeoutMs: number;
}

export type MultistreamLazyDialerContext = MultistreamLazyDialerInput;

export type MultistreamLazyDialerEvent =
  | MultistreamEvent
  /** Nobody on our side reads any more: the answers will not be seen. */
  | { readonly type: 'local.leave' };

export type MultistreamLazyDialerEffect =
  | MultistreamEffect
  /** The peer echoed what was taken for agreed. */
  | { readonly type: 'report.confirmed' };

export const multistreamLazyDialerMachine = setup({
  types: {
    input: {} as MultistreamLazyDialerInput,
    context: {} as MultistreamLazyDialerContext,
    events: {} as MultistreamLazyDialerEvent,
    emitted: {} as MultistreamLazyDialerEffect,
  },
  delays: { negotiationTimeout: ({ context }) => context.timeoutMs },
  guards: {
    isEcho: ({ context }, params: { protocol: string }) => params.protocol === context.protocol,
  },
  actions: {
    sendHeader: emit({ type: 'send.header' }),
    sendProposal: emit(({ context }) => ({ type: 'send.protocol', protocol: context.protocol }) as const),
    reportSelected: emit(({ context }) => ({ type: 'report.selected', protocol: context.protocol }) as const),
    reportConfirmed: emit({ type: 'report.confirmed' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'multistreamLazyDialer',
  context: ({ input }) => ({ ...input }),
  initial: 'awaitingHeader',
  entry: ['sendHeader', 'sendProposal', 'reportSelected'],
  after: { negotiationTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { 'wire.invalid': '.badMessage', 'transport.ended': '.ended', 'local.leave': '.left', '*': '.unexpected' },
  states: {
    awaitingHeader: {
      on: {
        'wire.header': 'awaitingEcho',
        'wire.protocol': 'badHeader',
        // Today's listeners answer `na` to a header that they do not know.
        'wire.na': 'badHeader',
        'wire.ls': 'badHeader',
      },
    },
    awaitingEcho: {
      on: {
        'wire.protocol': {
          guard: { type: 'isEcho', params: ({ event }) => ({ protocol: event.protocol }) },
          target: 'confirmed',
        },
        'wire.na': 'refused',
      },
    },
    confirmed: { type: 'final', entry: 'reportConfirmed' },
    left: { type: 'final' },
    refused: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_NO_OVERLAP' } } },
    badHeader: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_HEADER' } } },
    badMessage: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_MESSAGE' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_ENDED' } } },
  },
});
