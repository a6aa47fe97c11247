/**
 * The noise-libp2p handshake, XX (libp2p/specs noise/README.md; Noise specification revision 34, 7.5), both roles.
 *
 *   XX:  -> e      <- e, ee, s, es      -> s, se
 *
 *   idle --local.dial----> dialing                        (sends message 1: e)
 *     |                      awaitingMessage2 --wire.message--> openingMessage2 --crypto.opened--> verifyingPayload
 *     |                                                                    crypto.verified: sends message 3 |
 *     |                                                                                                  secured
 *     |                                                                                     crypto.verified |
 *     +----local.listen--> listening                                                                        |
 *                            awaitingMessage1 --wire.message--> openingMessage1                             |
 *                            crypto.opened: sends message 2 |                                               |
 *                            awaitingMessage3 --wire.message--> openingMessage3 --crypto.opened--> verifyingPayload
 *
 *   openingMessage*   --crypto.rejected-----> badMessage
 *   verifyingPayload  --crypto.badPayload---> badPayload        --crypto.badSignature---> badSignature
 *                     --crypto.peerMismatch-> peerMismatch      --crypto.noCommonMuxer--> noCommonMuxer
 *   any               --deadline------------> timedOut          --transport.ended|failed-> ended
 *   any               --anything else-------> unexpected
 *
 * A message is judged legal here before any of its maths is done: the states tagged `paused` wait for the finding.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';
import type { NoiseMessageNumber } from '../wire/noise.js';

export interface NoiseHandshakeInput {
  /** From start to secured. */
  readonly timeoutMs: number;
}

export type NoiseHandshakeContext = NoiseHandshakeInput;

export type NoiseHandshakeEvent =
  | { readonly type: 'local.dial' }
  | { readonly type: 'local.listen' }
  /** One whole handshake message came; the actor holds it. */
  | { readonly type: 'wire.message' }
  /** The message that came is authentic and its payload is decrypted. */
  | { readonly type: 'crypto.opened' }
  | { readonly type: 'crypto.rejected' }
  /** The payload proves who the peer is, and it is the one we want. */
  | { readonly type: 'crypto.verified' }
  | { readonly type: 'crypto.badPayload' }
  | { readonly type: 'crypto.badSignature' }
  | { readonly type: 'crypto.peerMismatch' }
  | { readonly type: 'crypto.noCommonMuxer' }
  | { readonly type: 'transport.ended' }
  | { readonly type: 'transport.failed' };

export type NoiseHandshakeEffect =
  | { readonly type: 'send.message'; readonly message: NoiseMessageNumber }
  | { readonly type: 'open.message'; readonly message: NoiseMessageNumber }
  | { readonly type: 'verify.payload' }
  | { readonly type: 'report.secured' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

/** What may be wrong with a payload that decrypted, the same for both roles. */
const FINDINGS_AGAINST = {
  'crypto.badPayload': '#noiseHandshake.badPayload',
  'crypto.badSignature': '#noiseHandshake.badSignature',
  'crypto.peerMismatch': '#noiseHandshake.peerMismatch',
  'crypto.noCommonMuxer': '#noiseHandshake.noCommonMuxer',
} as const;

export const noiseHandshakeMachine = setup({
  types: {
    input: {} as NoiseHandshakeInput,
    context: {} as NoiseHandshakeContext,
    events: {} as NoiseHandshakeEvent,
    emitted: {} as NoiseHandshakeEffect,
    tags: {} as 'paused',
  },
  delays: { handshakeTimeout: ({ context }) => context.timeoutMs },
  actions: {
    sendMessage: emit((_, params: { message: NoiseMessageNumber }) => ({ type: 'send.message', ...params }) as const),
    openMessage: emit((_, params: { message: NoiseMessageNumber }) => ({ type: 'open.message', ...params }) as const),
    fail: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', ...params }) as const),
  },
}).createMachine({
  id: 'noiseHandshake',
  context: ({ input }) => input,
  initial: 'idle',
  after: { handshakeTimeout: '.timedOut' },
  on: { 'transport.ended': '.ended', 'transport.failed': '.ended', '*': '.unexpected' },
  states: {
    idle: { on: { 'local.dial': 'dialing', 'local.listen': 'listening' } },
    dialing: {
      entry: { type: 'sendMessage', params: { message: 1 } },
      initial: 'awaitingMessage2',
      states: {
        awaitingMessage2: { on: { 'wire.message': 'openingMessage2' } },
        openingMessage2: {
          tags: 'paused',
          entry: { type: 'openMessage', params: { message: 2 } },
          on: { 'crypto.opened': 'verifyingPayload', 'crypto.rejected': '#noiseHandshake.badMessage' },
        },
        verifyingPayload: {
          tags: 'paused',
          entry: emit({ type: 'verify.payload' }),
          on: {
            'crypto.verified': {
              target: '#noiseHandshake.secured',
              actions: { type: 'sendMessage', params: { message: 3 } },
            },
            ...FINDINGS_AGAINST,
          },
        },
      },
    },
    listening: {
      initial: 'awaitingMessage1',
      states: {
        awaitingMessage1: { on: { 'wire.message': 'openingMessage1' } },
        openingMessage1: {
          tags: 'paused',
          entry: { type: 'openMessage', params: { message: 1 } },
          on: { 'crypto.opened': 'awaitingMessage3', 'crypto.rejected': '#noiseHandshake.badMessage' },
        },
        awaitingMessage3: {
          entry: { type: 'sendMessage', params: { message: 2 } },
          on: { 'wire.message': 'openingMessage3' },
        },
        openingMessage3: {
          tags: 'paused',
          entry: { type: 'openMessage', params: { message: 3 } },
          on: { 'crypto.opened': 'verifyingPayload', 'crypto.rejected': '#noiseHandshake.badMessage' },
        },
        verifyingPayload: {
          tags: 'paused',
          entry: emit({ type: 'verify.payload' }),
          on: {
            'crypto.verified': '#noiseHandshake.secured',
            ...FINDINGS_AGAINST,
          },
        },
      },
    },
    secured: { type: 'final', entry: emit({ type: 'report.secured' }) },
    badMessage: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_BAD_MESSAGE' } } },
    badPayload: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_BAD_PAYLOAD' } } },
    badSignature: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_BAD_SIGNATURE' } } },
    peerMismatch: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_PEER_ID_MISMATCH' } } },
    noCommonMuxer: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_NO_COMMON_MUXER' } } },
    unexpected: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_UNEXPECTED' } } },
    timedOut: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'fail', params: { code: 'ERR_NOISE_ENDED' } } },
  },
});
