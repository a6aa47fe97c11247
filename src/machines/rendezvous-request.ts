/**
 * Rendezvous, the side that asks: REGISTER or DISCOVER on a stream of its own (libp2p/specs rendezvous/README.md,
 * "Interaction").
 *
 *   (the entry sends the request)
 *   awaitingResponse --wire.response----> answered
 *     | wire.refused, by its status -> refused
 *     | wire.otherResponse or wire.invalid -> malformed, wire.tooLarge -> tooLarge
 *     | stream.ended -> ended, deadline -> timedOut
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RendezvousRequestInput {
  /** From the request to its response. */
  readonly timeoutMs: number;
}

export type RendezvousRequestEvent =
  /** The response that is due, with status OK. */
  | { readonly type: 'wire.response' }
  /** The response that is due, with another status. */
  | { readonly type: 'wire.refused'; readonly code: ErrorCode }
  /** A request, or the response to another kind of request. */
  | { readonly type: 'wire.otherResponse' }
  /** Bytes that are no rendezvous message. */
  | { readonly type: 'wire.invalid' }
  | { readonly type: 'wire.tooLarge' }
  /** The peer closed or reset the stream. */
  | { readonly type: 'stream.ended' };

export type RendezvousRequestEffect =
  | { readonly type: 'send.request' }
  | { readonly type: 'report.answered' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const rendezvousRequestMachine = setup({
  types: {
    input: {} as RendezvousRequestInput,
    context: {} as RendezvousRequestInput,
    events: {} as RendezvousRequestEvent,
    emitted: {} as RendezvousRequestEffect,
  },
  delays: { rendezvousTimeout: ({ context }) => context.timeoutMs },
  actions: {
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'rendezvousRequest',
  context: ({ input }) => input,
  initial: 'awaitingResponse',
  after: { rendezvousTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { '*': '.unexpected' },
  states: {
    awaitingResponse: {
      entry: emit({ type: 'send.request' }),
      on: {
        'wire.response': 'answered',
        'wire.refused': {
          target: 'refused',
          actions: { type: 'reportFailed', params: ({ event }) => ({ code: event.code }) },
        },
        'wire.otherResponse': 'malformed',
        'wire.invalid': 'malformed',
        'wire.tooLarge': 'tooLarge',
        'stream.ended': 'ended',
      },
    },
    answered: { type: 'final', entry: emit({ type: 'report.answered' }) },
    refused: { type: 'final' },
    malformed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_BAD_MESSAGE' } } },
    tooLarge: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_TOO_LARGE' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_UNEXPECTED' } } },
  },
});
