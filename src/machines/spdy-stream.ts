/**
 * One SPDY/3.1 stream (draft-mbelshe-httpbis-spdy-00 2.3). It hears flags and the edges of what may be sent; data frames
 * never reach it.
 *
 *   open { windowOpen <-> windowExhausted -> draining }
 *     | wire.fin ------------> halfClosedRemote { windowOpen <-> windowExhausted -> draining } --our FIN--.
 *     | our FIN -------------> halfClosedLocal  { receiving -> awaitingFin } ---------------wire.fin-------> closed
 *
 *   wire.reset -> resetByPeer      local.reset -> resetLocally     awaitingFin (finTimeout) -> abandoned
 *   wire.violation -> violated     session.ended -> sessionEnded   a second wire.reply, or one that nobody is due
 *   anything else -> unexpected                                    -> repliedTwice
 *
 * Our FIN leaves when the queue is empty (`draining` until then); a second `local.close` finds nothing open and sends
 * nothing. `awaitingFin`: we sent FIN and nobody reads any more; a peer that does not finish in time is reset.
 * We answer SYN_STREAM with SYN_REPLY as the draft says, and wait for none, for libp2p-spdy sends none: whether it came
 * is in the context.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface SpdyStreamInput {
  /** `outbound`: opened by us. */
  readonly direction: 'inbound' | 'outbound';
  readonly finTimeoutMs: number;
}

export interface SpdyStreamContext extends SpdyStreamInput {
  /** Whether the side that did not open the stream has said SYN_REPLY. */
  readonly replied: boolean;
}

/** `local.accept`: the owner took the stream that it was offered. `queued`: bytes wait before the FIN. */
export type SpdyStreamEvent =
  | { readonly type: 'wire.reply' }
  | { readonly type: 'wire.fin' }
  | { readonly type: 'wire.reset' }
  | { readonly type: 'wire.violation'; readonly code: ErrorCode; readonly status: number }
  | { readonly type: 'window.exhausted' }
  | { readonly type: 'window.opened' }
  | { readonly type: 'queue.drained' }
  | { readonly type: 'local.accept' }
  | { readonly type: 'local.close'; readonly queued: boolean }
  | { readonly type: 'local.abandon' }
  | { readonly type: 'local.reset'; readonly status: number }
  | { readonly type: 'session.ended' };

