/**
 * One inbound bitswap stream: messages until the peer closes its side (specs.ipfs.tech/bitswap-protocol, "Protocol
 * Format"). We send nothing on it: answers go out on a stream of our own.
 *
 *   reading --stream.ended--> finished
 *     |---stream.cut--------> truncated   the peer closed in the middle of a message
 *     |---message.refused---> refused     bytes that are no message, a message too large, a block nobody asked for
 *     |---stream.reset------> reset
 *     '---local.close-------> stopped
 *
 * Messages are the actor's; the machine hears edges only. Any other event ends in `unexpected`.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export type BitswapInboundEvent =
  | { readonly type: 'stream.ended' }
  | { readonly type: 'stream.cut' }
  | { readonly type: 'message.refused'; readonly code: ErrorCode }
  | { readonly type: 'stream.reset' }
  | { readonly type: 'local.close' };

export type BitswapInboundEffect =
  /** Say that we write nothing here. */
  | { readonly type: 'close.write' }
  | { readonly type: 'reset.stream' }
  /** The peer is to blame. */
  | { readonly type: 'report.fault'; readonly code: ErrorCode }
  | { readonly type: 'report.ended' };

export const bitswapInboundMachine = setup({
  types: { events: {} as BitswapInboundEvent, emitted: {} as BitswapInboundEffect },
  actions: {
    resetStream: emit({ type: 'reset.stream' }),
    reportFault: emit((_, params: { code: ErrorCode }) => ({ type: 'report.fault', code: params.code }) as const),
    reportEnded: emit({ type: 'report.ended' }),
  },
}).createMachine({
  id: 'bitswapInbound',
  initial: 'reading',
  on: { '*': '.unexpected' },
  states: {
    reading: {
      entry: emit({ type: 'close.write' }),
      on: {
        'stream.ended': 'finished',
        'stream.cut': { target: 'truncated', actions: { type: 'reportFault', params: { code: 'ERR_STREAM_ENDED' } } },
        'message.refused': {
          target: 'refused',
          actions: { type: 'reportFault', params: ({ event }) => ({ code: event.code }) },
        },
        'stream.reset': 'reset',
        'local.close': 'stopped',
      },
    },
    finished: { type: 'final', entry: 'reportEnded' },
    truncated: { type: 'final', entry: ['resetStream', 'reportEnded'] },
    refused: { type: 'final', entry: ['resetStream', 'reportEnded'] },
    reset: { type: 'final', entry: 'reportEnded' },
    stopped: { type: 'final', entry: ['resetStream', 'reportEnded'] },
    unexpected: { type: 'final', entry: ['resetStream', 'reportEnded'] },
  },
});
