/**
 * Identify, the side that reads (libp2p/specs identify/README.md): whoever asked, or was pushed to.
 *
 *   awaitingMessage --wire.message--> awaitingMore --stream.remoteClosed, or deadline--> verifyingKey --> identified
 *     | stream.remoteClosed: ended      | wire.message: one more (awaitingMore)             '-> keyMismatch
 *     | deadline: timedOut              | wire.message, once too often: tooLarge
 *   either: wire.tooLarge -> tooLarge, wire.invalid -> malformed, stream.truncated or stream.reset -> ended
 *
 * A peer closes its side after the last message. One that said something and then leaves its side open is believed when
 * the time is over: what came is whole.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface IdentifyInput {
  /** Messages on one stream. */
  readonly maxMessages: number;
  /** From start to the peer's close. */
  readonly timeoutMs: number;
}

export interface IdentifyContext extends IdentifyInput {
  readonly messages: number;
}

export type IdentifyEvent =
  /** A whole message that decodes. */
  | { readonly type: 'wire.message' }
  /** A length over the limit. */
  | { readonly type: 'wire.tooLarge' }
  /** Bytes that are no identify message. */
  | { readonly type: 'wire.invalid' }
  | { readonly type: 'stream.remoteClosed' }
  /** The peer closed in the middle of a message. */
  | { readonly type: 'stream.truncated' }
  | { readonly type: 'stream.reset' }
  /** The key in the answer is the connection's, or there is none in it. */
  | { readonly type: 'key.matches' }
  | { readonly type: 'key.differs' };

export type IdentifyEffect =
  | { readonly type: 'verify.key' }
  | { readonly type: 'report.identified' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const identifyMachine = setup({
  types: {
    input: {} as IdentifyInput,
    context: {} as IdentifyContext,
    events: {} as IdentifyEvent,
    emitted: {} as IdentifyEffect,
  },
  delays: { identifyTimeout: ({ context }) => context.timeoutMs },
  guards: {
    mayAddMore: ({ context }) => context.messages < context.maxMessages,
    hasMessage: ({ context }) => context.messages > 0,
  },
  actions: {
    countMessage: assign({ messages: ({ context }) => context.messages + 1 }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'identify',
  context: ({ input }) => ({ ...input, messages: 0 }),
  initial: 'awaitingMessage',
  after: { identifyTimeout: [{ guard: 'hasMessage', target: '.verifyingKey' }, { target: '.timedOut' }] },
  // Reached only when the state below says nothing.
  on: {
    'wire.tooLarge': '.tooLarge',
    'wire.invalid': '.malformed',
    'stream.truncated': '.ended',
    'stream.reset': '.ended',
    '*': '.unexpected',
  },
  states: {
    awaitingMessage: {
      on: {
        'wire.message': { target: 'awaitingMore', actions: 'countMessage' },
        'stream.remoteClosed': 'ended',
      },
    },
    awaitingMore: {
      on: {
        'wire.message': [{ guard: 'mayAddMore', actions: 'countMessage' }, 'tooLarge'],
        'stream.remoteClosed': 'verifyingKey',
      },
    },
    verifyingKey: {
      entry: emit({ type: 'verify.key' }),
      on: { 'key.matches': 'identified', 'key.differs': 'keyMismatch' },
    },
    identified: { type: 'final', entry: emit({ type: 'report.identified' }) },
    keyMismatch: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_KEY_MISMATCH' } } },
    malformed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_BAD_MESSAGE' } } },
    tooLarge: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_TOO_LARGE' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_UNEXPECTED' } } },
  },
});
