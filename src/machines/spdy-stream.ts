/**
 * One SPDY/3.1 stream (draft-mbelshe-httpbis-spdy-00 2.3). Data frames never reach it.
 *
 *   open { windowOpen <-> windowExhausted -> draining }
 *     | wire.fin ------> halfClosedRemote { windowOpen <-> windowExhausted -> draining } --our FIN------------.
 *     | our FIN -------> halfClosedLocal  { receiving -> awaitingFin, receiving -> overtaken } ---wire.fin---> closed
 *
 *   wire.reset -> resetByPeer      local.reset -> resetLocally     awaitingFin (finTimeout) -> abandoned
 *   wire.violation -> violated     session.ended -> sessionEnded   a second wire.reply, or an undue one -> repliedTwice
 *   anything else -> unexpected                                    overtaken (finTimeout) -> resetByPeer
 *
 * Our FIN leaves when the queue is empty (`draining` until then). `awaitingFin`: we sent FIN and nobody reads any more.
 * `overtaken`: libp2p-spdy forgets a stream while its last data waits behind control frames, and says so first.
 * We answer SYN_STREAM with SYN_REPLY, and wait for none, for libp2p-spdy sends none: the context knows if it came.
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

/** `wire.forgotten`: a reset that says that there is no such stream. `queued`: bytes wait before the FIN. */
export type SpdyStreamEvent =
  | { readonly type: 'wire.reply' }
  | { readonly type: 'wire.fin' }
  | { readonly type: 'wire.reset' }
  | { readonly type: 'wire.forgotten' }
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
    'wire.forgotten': '.resetByPeer',
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
        receiving: { on: { 'local.abandon': 'awaitingFin', 'wire.forgotten': 'overtaken' } },
        awaitingFin: { after: { finTimeout: '#spdyStream.abandoned' }, on: { 'wire.forgotten': {} } },
        overtaken: { after: { finTimeout: '#spdyStream.resetByPeer' }, on: { 'wire.forgotten': {} } },
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
