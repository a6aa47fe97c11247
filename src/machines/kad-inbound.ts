/**
 * One inbound stream of the DHT: requests one after another, each answered before the next is read (libp2p/specs
 * kad-dht/README.md, "RPC messages").
 *
 *   awaitingRequest --wire.request--> answering --answer.ready--> sending --stream.drained--> awaitingRequest
 *     | stream.ended: finished          | answer.none: awaitingRequest  | deadline: stalled
 *     | stream.cut: truncated           | answer.refused: refused
 *     | wire.tooLarge: tooLarge         | deadline: late
 *     | wire.malformed: malformed
 *     | deadline: idle
 *   any: stream.reset -> reset, local.close -> stopped
 *
 * ADD_PROVIDER has no answer. What is refused has none either: the stream is reset, as go and js do.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface KadInboundInput {
  /** Without a whole request. */
  readonly idleMs: number;
  /** From a request to its answer. */
  readonly answerTimeoutMs: number;
  /** From an answer until the peer has room for the next. */
  readonly sendTimeoutMs: number;
}

export type KadInboundEvent =
  | { readonly type: 'wire.request' }
  | { readonly type: 'wire.tooLarge' }
  | { readonly type: 'wire.malformed' }
  | { readonly type: 'answer.ready' }
  | { readonly type: 'answer.none' }
  | { readonly type: 'answer.refused'; readonly code: ErrorCode }
  /** What was written is on its way; the next may be. */
  | { readonly type: 'stream.drained' }
  /** The peer asks nothing more. */
  | { readonly type: 'stream.ended' }
  /** The peer closed in the middle of a request. */
  | { readonly type: 'stream.cut' }
  | { readonly type: 'stream.reset' }
  | { readonly type: 'local.close' };

export type KadInboundEffect =
  | { readonly type: 'read.request' }
  | { readonly type: 'answer.request' }
  | { readonly type: 'send.answer' }
  | { readonly type: 'close.write' }
  | { readonly type: 'reset.stream' }
  | { readonly type: 'report.fault'; readonly code: ErrorCode }
  | { readonly type: 'report.ended' };

export const kadInboundMachine = setup({
  types: {
    input: {} as KadInboundInput,
    context: {} as KadInboundInput,
    events: {} as KadInboundEvent,
    emitted: {} as KadInboundEffect,
  },
  delays: {
    kadInboundIdle: ({ context }) => context.idleMs,
    kadAnswerTimeout: ({ context }) => context.answerTimeoutMs,
    kadSendTimeout: ({ context }) => context.sendTimeoutMs,
  },
  actions: {
    resetStream: emit({ type: 'reset.stream' }),
    reportFault: emit((_, params: { code: ErrorCode }) => ({ type: 'report.fault', code: params.code }) as const),
    reportEnded: emit({ type: 'report.ended' }),
  },
}).createMachine({
  id: 'kadInbound',
  context: ({ input }) => input,
  initial: 'awaitingRequest',
  // Reached only when the state below says nothing.
  on: { 'stream.reset': '.reset', 'local.close': '.stopped', '*': '.unexpected' },
  states: {
    awaitingRequest: {
      entry: emit({ type: 'read.request' }),
      after: { kadInboundIdle: 'idle' },
      on: {
        'wire.request': 'answering',
        'wire.tooLarge': 'tooLarge',
        'wire.malformed': 'malformed',
        'stream.ended': 'finished',
        'stream.cut': 'truncated',
      },
    },
    answering: {
      entry: emit({ type: 'answer.request' }),
      after: { kadAnswerTimeout: 'late' },
      on: {
        'answer.ready': 'sending',
        'answer.none': 'awaitingRequest',
        'answer.refused': {
          target: 'refused',
          actions: { type: 'reportFault', params: ({ event }) => ({ code: event.code }) },
        },
      },
    },
    sending: {
      entry: emit({ type: 'send.answer' }),
      after: { kadSendTimeout: 'stalled' },
      on: { 'stream.drained': 'awaitingRequest' },
    },
    finished: { type: 'final', entry: [emit({ type: 'close.write' }), 'reportEnded'] },
    idle: { type: 'final', entry: ['resetStream', 'reportEnded'] },
    reset: { type: 'final', entry: 'reportEnded' },
    stopped: { type: 'final', entry: ['resetStream', 'reportEnded'] },
    refused: { type: 'final', entry: ['resetStream', 'reportEnded'] },
    truncated: {
      type: 'final',
      entry: [{ type: 'reportFault', params: { code: 'ERR_KAD_ENDED' } }, 'resetStream', 'reportEnded'],
    },
    tooLarge: {
      type: 'final',
      entry: [{ type: 'reportFault', params: { code: 'ERR_KAD_TOO_LARGE' } }, 'resetStream', 'reportEnded'],
    },
    malformed: {
      type: 'final',
      entry: [{ type: 'reportFault', params: { code: 'ERR_KAD_BAD_MESSAGE' } }, 'resetStream', 'reportEnded'],
    },
    late: {
      type: 'final',
      entry: [{ type: 'reportFault', params: { code: 'ERR_KAD_LATE' } }, 'resetStream', 'reportEnded'],
    },
    stalled: {
      type: 'final',
      entry: [{ type: 'reportFault', params: { code: 'ERR_KAD_STALLED' } }, 'resetStream', 'reportEnded'],
    },
    unexpected: {
      type: 'final',
      entry: [{ type: 'reportFault', params: { code: 'ERR_KAD_UNEXPECTED' } }, 'resetStream', 'reportEnded'],
    },
  },
});
