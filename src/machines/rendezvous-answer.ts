/**
 * Rendezvous, the point: one request on a stream that a peer opened (libp2p/specs rendezvous/README.md, "Interaction"). A
 * refusal is an answer like any other.
 *
 *   awaitingRequest --wire.register or wire.discover--> sendingResponse --stream.closed--> served
 *     | wire.unregister, which has no response -> served
 *     | wire.response or wire.invalid -> malformed, wire.tooLarge -> tooLarge
 *     | stream.ended -> ended, deadline -> timedOut
 *   sendingResponse: deadline -> stalled (the peer does not read)
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RendezvousAnswerInput {
  /** From start to the request, and from the response until the peer has read it. */
  readonly timeoutMs: number;
}

export type RendezvousAnswerEvent =
  | { readonly type: 'wire.register' }
  | { readonly type: 'wire.unregister' }
  | { readonly type: 'wire.discover' }
  /** A response, where a request is due. */
  | { readonly type: 'wire.response' }
  /** Bytes that are no rendezvous message. */
  | { readonly type: 'wire.invalid' }
  | { readonly type: 'wire.tooLarge' }
  /** The peer closed or reset the stream before its request was whole. */
  | { readonly type: 'stream.ended' }
  /** Both sides are done, well or not: the response has left. */
  | { readonly type: 'stream.closed' };

export type RendezvousAnswerEffect =
  | { readonly type: 'answer.register' }
  | { readonly type: 'answer.discover' }
  | { readonly type: 'perform.unregister' }
  | { readonly type: 'report.served' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const rendezvousAnswerMachine = setup({
  types: {
    input: {} as RendezvousAnswerInput,
    context: {} as RendezvousAnswerInput,
    events: {} as RendezvousAnswerEvent,
    emitted: {} as RendezvousAnswerEffect,
  },
  delays: { rendezvousTimeout: ({ context }) => context.timeoutMs },
  actions: {
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'rendezvousAnswer',
  context: ({ input }) => input,
  initial: 'awaitingRequest',
  // Reached only when the state below says nothing.
  on: { '*': '.unexpected' },
  states: {
    awaitingRequest: {
      after: { rendezvousTimeout: 'timedOut' },
      on: {
        'wire.register': { target: 'sendingResponse', actions: emit({ type: 'answer.register' }) },
        'wire.discover': { target: 'sendingResponse', actions: emit({ type: 'answer.discover' }) },
        'wire.unregister': { target: 'served', actions: emit({ type: 'perform.unregister' }) },
        'wire.response': 'malformed',
        'wire.invalid': 'malformed',
        'wire.tooLarge': 'tooLarge',
        'stream.ended': 'ended',
      },
    },
    sendingResponse: {
      after: { rendezvousTimeout: 'stalled' },
      on: { 'stream.closed': 'served' },
    },
    served: { type: 'final', entry: emit({ type: 'report.served' }) },
    malformed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_BAD_MESSAGE' } } },
    tooLarge: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_TOO_LARGE' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_TIMEOUT' } } },
    stalled: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_STALLED' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RENDEZVOUS_UNEXPECTED' } } },
  },
});
