/**
 * The way out to one bitswap peer: one stream that is opened when there is something to say, reused for many messages,
 * and closed when it has been unused (specs.ipfs.tech/bitswap-protocol: a sender opens its own streams).
 *
 *                        stream.failed, tries left
 *               .------> waiting <-------- stream.reset ----------.
 *               |           | after backoff                       |
 *   closed -----+-------> closed                                  |
 *     | queue.filled                                              |
 *     v         |              window.exhausted                   |
 *   opening ----+---> open { writable <-------> congested } ------'
 *     |                  '-- stream.idle --> closed    | after send time-out
 *     v                                                v
 *   unsupported | failed                            stalled          local.close, from anywhere: stopped
 *
 * Messages themselves are the actor's; the machine hears edges only. An event that a state does not expect ends in
 * `unexpected`.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface BitswapOutboundInput {
  /** Attempts to open a stream, in a row. */
  readonly attempts: number;
  readonly backoffMs: number;
  /** How long a stream may stay unused. */
  readonly idleMs: number;
  /** How long a peer may read nothing. */
  readonly sendTimeoutMs: number;
}

export interface BitswapOutboundContext extends BitswapOutboundInput {
  readonly failedAttempts: number;
}

export type BitswapOutboundEvent =
  /** There is something to send and no stream. */
  | { readonly type: 'queue.filled' }
  | { readonly type: 'stream.opened' }
  | { readonly type: 'stream.failed' }
  /** The peer speaks no bitswap. */
  | { readonly type: 'stream.unsupported' }
  | { readonly type: 'stream.reset' }
  | { readonly type: 'stream.idle' }
  | { readonly type: 'window.exhausted' }
  | { readonly type: 'window.opened' }
  | { readonly type: 'local.close' };

export type BitswapOutboundEffect =
  | { readonly type: 'open.stream' }
  | { readonly type: 'write.queued' }
  /** Answer with `queue.filled` if something waits. */
  | { readonly type: 'check.queue' }
  /** Answer with `stream.idle` if nothing was written since the last check. */
  | { readonly type: 'check.idle' }
  | { readonly type: 'close.stream' }
  | { readonly type: 'reset.stream' }
  /** What was written on the stream may be lost. */
  | { readonly type: 'report.lost' }
  | { readonly type: 'report.ended'; readonly code: ErrorCode };

export const bitswapOutboundMachine = setup({
  types: {
    input: {} as BitswapOutboundInput,
    context: {} as BitswapOutboundContext,
    events: {} as BitswapOutboundEvent,
    emitted: {} as BitswapOutboundEffect,
  },
  delays: {
    backoff: ({ context }) => context.backoffMs,
    idle: ({ context }) => context.idleMs,
    sendTimeout: ({ context }) => context.sendTimeoutMs,
  },
  guards: { hasAnotherAttempt: ({ context }) => context.failedAttempts + 1 < context.attempts },
  actions: {
    countFailure: assign({ failedAttempts: ({ context }) => context.failedAttempts + 1 }),
    forgetFailures: assign({ failedAttempts: 0 }),
    checkIdle: emit({ type: 'check.idle' }),
    closeStream: emit({ type: 'close.stream' }),
    resetStream: emit({ type: 'reset.stream' }),
    reportLost: emit({ type: 'report.lost' }),
    reportEnded: emit((_, params: { code: ErrorCode }) => ({ type: 'report.ended', code: params.code }) as const),
  },
}).createMachine({
  id: 'bitswapOutbound',
  context: ({ input }) => ({ ...input, failedAttempts: 0 }),
  initial: 'closed',
  on: { 'local.close': '.stopped', '*': '.unexpected' },
  states: {
    closed: { entry: emit({ type: 'check.queue' }), on: { 'queue.filled': 'opening' } },
    opening: {
      entry: emit({ type: 'open.stream' }),
      on: {
        'stream.opened': { target: 'open', actions: 'forgetFailures' },
        'stream.failed': [{ guard: 'hasAnotherAttempt', target: 'waiting', actions: 'countFailure' }, 'failed'],
        'stream.unsupported': 'unsupported',
      },
    },
    waiting: { after: { backoff: 'closed' } },
    open: {
      initial: 'writable',
      on: {
        'stream.reset': { target: 'waiting', actions: 'reportLost' },
        'stream.idle': { target: 'closed', actions: 'closeStream' },
      },
      states: {
        writable: {
          entry: emit({ type: 'write.queued' }),
          after: { idle: { target: 'writable', reenter: true, actions: 'checkIdle' } },
          on: { 'window.exhausted': 'congested' },
        },
        congested: {
          after: { sendTimeout: '#bitswapOutbound.stalled' },
          on: { 'window.opened': 'writable' },
        },
      },
    },
    unsupported: { type: 'final', entry: { type: 'reportEnded', params: { code: 'ERR_MULTISTREAM_NO_OVERLAP' } } },
    failed: { type: 'final', entry: { type: 'reportEnded', params: { code: 'ERR_STREAM_RESET' } } },
    stalled: {
      type: 'final',
      entry: ['resetStream', { type: 'reportEnded', params: { code: 'ERR_BITSWAP_TIMEOUT' } }],
    },
    stopped: { type: 'final', entry: 'closeStream' },
    unexpected: {
      type: 'final',
      entry: ['resetStream', { type: 'reportEnded', params: { code: 'ERR_BITSWAP_UNEXPECTED' } }],
    },
  },
});
