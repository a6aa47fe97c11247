/**
 * Identify push, the side that tells (libp2p/specs identify/README.md): what has changed about us, to one peer.
 *
 *   openingStream --stream.opened: the message--> awaitingClose --stream.closed--> pushed
 *     | stream.refused -> refused
 *   either: stream.failed -> failed, deadline -> timedOut
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface IdentifyPushInput {
  /** From start to the peer's close. */
  readonly timeoutMs: number;
}

export type IdentifyPushEvent =
  | { readonly type: 'stream.opened' }
  /** The peer does not speak it, though it said so. */
  | { readonly type: 'stream.refused' }
  /** Both sides are done. */
  | { readonly type: 'stream.closed' }
  /** The stream could not be opened, or was reset. */
  | { readonly type: 'stream.failed' };

export type IdentifyPushEffect =
  | { readonly type: 'send.message' }
  | { readonly type: 'report.pushed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const identifyPushMachine = setup({
  types: {
    input: {} as IdentifyPushInput,
    context: {} as IdentifyPushInput,
    events: {} as IdentifyPushEvent,
    emitted: {} as IdentifyPushEffect,
  },
  delays: { pushTimeout: ({ context }) => context.timeoutMs },
  actions: {
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'identifyPush',
  context: ({ input }) => input,
  initial: 'openingStream',
  after: { pushTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { 'stream.failed': '.failed', '*': '.unexpected' },
  states: {
    openingStream: { on: { 'stream.opened': 'awaitingClose', 'stream.refused': 'refused' } },
    awaitingClose: { entry: emit({ type: 'send.message' }), on: { 'stream.closed': 'pushed' } },
    pushed: { type: 'final', entry: emit({ type: 'report.pushed' }) },
    refused: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_MULTISTREAM_NO_OVERLAP' } } },
    failed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_STREAM_RESET' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_PUSH_TIMEOUT' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_IDENTIFY_PUSH_UNEXPECTED' } } },
  },
});
