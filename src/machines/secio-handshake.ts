/**
 * The secio handshake (libp2p/specs secio/README.md, "Protocol"): the same chart for dialer and listener.
 *
 *   awaitingPropose --wire.propose--> selectingSuite                        (Propose is sent at the start, unasked)
 *                    crypto.localPreferred |   | crypto.remotePreferred
 *                                          v   v
 *   awaitingExchange                     .sent .held                        (local preferred: Exchange is sent)
 *       wire.exchange                      |   |
 *   verifyingExchange                    .sent .held
 *       crypto.secretDoubtful  .-----------|   |                            (from held: Exchange is sent now)
 *       crypto.secretAgreed    |           v   v
 *   awaitingNonce            .held        .sent                             (sent: the peer's nonce is echoed)
 *       wire.nonce             |           |
 *   checkingNonce            .held        .sent
 *       crypto.nonceMatched    '-----------'--> secured                     (from held: the nonce is echoed now)
 *
 *   selectingSuite     --crypto.badPropose | selfDial | peerMismatch | noCommonSuite--> a state of that name
 *   verifyingExchange  --crypto.badExchange | badSignature--> a state of that name
 *   checkingNonce      --crypto.badMac | badNonce--> a state of that name
 *   any  --deadline--> timedOut   --transport.ended|failed--> ended   --wire.badFrame--> badFrame   --else--> unexpected
 *
 * Why something is held back. The spec does not say how the shared secret's leading zeros are written: Go strips them,
 * js and py keep the curve's width, and a frame sealed after the wrong reading ends the peer's connection. Both of
 * those families send every message as soon as they can. So:
 * - The side whose preferences lost holds its Exchange until the peer's has come, and then takes an ephemeral key with
 *   which the secret does not begin with a zero byte: both readings are one, and nothing is in doubt.
 * - The side whose preferences won sends its Exchange at once, for somebody must. A secret that is in doubt after all
 *   shows that the peer did not hold back, so it is of those families and its nonce is under way: ours is held until
 *   that frame's MAC has told which reading the peer uses. Two peers that follow this chart never wait for each other.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface SecioHandshakeInput {
  /** From start to secured. */
  readonly timeoutMs: number;
}

export type SecioHandshakeContext = SecioHandshakeInput;

export type SecioHandshakeEvent =
  /** One whole message came that the reader of the present state took for this; the actor holds it. */
  | { readonly type: 'wire.propose' | 'wire.exchange' | 'wire.nonce' }
  /** A frame of a length that no frame can have here. */
  | { readonly type: 'wire.badFrame' }
  /** A suite is chosen; by whose order, ours or the peer's. */
  | { readonly type: 'crypto.localPreferred' | 'crypto.remotePreferred' }
  | { readonly type: 'crypto.badPropose' | 'crypto.selfDial' | 'crypto.peerMismatch' | 'crypto.noCommonSuite' }
  /** The peer proved who it is and the keys are made: in the one reading of the secret, or in both. */
  | { readonly type: 'crypto.secretAgreed' | 'crypto.secretDoubtful' }
  | { readonly type: 'crypto.badExchange' | 'crypto.badSignature' }
  | { readonly type: 'crypto.nonceMatched' | 'crypto.badMac' | 'crypto.badNonce' }
  | { readonly type: 'transport.ended' | 'transport.failed' };

export type SecioHandshakeEffect =
  | { readonly type: 'send.propose' | 'send.exchange' | 'send.nonce' }
  | { readonly type: 'select.suite' | 'verify.exchange' | 'check.nonce' }
  | { readonly type: 'report.secured' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const secioHandshakeMachine = setup({
  types: {
    input: {} as SecioHandshakeInput,
    context: {} as SecioHandshakeContext,
    events: {} as SecioHandshakeEvent,
    emitted: {} as SecioHandshakeEffect,
    tags: {} as 'paused',
  },
  delays: { handshakeTimeout: ({ context }) => context.timeoutMs },
  actions: {
    sendExchange: emit({ type: 'send.exchange' }),
    sendNonce: emit({ type: 'send.nonce' }),
    fail: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', ...params }) as const),
  },
}).createMachine({
  id: 'secioHandshake',
  context: ({ input }) => input,
  initial: 'awaitingPropose',
  after: { handshakeTimeout: '.timedOut' },
  on: { 'transport.ended': '.ended', 'transport.failed': '.ended', 'wire.badFrame': '.badFrame', '*': '.unexpected' },
  states: {
    awaitingPropose: { entry: emit({ type: 'send.propose' }), on: { 'wire.propose': 'selectingSuite' } },
    selectingSuite: {
      tags: 'paused',
      entry: emit({ type: 'select.suite' }),
      on: {
        'crypto.localPreferred': { target: 'awaitingExchange.sent', actions: 'sendExchange' },
        'crypto.remotePreferred': 'awaitingExchange.held',
        'crypto.badPropose': 'badPropose',
        'crypto.selfDial': 'selfDial',
        'crypto.peerMismatch': 'peerMismatch',
        'crypto.noCommonSuite': 'noCommonSuite',
      },
    },
    awaitingExchange: {
      initial: 'sent',
      states: {
        sent: { on: { 'wire.exchange': '#secioHandshake.verifyingExchange.sent' } },
        held: { on: { 'wire.exchange': '#secioHandshake.verifyingExchange.held' } },
      },
    },
    verifyingExchange: {
      tags: 'paused',
      entry: emit({ type: 'verify.exchange' }),
      on: { 'crypto.badExchange': 'badExchange', 'crypto.badSignature': 'badSignature' },
      initial: 'sent',
      states: {
        sent: {
          on: {
            'crypto.secretAgreed': { target: '#secioHandshake.awaitingNonce.sent', actions: 'sendNonce' },
            'crypto.secretDoubtful': '#secioHandshake.awaitingNonce.held',
          },
        },
        held: {
          on: {
            'crypto.secretAgreed': {
              target: '#secioHandshake.awaitingNonce.sent',
              actions: ['sendExchange', 'sendNonce'],
            },
            // No key of many tries would do: as good as impossible, and waiting is right with either family.
            'crypto.secretDoubtful': { target: '#secioHandshake.awaitingNonce.held', actions: 'sendExchange' },
          },
        },
      },
    },
    awaitingNonce: {
      initial: 'sent',
      states: {
        sent: { on: { 'wire.nonce': '#secioHandshake.checkingNonce.sent' } },
        held: { on: { 'wire.nonce': '#secioHandshake.checkingNonce.held' } },
      },
    },
    checkingNonce: {
      tags: 'paused',
      entry: emit({ type: 'check.nonce' }),
      on: { 'crypto.badMac': 'badMac', 'crypto.badNonce': 'badNonce' },
      initial: 'sent',
      states: {
        sent: { on: { 'crypto.nonceMatched': '#secioHandshake.secured' } },
        held: { on: { 'crypto.nonceMatched': { target: '#secioHandshake.secured', actions: 'sendNonce' } } },
      },
    },
    secured: { type: 'final', entry: emit({ type: 'report.secured' }) },
    badPropose: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_BAD_PROPOSE' } } },
    selfDial: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_DIAL_SELF' } } },
    peerMismatch: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PEER_ID_MISMATCH' } } },
    noCommonSuite: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_NO_COMMON_SUITE' } } },
    badExchange: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_BAD_EXCHANGE' } } },
    badSignature: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_BAD_SIGNATURE' } } },
    badMac: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_BAD_MAC' } } },
    badNonce: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_BAD_NONCE' } } },
    badFrame: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_BAD_FRAME' } } },
    unexpected: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_SECIO_ENDED' } } },
  },
});
