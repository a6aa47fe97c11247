/**
 * One yamux stream (libp2p/specs yamux/README.md, "Message Flow"). It hears flags and the edges of the send window; data
 * frames never reach it.
 *
 *   open { windowOpen <-> windowExhausted -> draining }
 *     | wire.fin ------------> halfClosedRemote { windowOpen <-> windowExhausted -> draining } --our FIN--.
 *     | our FIN -------------> halfClosedLocal  { receiving -> awaitingFin } ---------------wire.fin-------> closed
 *
 *   wire.reset -> resetByPeer      local.reset -> resetLocally     awaitingFin (finTimeout) -> abandoned
 *   wire.violation -> violated     session.ended -> sessionEnded   anything else -> unexpected
 *
 * Our FIN leaves when the queue is empty (`draining` until then); a second `local.close` finds nothing open and sends
 * nothing. `awaitingFin`: we sent FIN and nobody reads any more; a peer that does not finish in time is reset.
 * The acknowledgement of SYN is in the context. One tree costs half of what two parallel regions would, for the same.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface YamuxStreamInput {
  /** `outbound`: opened by us. */
  readonly direction: 'inbound' | 'outbound';
  readonly finTimeoutMs: number;
}

export interface YamuxStreamContext extends YamuxStreamInput {
  /** Whether the side that did not open the stream has said ACK. */
  readonly acknowledged: boolean;
  /** The peer's fault, once it made one. */
  readonly violation: ErrorCode | undefined;
}

/** `local.accept`: the owner took the stream that it was offered. `queued`: bytes wait before the FIN. */
export type YamuxStreamEvent =
  | { readonly type: 'wire.ack' }
  | { readonly type: 'wire.fin' }
  | { readonly type: 'wire.reset' }
  | { readonly type: 'wire.violation'; readonly code: ErrorCode }
  | { readonly type: 'window.exhausted' }
  | { readonly type: 'window.opened' }
  | { readonly type: 'queue.drained' }
  | { readonly type: 'local.accept' }
  | { readonly type: 'local.close'; readonly queued: boolean }
  | { readonly type: 'local.abandon' }
  | { readonly type: 'local.reset'; readonly code: number }
  | { readonly type: 'session.ended' };

export type YamuxStreamEffect =
  | { readonly type: 'send.syn' }
  | { readonly type: 'offer.stream' }
  | { readonly type: 'send.ack' }
  | { readonly type: 'send.fin' }
  | { readonly type: 'send.reset'; readonly code: number }
  | { readonly type: 'report.remoteClosed' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.reset'; readonly code: ErrorCode };

/** While the queue drains the window's edges change nothing, and closing was said. */
const DRAINING = { 'window.exhausted': {}, 'window.opened': {}, 'local.close': {} } as const;
const SEND_RESET = { type: 'sendReset', params: { code: 0 } } as const;
const REPORT_RESET = { type: 'reportReset', params: { code: 'ERR_STREAM_RESET' } } as const;

export const yamuxStreamMachine = setup({
  types: {
    input: {} as YamuxStreamInput,
    context: {} as YamuxStreamContext,
    events: {} as YamuxStreamEvent,
    emitted: {} as YamuxStreamEffect,
  },
  delays: { finTimeout: ({ context }) => context.finTimeoutMs },
  guards: {
    hasQueued: ({ event }) => event.type === 'local.close' && event.queued,
    isAcknowledged: ({ context }) => context.acknowledged,
  },
  actions: {
    begin: emit(({ context }) => ({ type: context.direction === 'outbound' ? 'send.syn' : 'offer.stream' }) as const),
    acknowledge: assign({ acknowledged: true }),
    keepViolation: assign({ violation: (_, params: { code: ErrorCode }) => params.code }),
    sendAck: emit({ type: 'send.ack' }),
    sendFin: emit({ type: 'send.fin' }),
    sendReset: emit((_, params: { code: number }) => ({ type: 'send.reset', code: params.code }) as const),
    reportRemoteClosed: emit({ type: 'report.remoteClosed' }),
    reportClosed: emit({ type: 'report.closed' }),
    reportReset: emit((_, params: { code: ErrorCode }) => ({ type: 'report.reset', code: params.code }) as const),
    reportViolation: emit(
      ({ context }) => ({ type: 'report.reset', code: context.violation ?? 'ERR_YAMUX_UNEXPECTED' }) as const,
    ),
  },
}).createMachine({
  id: 'yamuxStream',
  context: ({ input }) => ({ ...input, acknowledged: false, violation: undefined }),
  initial: 'open',
  entry: 'begin',
  on: {
    'wire.ack': { actions: 'acknowledge' },
    'local.accept': [{ guard: 'isAcknowledged' }, { actions: ['acknowledge', 'sendAck'] }],
    'wire.reset': '.resetByPeer',
    'wire.violation': {
      target: '.violated',
      actions: { type: 'keepViolation', params: ({ event }) => ({ code: event.code }) },
    },
    'local.reset': {
      target: '.resetLocally',
      actions: { type: 'sendReset', params: ({ event }) => ({ code: event.code }) },
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
          on: { 'window.exhausted': 'windowExhausted', 'wire.fin': '#yamuxStream.halfClosedRemote.windowOpen' },
        },
        windowExhausted: {
          on: { 'window.opened': 'windowOpen', 'wire.fin': '#yamuxStream.halfClosedRemote.windowExhausted' },
        },
        draining: {
          on: {
            ...DRAINING,
            'queue.drained': '#yamuxStream.halfClosedLocal',
            'wire.fin': '#yamuxStream.halfClosedRemote.draining',
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
        awaitingFin: { after: { finTimeout: '#yamuxStream.abandoned' } },
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
        draining: { on: { ...DRAINING, 'queue.drained': { target: '#yamuxStream.closed', actions: 'sendFin' } } },
      },
    },
    closed: { type: 'final', entry: 'reportClosed' },
    abandoned: { type: 'final', entry: [SEND_RESET, 'reportClosed'] },
    resetByPeer: { type: 'final', entry: REPORT_RESET },
    resetLocally: { type: 'final', entry: REPORT_RESET },
    violated: { type: 'final', entry: [SEND_RESET, 'reportViolation'] },
    sessionEnded: { type: 'final', entry: REPORT_RESET },
    unexpected: {
      type: 'final',
      entry: [SEND_RESET, { type: 'reportReset', params: { code: 'ERR_YAMUX_UNEXPECTED' } }],
    },
  },
});
