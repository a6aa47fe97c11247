/**
 * Asking who is on the local network (libp2p/specs discovery/mdns.md; RFC 6762, 5.2 and 7.3): often at first, then half as
 * often each time, down to a bound.
 *
 *   opening --socket.opened--> settling --(settle)--> waiting --(interval)--> waiting ...   each entry asks
 *      |                                                 |  wire.question, somebody else asked: waiting, without asking
 *      | socket.failed                      local.seek --'--> seeking --(pace)--> waiting, often again
 *      v
 *   closed --(reopen)--> opening          socket.failed, wherever it is open: closed
 *
 *   local.stop -> stopped, anything else -> unexpected
 *
 * `local.seek`: somebody looks for a peer that nobody has told of. Whoever seeks soon after a question has to wait for the
 * pace: no question follows another one in less.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface MdnsQueryInput {
  /** Before the first question, by chance. */
  readonly settleMs: number;
  /** From the first question to the second, and the least between any two. */
  readonly paceMs: number;
  /** The interval grows no further. */
  readonly maxIntervalMs: number;
  /** From a failure of the socket to the next try. */
  readonly reopenMs: number;
}

export interface MdnsQueryContext extends MdnsQueryInput {
  /** To the next question. */
  readonly intervalMs: number;
}

export type MdnsQueryEvent =
  | { readonly type: 'socket.opened' }
  | { readonly type: 'socket.failed' }
  /** Somebody else asked what we ask, at a time when we had not just asked. */
  | { readonly type: 'wire.question' }
  | { readonly type: 'local.seek' }
  | { readonly type: 'local.stop' };

export type MdnsQueryEffect =
  | { readonly type: 'open.socket' }
  | { readonly type: 'send.query' }
  | { readonly type: 'report.closed' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const mdnsQueryMachine = setup({
  types: {
    input: {} as MdnsQueryInput,
    context: {} as MdnsQueryContext,
    events: {} as MdnsQueryEvent,
    emitted: {} as MdnsQueryEffect,
  },
  delays: {
    settle: ({ context }) => context.settleMs,
    pace: ({ context }) => context.paceMs,
    interval: ({ context }) => context.intervalMs,
    reopen: ({ context }) => context.reopenMs,
  },
  guards: {
    /** Else the next question comes as soon as a new one could. */
    isRare: ({ context }) => context.intervalMs > context.paceMs,
  },
  actions: {
    beginAnew: assign({ intervalMs: ({ context }) => context.paceMs }),
    askRarer: assign({ intervalMs: ({ context }) => Math.min(2 * context.intervalMs, context.maxIntervalMs) }),
    ask: emit({ type: 'send.query' }),
  },
}).createMachine({
  id: 'mdnsQuery',
  context: ({ input }) => ({ ...input, intervalMs: input.paceMs }),
  initial: 'opening',
  // What is heard or sought where it changes nothing.
  on: {
    'wire.question': {},
    'local.seek': {},
    'socket.failed': '.closed',
    'local.stop': '.stopped',
    '*': '.unexpected',
  },
  states: {
    opening: { entry: emit({ type: 'open.socket' }), on: { 'socket.opened': 'settling' } },
    settling: { after: { settle: { target: 'waiting', actions: ['beginAnew', 'ask'] } } },
    waiting: {
      after: { interval: { target: 'waiting', reenter: true, actions: ['askRarer', 'ask'] } },
      on: {
        'wire.question': { target: 'waiting', reenter: true, actions: 'askRarer' },
        'local.seek': [{ guard: 'isRare', target: 'seeking' }, {}],
      },
    },
    seeking: { after: { pace: { target: 'waiting', actions: ['beginAnew', 'ask'] } } },
    closed: { entry: emit({ type: 'report.closed' }), after: { reopen: 'opening' } },
    stopped: { type: 'final' },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_MDNS_UNEXPECTED' }) },
  },
});
