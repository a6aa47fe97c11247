/**
 * One mplex stream (libp2p/specs mplex/README.md, "Protocol"). It hears what is said beside data, and data only where
 * none may come any more; there are no windows.
 *
 *   open { writing -> draining }
 *     | wire.close --> halfClosedRemote { writing -> draining } --------our close--.
 *     | our close ---> halfClosedLocal  { receiving -> awaitingClose } -wire.close-+-> closed
 *
 *   wire.reset -> resetByPeer      local.reset -> resetLocally     awaitingClose (closeTimeout) -> abandoned
 *   inbox.overflowed -> overflowed session.ended -> sessionEnded   anything else -> unexpected
 *
 * Our close leaves when the queue is empty (`draining` until then). `awaitingClose`: we have closed and nobody reads any
 * more; a peer that does not close in time is reset. `overflowed`: more waits for the reader than may, and the peer, which
 * knows of no window, cannot be told to wait.
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface MplexStreamInput {
  /** `outbound`: opened by us. */
  readonly direction: 'inbound' | 'outbound';
  readonly closeTimeoutMs: number;
}

export type MplexStreamContext = MplexStreamInput;

/** `wire.message`: data behind the peer's close, which is not heard of otherwise. `queued`: bytes wait before our close. */
export type MplexStreamEvent =
  | { readonly type: 'wire.message' }
  | { readonly type: 'wire.close' }
  | { readonly type: 'wire.reset' }
  | { readonly type: 'inbox.overflowed' }
  | { readonly type: 'queue.drained' }
  | { readonly type: 'local.close'; readonly queued: boolean }
  | { readonly type: 'local.abandon' }
  | { readonly type: 'local.reset' }
  | { readonly type: 'session.ended' };

export type MplexStreamEffect =
  | { readonly type: 'send.newStream' }
  | { readonly type: 'offer.stream' }
  | { readonly type: 'send.close' }
  | { readonly type: 'send.reset' }
  | { readonly type: 'report.remoteClosed' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.reset'; readonly code: ErrorCode };

const REPORT_RESET = { type: 'reportReset', params: { code: 'ERR_STREAM_RESET' } } as const;

export const mplexStreamMachine = setup({
  types: {
    input: {} as MplexStreamInput,
    context: {} as MplexStreamContext,
    events: {} as MplexStreamEvent,
    emitted: {} as MplexStreamEffect,
  },
  delays: { closeTimeout: ({ context }) => context.closeTimeoutMs },
  guards: {
    hasQueued: ({ event }) => event.type === 'local.close' && event.queued,
  },
  actions: {
    begin: emit(
      ({ context }) => ({ type: context.direction === 'outbound' ? 'send.newStream' : 'offer.stream' }) as const,
    ),
    sendClose: emit({ type: 'send.close' }),
    sendReset: emit({ type: 'send.reset' }),
    reportRemoteClosed: emit({ type: 'report.remoteClosed' }),
    reportClosed: emit({ type: 'report.closed' }),
    reportReset: emit((_, params: { code: ErrorCode }) => ({ type: 'report.reset', code: params.code }) as const),
  },
}).createMachine({
  id: 'mplexStream',
  context: ({ input }) => input,
  initial: 'open',
  entry: 'begin',
  on: {
    'wire.reset': '.resetByPeer',
    'inbox.overflowed': '.overflowed',
    'local.reset': '.resetLocally',
    'session.ended': '.sessionEnded',
    '*': '.unexpected',
  },
  states: {
    open: {
      initial: 'writing',
      states: {
        writing: {
          on: {
            'local.close': [{ guard: 'hasQueued', target: 'draining' }, '#mplexStream.halfClosedLocal'],
            'wire.close': '#mplexStream.halfClosedRemote.writing',
          },
        },
        draining: {
          on: {
            'queue.drained': '#mplexStream.halfClosedLocal',
            'wire.close': '#mplexStream.halfClosedRemote.draining',
          },
        },
      },
    },
    halfClosedLocal: {
      entry: 'sendClose',
      initial: 'receiving',
      on: { 'wire.close': { target: 'closed', actions: 'reportRemoteClosed' } },
      states: {
        receiving: { on: { 'local.abandon': 'awaitingClose' } },
        awaitingClose: { after: { closeTimeout: '#mplexStream.abandoned' } },
      },
    },
    halfClosedRemote: {
      entry: 'reportRemoteClosed',
      initial: 'writing',
      states: {
        writing: {
          on: {
            'local.close': [
              { guard: 'hasQueued', target: 'draining' },
              { target: '#mplexStream.closed', actions: 'sendClose' },
            ],
          },
        },
        draining: { on: { 'queue.drained': { target: '#mplexStream.closed', actions: 'sendClose' } } },
      },
    },
    closed: { type: 'final', entry: 'reportClosed' },
    abandoned: { type: 'final', entry: ['sendReset', 'reportClosed'] },
    resetByPeer: { type: 'final', entry: REPORT_RESET },
    resetLocally: { type: 'final', entry: ['sendReset', REPORT_RESET] },
    overflowed: {
      type: 'final',
      entry: ['sendReset', { type: 'reportReset', params: { code: 'ERR_MPLEX_QUEUE_FULL' } }],
    },
    sessionEnded: { type: 'final', entry: REPORT_RESET },
    unexpected: {
      type: 'final',
      entry: ['sendReset', { type: 'reportReset', params: { code: 'ERR_MPLEX_UNEXPECTED' } }],
    },
  },
});
