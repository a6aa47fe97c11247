/**
 * Circuit relay 0.1.0, the side that is asked and is no relay (libp2p/specs relay/circuit-v1.md): every question gets a
 * status that says so, as go-ipfs gave it to who joined its swarm.
 *
 *   awaitingQuestion --wire.canHop or wire.hop: 270--> refused
 *     | wire.stop: 390 -> refused
 *     | wire.status or wire.invalid: 400 -> malformed
 *     | wire.tooLarge -> tooLarge, stream.ended -> ended, deadline -> timedOut
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface RelayV1Input {
  /** From start to the question. */
  readonly timeoutMs: number;
}

export type RelayV1Event =
  /** Whether we are a relay. */
  | { readonly type: 'wire.canHop' }
  /** To connect it with another peer. */
  | { readonly type: 'wire.hop' }
  /** Another peer reaches us through it. */
  | { readonly type: 'wire.stop' }
  /** An answer, where a question is due. */
  | { readonly type: 'wire.status' }
  /** Bytes that are no relay message. */
  | { readonly type: 'wire.invalid' }
  | { readonly type: 'wire.tooLarge' }
  /** The peer closed or reset the stream. */
  | { readonly type: 'stream.ended' };

export type RelayV1Effect =
  | { readonly type: 'send.status'; readonly status: 'cannotRelay' | 'relayRefused' | 'malformed' }
  | { readonly type: 'report.answered' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const relayV1Machine = setup({
  types: {
    input: {} as RelayV1Input,
    context: {} as RelayV1Input,
    events: {} as RelayV1Event,
    emitted: {} as RelayV1Effect,
  },
  delays: { relayTimeout: ({ context }) => context.timeoutMs },
  actions: {
    sayCannotRelay: emit({ type: 'send.status', status: 'cannotRelay' }),
    sayRelayRefused: emit({ type: 'send.status', status: 'relayRefused' }),
    sayMalformed: emit({ type: 'send.status', status: 'malformed' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'relayV1',
  context: ({ input }) => input,
  initial: 'awaitingQuestion',
  after: { relayTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { '*': '.unexpected' },
  states: {
    awaitingQuestion: {
      on: {
        'wire.canHop': { target: 'refused', actions: 'sayCannotRelay' },
        'wire.hop': { target: 'refused', actions: 'sayCannotRelay' },
        'wire.stop': { target: 'refused', actions: 'sayRelayRefused' },
        'wire.status': { target: 'malformed', actions: 'sayMalformed' },
        'wire.invalid': { target: 'malformed', actions: 'sayMalformed' },
        'wire.tooLarge': 'tooLarge',
        'stream.ended': 'ended',
      },
    },
    refused: { type: 'final', entry: emit({ type: 'report.answered' }) },
    malformed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RELAY_V1_BAD_MESSAGE' } } },
    tooLarge: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RELAY_V1_TOO_LARGE' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RELAY_V1_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RELAY_V1_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_RELAY_V1_UNEXPECTED' } } },
  },
});
