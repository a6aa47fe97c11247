/**
 * Answering one question of the local network (RFC 6762, 6): after a delay by chance, so that not all answer at once, to
 * all who asked meanwhile, and not again before the pace is over.
 *
 *   quiet --wire.question--> delaying --(delay): the answer--> pacing --(pace)--> quiet
 *                               ^ wire.question: the same answer |  wire.question: owed
 *                               '------------(pace), owed--------'
 *
 *   local.stop -> stopped, anything else -> unexpected
 *
 * The delay comes with the question: chance is the actor's.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface MdnsAnswerInput {
  /** The least from an answer to the next. */
  readonly paceMs: number;
}

export interface MdnsAnswerContext extends MdnsAnswerInput {
  readonly delayMs: number;
  /** Somebody asked since the last answer left. */
  readonly isOwed: boolean;
}

/** `wire.question`: also our own, and what we want to be known without having been asked. */
export type MdnsAnswerEvent =
  { readonly type: 'wire.question'; readonly delayMs: number } | { readonly type: 'local.stop' };

export type MdnsAnswerEffect =
  { readonly type: 'send.answer' } | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const mdnsAnswerMachine = setup({
  types: {
    input: {} as MdnsAnswerInput,
    context: {} as MdnsAnswerContext,
    events: {} as MdnsAnswerEvent,
    emitted: {} as MdnsAnswerEffect,
  },
  delays: { delay: ({ context }) => context.delayMs, pace: ({ context }) => context.paceMs },
  guards: { isOwed: ({ context }) => context.isOwed },
  actions: {
    owe: assign((_, params: { delayMs: number }) => ({ isOwed: true, delayMs: params.delayMs })),
    answer: emit({ type: 'send.answer' }),
    settle: assign({ isOwed: false }),
  },
}).createMachine({
  id: 'mdnsAnswer',
  context: ({ input }) => ({ ...input, delayMs: 0, isOwed: false }),
  initial: 'quiet',
  on: { 'local.stop': '.stopped', '*': '.unexpected' },
  states: {
    quiet: {
      on: {
        'wire.question': {
          target: 'delaying',
          actions: { type: 'owe', params: ({ event }) => ({ delayMs: event.delayMs }) },
        },
      },
    },
    delaying: {
      after: { delay: { target: 'pacing', actions: ['settle', 'answer'] } },
      on: { 'wire.question': {} },
    },
    pacing: {
      after: { pace: [{ guard: 'isOwed', target: 'delaying' }, { target: 'quiet' }] },
      on: {
        'wire.question': { actions: { type: 'owe', params: ({ event }) => ({ delayMs: event.delayMs }) } },
      },
    },
    stopped: { type: 'final' },
    unexpected: { type: 'final', entry: emit({ type: 'report.failed', code: 'ERR_MDNS_UNEXPECTED' }) },
  },
});
