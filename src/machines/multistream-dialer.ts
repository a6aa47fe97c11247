/**
 * multistream-select, the side that proposes (libp2p/specs connections/README.md, "multistream-select").
 *
 *   (header and first proposal go out in one write)
 *   awaitingHeader --wire.header--> awaitingReply --wire.protocol, the one proposed--> selected
 *     | anything else: badHeader      | wire.na, another left: propose it (awaitingReply)
 *                                     | wire.na, none left ----> noOverlap
 *                                     | any other message -----> unexpected
 *   either: wire.invalid -> badMessage, transport.ended -> ended, deadline -> timedOut
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';
import type { MultistreamEffect, MultistreamEvent } from './multistream.js';

export interface MultistreamDialerInput {
  /** What to propose, best first; at least one. */
  readonly protocols: readonly string[];
  /** From start to selection. */
  readonly timeoutMs: number;
}

export interface MultistreamDialerContext extends MultistreamDialerInput {
  readonly proposalIndex: number;
}

export const multistreamDialerMachine = setup({
  types: {
    input: {} as MultistreamDialerInput,
    context: {} as MultistreamDialerContext,
    events: {} as MultistreamEvent,
    emitted: {} as MultistreamEffect,
  },
  delays: { negotiationTimeout: ({ context }) => context.timeoutMs },
  guards: {
    isEcho: ({ context }, params: { protocol: string }) => params.protocol === proposal(context),
    hasAnother: ({ context }) => context.proposalIndex + 1 < context.protocols.length,
  },
  actions: {
    takeNext: assign({ proposalIndex: ({ context }) => context.proposalIndex + 1 }),
    sendHeader: emit({ type: 'send.header' }),
    sendProposal: emit(({ context }) => ({ type: 'send.protocol', protocol: proposal(context) }) as const),
    reportSelected: emit(({ context }) => ({ type: 'report.selected', protocol: proposal(context) }) as const),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'multistreamDialer',
  context: ({ input }) => ({ ...input, proposalIndex: 0 }),
  initial: 'awaitingHeader',
  entry: ['sendHeader', 'sendProposal'],
  after: { negotiationTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { 'wire.invalid': '.badMessage', 'transport.ended': '.ended', '*': '.unexpected' },
  states: {
    awaitingHeader: {
      on: {
        'wire.header': 'awaitingReply',
        'wire.protocol': 'badHeader',
        // Today's listeners answer `na` to a header that they do not know.
        'wire.na': 'badHeader',
        'wire.ls': 'badHeader',
      },
    },
    awaitingReply: {
      on: {
        'wire.protocol': {
          guard: { type: 'isEcho', params: ({ event }) => ({ protocol: event.protocol }) },
          target: 'selected',
        },
        'wire.na': [{ guard: 'hasAnother', actions: ['takeNext', 'sendProposal'] }, 'noOverlap'],
      },
    },
    selected: { type: 'final', entry: 'reportSelected' },
    noOverlap: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_NO_OVERLAP' } } },
    badHeader: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_HEADER' } } },
    badMessage: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_MESSAGE' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_ENDED' } } },
  },
});

function proposal(context: MultistreamDialerContext): string {
  return context.protocols[context.proposalIndex] ?? '';
}
