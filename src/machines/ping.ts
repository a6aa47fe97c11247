/**
 * Ping, the side that asks (libp2p/specs ping/ping.md).
 *
 *   (each entry sends a payload)
 *   awaitingEcho --wire.echo, the last------------------> finished
 *     | wire.echo, more to do, no pause: awaitingEcho
 *     | wire.echo, more to do: resting --after the pause--> awaitingEcho
 *     | wire.mismatch -> mismatch, deadline -> timedOut
 *   either: stream.ended -> ended, bytes that answer nothing (wire.surplus) -> unexpected
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface PingInput {
  /** How many echoes to wait for; at least one. */
  readonly count: number;
  /** From an echo to the next payload. */
  readonly intervalMs: number;
  /** From a payload to its echo. */
  readonly timeoutMs: number;
}

export interface PingContext extends PingInput {
  readonly echoes: number;
}

export type PingEvent =
  /** The payload came back as it was sent. */
  | { readonly type: 'wire.echo' }
  /** Other bytes came back. */
  | { readonly type: 'wire.mismatch' }
  /** Bytes came that no payload asked for. */
  | { readonly type: 'wire.surplus' }
  /** The peer closed or reset the stream. */
  | { readonly type: 'stream.ended' };

export type PingEffect =
  | { readonly type: 'send.payload' }
  | { readonly type: 'report.echoed' }
  | { readonly type: 'report.finished' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const pingMachine = setup({
  types: {
    input: {} as PingInput,
    context: {} as PingContext,
    events: {} as PingEvent,
    emitted: {} as PingEffect,
  },
  delays: {
    pingTimeout: ({ context }) => context.timeoutMs,
    pingInterval: ({ context }) => context.intervalMs,
  },
  guards: {
    isLast: ({ context }) => context.echoes + 1 >= context.count,
    restsBetween: ({ context }) => context.intervalMs > 0,
  },
  actions: {
    countEcho: assign({ echoes: ({ context }) => context.echoes + 1 }),
    reportEchoed: emit({ type: 'report.echoed' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'ping',
  context: ({ input }) => ({ ...input, echoes: 0 }),
  initial: 'awaitingEcho',
  // Reached only when the state below says nothing.
  on: { 'stream.ended': '.ended', '*': '.unexpected' },
  states: {
    awaitingEcho: {
      entry: emit({ type: 'send.payload' }),
      after: { pingTimeout: 'timedOut' },
      on: {
        'wire.echo': [
          { guard: 'isLast', target: 'finished', actions: ['countEcho', 'reportEchoed'] },
          { guard: 'restsBetween', target: 'resting', actions: ['countEcho', 'reportEchoed'] },
          { target: 'awaitingEcho', reenter: true, actions: ['countEcho', 'reportEchoed'] },
        ],
        'wire.mismatch': 'mismatch',
      },
    },
    resting: { after: { pingInterval: 'awaitingEcho' } },
    finished: { type: 'final', entry: emit({ type: 'report.finished' }) },
    mismatch: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_PING_MISMATCH' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_PING_TIMEOUT' } } },
    ended: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_PING_ENDED' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_PING_UNEXPECTED' } } },
  },
});
