/**
 * multistream-select, the side that answers (libp2p/specs connections/README.md, "multistream-select").
 *
 *   awaitingHeader --wire.header, answered--> awaitingProposal --wire.protocol, supported: echo--> selected
 *     | anything else: badHeader                | wire.protocol, not supported: na (awaitingProposal)
 *                                               | wire.ls: the list (awaitingProposal)
 *                                               | either of the two once too often ----> tooMany
 *                                               | any other message -------------------> unexpected
 *   either: wire.invalid -> badMessage, transport.ended -> ended, deadline -> timedOut
 *
 * The header goes out when the dialer's is heard, as js-libp2p does it: every dialer sends its own without waiting, and
 * header and echo then leave in one write. A dialer waits for the answer before it proposes again, so bytes that are
 * here already when `na` goes out are a hasty dialer's payload, and reading them as a proposal would let whoever chose
 * the payload choose the protocol: `wire.surplus` ends the negotiation.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';
import type { MultistreamEffect, MultistreamEvent } from './multistream.js';

export interface MultistreamListenerInput {
  /** Proposals declined before the dialer is told to stop. */
  readonly maxProposals: number;
  /** Lists given before the dialer is told to stop. */
  readonly maxLists: number;
  /** From start to selection. */
  readonly timeoutMs: number;
}

export interface MultistreamListenerContext extends MultistreamListenerInput {
  readonly declined: number;
  readonly listed: number;
  readonly protocol: string;
}

export const multistreamListenerMachine = setup({
  types: {
    input: {} as MultistreamListenerInput,
    context: {} as MultistreamListenerContext,
    events: {} as MultistreamEvent,
    emitted: {} as MultistreamEffect,
  },
  delays: { negotiationTimeout: ({ context }) => context.timeoutMs },
  guards: {
    isSupported: (_, params: { supported: boolean | undefined }) => params.supported === true,
    mayPropose: ({ context }) => context.declined < context.maxProposals,
    mayList: ({ context }) => context.listed < context.maxLists,
  },
  actions: {
    countDeclined: assign({ declined: ({ context }) => context.declined + 1 }),
    countListed: assign({ listed: ({ context }) => context.listed + 1 }),
    keepProtocol: assign({ protocol: (_, params: { protocol: string }) => params.protocol }),
    sendHeader: emit({ type: 'send.header' }),
    sendNa: emit({ type: 'send.na' }),
    sendList: emit({ type: 'send.list' }),
    sendEcho: emit(({ context }) => ({ type: 'send.protocol', protocol: context.protocol }) as const),
    reportSelected: emit(({ context }) => ({ type: 'report.selected', protocol: context.protocol }) as const),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'multistreamListener',
  context: ({ input }) => ({ ...input, declined: 0, listed: 0, protocol: '' }),
  initial: 'awaitingHeader',
  after: { negotiationTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { 'wire.invalid': '.badMessage', 'transport.ended': '.ended', '*': '.unexpected' },
  states: {
    awaitingHeader: {
      on: {
        'wire.header': { target: 'awaitingProposal', actions: 'sendHeader' },
        'wire.protocol': 'badHeader',
        'wire.na': 'badHeader',
        'wire.ls': 'badHeader',
      },
    },
    awaitingProposal: {
      on: {
        'wire.protocol': [
          {
            guard: { type: 'isSupported', params: ({ event }) => ({ supported: event.supported }) },
            target: 'selected',
            actions: { type: 'keepProtocol', params: ({ event }) => ({ protocol: event.protocol }) },
          },
          { guard: 'mayPropose', actions: ['countDeclined', 'sendNa'] },
          'tooMany',
        ],
        'wire.ls': [{ guard: 'mayList', actions: ['countListed', 'sendList'] }, 'tooMany'],
      },
    },
    selected: { type: 'final', entry: ['sendEcho', 'reportSelected'] },
    tooMany: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_TOO_MANY' } } },
    badHeader: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_HEADER' } } },
    badMessage: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_BAD_MESSAGE' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_ENDED' } } },
  },
});
