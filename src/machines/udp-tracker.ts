/**
 * One announce to a tracker over UDP (BEP 15): a connection id is asked for, then the announce made with it; what is not
 * answered in time is begun again, each time after twice as long.
 *
 *   opening --socket.opened--> connecting --wire.connected--> announcing --wire.announced--> answered
 *                                  ^  ^ (retry)                   | (retry): a connection id is good for a minute only
 *                                  '--'---------------------------'            either, the last: timedOut
 *
 *   either: wire.refused -> refused, wire.malformed -> badAnswer
 *   socket.failed -> failed, local.cancel -> cancelled, anything else -> unexpected
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface UdpTrackerInput {
  /** From the first request to the second; then twice as long each time. */
  readonly retryMs: number;
  /** How often it is begun; at least once. */
  readonly tries: number;
}

export interface UdpTrackerContext extends UdpTrackerInput {
  /** Tries that ended without an answer. */
  readonly unanswered: number;
}

export type UdpTrackerEvent =
  | { readonly type: 'socket.opened' }
  | { readonly type: 'socket.failed' }
  | { readonly type: 'wire.connected' }
  | { readonly type: 'wire.announced' }
  | { readonly type: 'wire.refused' }
  /** Under our transaction, but no answer to what we asked. */
  | { readonly type: 'wire.malformed' }
  | { readonly type: 'local.cancel' };

export type UdpTrackerEffect =
  | { readonly type: 'open.socket' }
  | { readonly type: 'send.connect' }
  | { readonly type: 'send.announce' }
  | { readonly type: 'report.answered' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const udpTrackerMachine = setup({
  types: {
    input: {} as UdpTrackerInput,
    context: {} as UdpTrackerContext,
    events: {} as UdpTrackerEvent,
    emitted: {} as UdpTrackerEffect,
  },
  delays: { retry: ({ context }) => context.retryMs * 2 ** context.unanswered },
  guards: { isLast: ({ context }) => context.unanswered + 1 >= context.tries },
  actions: {
    countTry: assign({ unanswered: ({ context }) => context.unanswered + 1 }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'udpTracker',
  context: ({ input }) => ({ ...input, unanswered: 0 }),
  initial: 'opening',
  on: { 'socket.failed': '.failed', 'local.cancel': '.cancelled', '*': '.unexpected' },
  states: {
    opening: { entry: emit({ type: 'open.socket' }), on: { 'socket.opened': 'asking' } },
    asking: {
      initial: 'connecting',
      on: { 'wire.refused': 'refused', 'wire.malformed': 'badAnswer' },
      states: {
        connecting: {
          entry: emit({ type: 'send.connect' }),
          after: {
            retry: [
              { guard: 'isLast', target: '#udpTracker.timedOut' },
              { target: 'connecting', reenter: true, actions: 'countTry' },
            ],
          },
          on: { 'wire.connected': 'announcing' },
        },
        announcing: {
          entry: emit({ type: 'send.announce' }),
          after: {
            retry: [
              { guard: 'isLast', target: '#udpTracker.timedOut' },
              { target: 'connecting', actions: 'countTry' },
            ],
          },
          on: { 'wire.announced': '#udpTracker.answered' },
        },
      },
    },
    answered: { type: 'final', entry: emit({ type: 'report.answered' }) },
    refused: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRACKER_REFUSED' } } },
    badAnswer: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRACKER_BAD_ANSWER' } } },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRACKER_TIMEOUT' } } },
    failed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRACKER_FAILED' } } },
    cancelled: { type: 'final' },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_TRACKER_UNEXPECTED' } } },
  },
});
