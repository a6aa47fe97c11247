/**
 * The one stream of a connection without a muxer. Its halves are the connection's own: the end of what we write is the end
 * of what the transport sends.
 *
 *   unused --local.open--> open { writing -> draining }
 *     | transport.ended --> closed    | transport.ended -> halfClosedRemote { writing -> draining } --our end--.
 *                                     | our end --------> halfClosedLocal { receiving -> awaitingEnd } ----.   |
 *                                                                                      transport.ended -> closed
 *   local.reset -> resetLocally      transport.failed -> transportLost    awaitingEnd (endTimeout) -> abandoned
 *   session.ended -> sessionEnded    anything else -> unexpected
 *
 * Our end leaves when the queue is empty (`draining` until then). `awaitingEnd`: we have ended and nobody reads any more.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface SoleStreamInput {
  readonly endTimeoutMs: number;
}

export type SoleStreamContext = SoleStreamInput;

/** `queued`: bytes wait before our end. */
export type SoleStreamEvent =
  | { readonly type: 'local.open' }
  | { readonly type: 'local.close'; readonly queued: boolean }
  | { readonly type: 'local.abandon' }
  | { readonly type: 'local.reset' }
  | { readonly type: 'queue.drained' }
  | { readonly type: 'transport.ended' }
  | { readonly type: 'transport.failed' }
  | { readonly type: 'session.ended' };

export type SoleStreamEffect =
  | { readonly type: 'end.transport' }
  | { readonly type: 'drop.transport' }
  | { readonly type: 'report.remoteClosed' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.reset'; readonly code: ErrorCode };

export const soleStreamMachine = setup({
  types: {
    input: {} as SoleStreamInput,
    context: {} as SoleStreamContext,
    events: {} as SoleStreamEvent,
    emitted: {} as SoleStreamEffect,
  },
  delays: { endTimeout: ({ context }) => context.endTimeoutMs },
  guards: {
    hasQueued: ({ event }) => event.type === 'local.close' && event.queued,
  },
  actions: {
    endTransport: emit({ type: 'end.transport' }),
    dropTransport: emit({ type: 'drop.transport' }),
    reportRemoteClosed: emit({ type: 'report.remoteClosed' }),
    reportClosed: emit({ type: 'report.closed' }),
    reportReset: emit((_, params: { code: ErrorCode }) => ({ type: 'report.reset', code: params.code }) as const),
  },
}).createMachine({
  id: 'soleStream',
  context: ({ input }) => input,
  initial: 'unused',
  on: {
    'local.reset': '.resetLocally',
    'transport.failed': '.transportLost',
    'session.ended': '.sessionEnded',
    '*': '.unexpected',
  },
  states: {
    unused: { on: { 'local.open': 'open', 'transport.ended': 'closed' } },
    open: {
      initial: 'writing',
      states: {
        writing: {
          on: {
            'local.close': [{ guard: 'hasQueued', target: 'draining' }, '#soleStream.halfClosedLocal'],
            'transport.ended': '#soleStream.halfClosedRemote.writing',
          },
        },
        draining: {
          on: {
            'queue.drained': '#soleStream.halfClosedLocal',
            'transport.ended': '#soleStream.halfClosedRemote.draining',
          },
        },
      },
    },
    halfClosedLocal: {
      entry: 'endTransport',
      initial: 'receiving',
      on: { 'transport.ended': { target: 'closed', actions: 'reportRemoteClosed' } },
      states: {
        receiving: { on: { 'local.abandon': 'awaitingEnd' } },
        awaitingEnd: { after: { endTimeout: '#soleStream.abandoned' } },
      },
    },
    halfClosedRemote: {
      entry: 'reportRemoteClosed',
      initial: 'writing',
      states: {
        writing: { on: { 'local.close': [{ guard: 'hasQueued', target: 'draining' }, '#soleStream.closed'] } },
        draining: { on: { 'queue.drained': '#soleStream.closed' } },
      },
    },
    // The connection closes behind its stream, and with it our half.
    closed: { type: 'final', entry: 'reportClosed' },
    abandoned: { type: 'final', entry: 'reportClosed' },
    resetLocally: {
      type: 'final',
      entry: ['dropTransport', { type: 'reportReset', params: { code: 'ERR_STREAM_RESET' } }],
    },
    transportLost: { type: 'final', entry: { type: 'reportReset', params: { code: 'ERR_TRANSPORT_ENDED' } } },
    sessionEnded: { type: 'final', entry: { type: 'reportReset', params: { code: 'ERR_STREAM_RESET' } } },
    unexpected: {
      type: 'final',
      entry: ['dropTransport', { type: 'reportReset', params: { code: 'ERR_SOLE_STREAM_UNEXPECTED' } }],
    },
  },
});