export type SpdyStreamEffect =
  | { readonly type: 'send.synStream' }
  | { readonly type: 'offer.stream' }
  | { readonly type: 'send.synReply' }
  | { readonly type: 'send.fin' }
  | { readonly type: 'send.reset'; readonly status: number }
  | { readonly type: 'report.remoteClosed' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.reset'; readonly code: ErrorCode };

/** While the queue drains the window's edges change nothing, and closing was said. */
const DRAINING = { 'window.exhausted': {}, 'window.opened': {}, 'local.close': {} } as const;
/** RST_STREAM statuses (2.6.3). */
const SEND_PROTOCOL_ERROR = { type: 'sendReset', params: { status: 1 } } as const;
const SEND_CANCEL = { type: 'sendReset', params: { status: 5 } } as const;
const REPORT_RESET = { type: 'reportReset', params: { code: 'ERR_STREAM_RESET' } } as const;
const REPORT_UNEXPECTED = { type: 'reportReset', params: { code: 'ERR_SPDY_UNEXPECTED' } } as const;

export const spdyStreamMachine = setup({
  types: {
    input: {} as SpdyStreamInput,
    context: {} as SpdyStreamContext,
    events: {} as SpdyStreamEvent,
    emitted: {} as SpdyStreamEffect,
  },
  delays: { finTimeout: ({ context }) => context.finTimeoutMs },
  guards: {
    hasQueued: ({ event }) => event.type === 'local.close' && event.queued,
    hasReplied: ({ context }) => context.replied,
    awaitsReply: ({ context }) => context.direction === 'outbound' && !context.replied,
  },
  actions: {
    begin: emit(
      ({ context }) => ({ type: context.direction === 'outbound' ? 'send.synStream' : 'offer.stream' }) as const,
    ),
    noteReply: assign({ replied: true }),
    sendSynReply: emit({ type: 'send.synReply' }),
    sendFin: emit({ type: 'send.fin' }),
    sendReset: emit((_, params: { status: number }) => ({ type: 'send.reset', status: params.status }) as const),
    reportRemoteClosed: emit({ type: 'report.remoteClosed' }),
    reportClosed: emit({ type: 'report.closed' }),
    reportReset: emit((_, params: { code: ErrorCode }) => ({ type: 'report.reset', code: params.code }) as const),
  },
}).createMachine({
  id: 'spdyStream',
  context: ({ input }) => ({ ...input, replied: false }),
  initial: 'open',
  entry: 'begin',
  on: {
    'wire.reply': [{ guard: 'awaitsReply', actions: 'noteReply' }, '.repliedTwice'],
    'local.accept': [{ guard: 'hasReplied' }, { actions: ['noteReply', 'sendSynReply'] }],
    'wire.reset': '.resetByPeer',
    'wire.violation': {
      target: '.violated',
      actions: [
        { type: 'sendReset', params: ({ event }) => ({ status: event.status }) },
        { type: 'reportReset', params: ({ event }) => ({ code: event.code }) },
      ],
    },
    'local.reset': {
      target: '.resetLocally',
      actions: { type: 'sendReset', params: ({ event }) => ({ status: event.status }) },
    },
    'session.ended': '.sessionEnded',
    // Said again, or where it changes nothing; the states where they count are below.
    'local.close': {},
    'local.abandon': {},
    '*': '.unexpected',
  },
  states: {
    open: {
      initial: 'windowOpen',
      on: { 'local.close': [{ guard: 'hasQueued', target: '.draining' }, 'halfClosedLocal'] },
      states: {
        windowOpen: {
          on: { 'window.exhausted': 'windowExhausted', 'wire.fin': '#spdyStream.halfClosedRemote.windowOpen' },
        },
        windowExhausted: {
          on: { 'window.opened': 'windowOpen', 'wire.fin': '#spdyStream.halfClosedRemote.windowExhausted' },
        },
        draining: {
          on: {
            ...DRAINING,
            'queue.drained': '#spdyStream.halfClosedLocal',
            'wire.fin': '#spdyStream.halfClosedRemote.draining',
          },
        },
      },
    },
    halfClosedLocal: {
      entry: 'sendFin',
      initial: 'receiving',
      on: { 'wire.fin': { target: 'closed', actions: 'reportRemoteClosed' } },
      states: {
        receiving: { on: { 'local.abandon': 'awaitingFin' } },
        awaitingFin: { after: { finTimeout: '#spdyStream.abandoned' } },
      },
    },
    halfClosedRemote: {
      entry: 'reportRemoteClosed',
      initial: 'windowOpen',
      on: {
        'local.close': [
          { guard: 'hasQueued', target: '.draining' },
          { target: 'closed', actions: 'sendFin' },
        ],
      },
      states: {
        windowOpen: { on: { 'window.exhausted': 'windowExhausted' } },
        windowExhausted: { on: { 'window.opened': 'windowOpen' } },
        draining: { on: { ...DRAINING, 'queue.drained': { target: '#spdyStream.closed', actions: 'sendFin' } } },
      },
    },
    closed: { type: 'final', entry: 'reportClosed' },
    abandoned: { type: 'final', entry: [SEND_CANCEL, 'reportClosed'] },
    resetByPeer: { type: 'final', entry: REPORT_RESET },
    resetLocally: { type: 'final', entry: REPORT_RESET },
    violated: { type: 'final' },
    sessionEnded: { type: 'final', entry: REPORT_RESET },
    repliedTwice: { type: 'final', entry: [{ type: 'sendReset', params: { status: 8 } }, REPORT_UNEXPECTED] },
    unexpected: { type: 'final', entry: [SEND_PROTOCOL_ERROR, REPORT_UNEXPECTED] },
  },
});
