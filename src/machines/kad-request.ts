/**
 * One message to a peer of the DHT, and its answer (libp2p/specs kad-dht/README.md, "RPC messages").
 *
 *   opening --stream.opened--> awaitingResponse --wire.response----> done
 *     |        '- none is due -> sending --------stream.written----> done
 *     '--stream.failed--> notOpened
 *   awaitingResponse or sending: stream.ended -> opening, once, where the stream was used before; else -> ended
 *     wire.tooLarge -> tooLarge, wire.malformed -> malformed, wire.other (it answers another question) -> unexpected
 *   any: deadline -> timedOut, local.cancel -> cancelled
 *
 * A peer may have closed a stream that lay unused, and its word of it be on the way: then a fresh one is tried. The
 * deadline is of all together: who cannot be reached in time has not answered in time.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface KadRequestInput {
  /** ADD_PROVIDER has no answer. */
  readonly awaitsResponse: boolean;
  /** From start to the answer. */
  readonly timeoutMs: number;
}

export interface KadRequestContext extends KadRequestInput {
  /** The stream carried others before. */
  readonly isReused: boolean;
  readonly wantsFresh: boolean;
}

export type KadRequestEvent =
  | { readonly type: 'stream.opened'; readonly isReused: boolean }
  /** It was not opened: no connection, another protocol, no room. */
  | { readonly type: 'stream.failed'; readonly code: ErrorCode }
  /** All of the message was handed over. */
  | { readonly type: 'stream.written' }
  /** The peer closed or reset the stream. */
  | { readonly type: 'stream.ended' }
  /** An answer of the type that was asked for. */
  | { readonly type: 'wire.response' }
  | { readonly type: 'wire.other' }
  | { readonly type: 'wire.tooLarge' }
  | { readonly type: 'wire.malformed' }
  | { readonly type: 'local.cancel' };

export type KadRequestEffect =
  /** `fresh`: none that was used before. */
  | { readonly type: 'open.stream'; readonly fresh: boolean }
  | { readonly type: 'send.message' }
  | { readonly type: 'report.done' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const kadRequestMachine = setup({
  types: {
    input: {} as KadRequestInput,
    context: {} as KadRequestContext,
    events: {} as KadRequestEvent,
    emitted: {} as KadRequestEffect,
  },
  delays: { kadRequestTimeout: ({ context }) => context.timeoutMs },
  guards: {
    awaitsResponse: ({ context }) => context.awaitsResponse,
    wasReused: ({ context }) => context.isReused,
  },
  actions: {
    noteStream: assign((_, params: { isReused: boolean }) => ({ isReused: params.isReused })),
    wantFresh: assign({ isReused: false, wantsFresh: true }),
    sendMessage: emit({ type: 'send.message' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'kadRequest',
  context: ({ input }) => ({ ...input, isReused: false, wantsFresh: false }),
  initial: 'opening',
  after: { kadRequestTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { 'local.cancel': '.cancelled', '*': '.unexpected' },
  states: {
    opening: {
      entry: emit(({ context }) => ({ type: 'open.stream', fresh: context.wantsFresh }) as const),
      on: {
        'stream.opened': [
          {
            guard: 'awaitsResponse',
            target: 'using.awaitingResponse',
            actions: { type: 'noteStream', params: ({ event }) => ({ isReused: event.isReused }) },
          },
          {
            target: 'using.sending',
            actions: { type: 'noteStream', params: ({ event }) => ({ isReused: event.isReused }) },
          },
        ],
        'stream.failed': {
          target: 'notOpened',
          actions: { type: 'reportFailed', params: ({ event }) => ({ code: event.code }) },
        },
      },
    },
    using: {
      initial: 'awaitingResponse',
      on: {
        'stream.ended': [{ guard: 'wasReused', target: 'opening', actions: 'wantFresh' }, 'ended'],
        'wire.tooLarge': 'tooLarge',
        'wire.malformed': 'malformed',
      },
      states: {
        awaitingResponse: { entry: 'sendMessage', on: { 'wire.response': '#kadRequest.done' } },
        sending: { entry: 'sendMessage', on: { 'stream.written': '#kadRequest.done' } },
      },
    },
    done: { type: 'final', entry: emit({ type: 'report.done' }) },
    notOpened: { type: 'final' },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_KAD_ENDED' } } },
    tooLarge: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_KAD_TOO_LARGE' } } },
    malformed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_KAD_BAD_MESSAGE' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_KAD_TIMEOUT' } } },
    cancelled: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_ABORTED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_KAD_UNEXPECTED' } } },
  },
});
