/**
 * The exchange of plaintext 2.0 (libp2p/specs plaintext/README.md, "Exchange"), the same for both sides.
 *
 *   awaitingExchange --wire.exchange--> verifyingExchange --crypto.exchangeVerified--> secured
 *     (sends ours)     |                  |-- crypto.badExchange ---> malformed
 *                      |                  |-- crypto.idMismatch ----> mismatched
 *                      |                  '-- crypto.peerMismatch --> wrongPeer
 *                      '-- wire.badMessage --> malformed
 *
 *   any --deadline--> timedOut    any --transport.ended|failed--> ended    any --anything else--> unexpected
 *
 * Each side sends at once and waits for the other's. `secured` is the spec's end of the exchange; it keeps nothing secret
 * and proves nothing.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface PlaintextExchangeInput {
  /** From start to secured. */
  readonly timeoutMs: number;
}

export type PlaintextExchangeContext = PlaintextExchangeInput;

export type PlaintextExchangeEvent =
  /** One whole message came; the actor holds it. */
  | { readonly type: 'wire.exchange' }
  /** A length that is not a varint, or over the limit. */
  | { readonly type: 'wire.badMessage' }
  /** The peer id is that of the key, and the one we dialed. */
  | { readonly type: 'crypto.exchangeVerified' }
  /** The message or the key in it does not decode. */
  | { readonly type: 'crypto.badExchange' }
  /** The peer id is not that of the key. */
  | { readonly type: 'crypto.idMismatch' }
  /** Another peer than the one we dialed. */
  | { readonly type: 'crypto.peerMismatch' }
  | { readonly type: 'transport.ended' }
  | { readonly type: 'transport.failed' };

export type PlaintextExchangeEffect =
  | { readonly type: 'send.exchange' }
  | { readonly type: 'verify.exchange' }
  | { readonly type: 'report.secured' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const plaintextExchangeMachine = setup({
  types: {
    input: {} as PlaintextExchangeInput,
    context: {} as PlaintextExchangeContext,
    events: {} as PlaintextExchangeEvent,
    emitted: {} as PlaintextExchangeEffect,
    tags: {} as 'paused',
  },
  delays: { exchangeTimeout: ({ context }) => context.timeoutMs },
  actions: {
    fail: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', ...params }) as const),
  },
}).createMachine({
  id: 'plaintextExchange',
  context: ({ input }) => input,
  initial: 'awaitingExchange',
  entry: emit({ type: 'send.exchange' }),
  after: { exchangeTimeout: '.timedOut' },
  on: { 'transport.ended': '.ended', 'transport.failed': '.ended', '*': '.unexpected' },
  states: {
    awaitingExchange: { on: { 'wire.exchange': 'verifyingExchange', 'wire.badMessage': 'malformed' } },
    verifyingExchange: {
      tags: 'paused',
      entry: emit({ type: 'verify.exchange' }),
      on: {
        'crypto.exchangeVerified': 'secured',
        'crypto.badExchange': 'malformed',
        'crypto.idMismatch': 'mismatched',
        'crypto.peerMismatch': 'wrongPeer',
      },
    },
    secured: { type: 'final', entry: emit({ type: 'report.secured' }) },
    malformed: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PLAINTEXT_BAD_EXCHANGE' } } },
    mismatched: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PLAINTEXT_BAD_EXCHANGE' } } },
    wrongPeer: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PEER_ID_MISMATCH' } } },
    unexpected: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PLAINTEXT_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PLAINTEXT_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PLAINTEXT_ENDED' } } },
  },
});
