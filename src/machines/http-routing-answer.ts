/**
 * A search on behalf of a client of the delegated routing server (specs.ipfs.tech http-routing-v1).
 *
 *   searching --answer.found--> answering --search.completed--> completed
 *     |                           | answer.found: answering
 *     | search.completed -> empty | answer.last -> full, reader.slow -> heldBack
 *     | search.failed -> failed   | search.failed -> brokenOff
 *   either: answer.last -> full, the time is up -> timedOut (what was found stands), client.left -> left
 */
import { emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface HttpRoutingAnswerInput {
  readonly timeoutMs: number;
}

export type HttpRoutingAnswerEvent =
  | { readonly type: 'answer.found' }
  /** One more, and the answer holds as many as it may. */
  | { readonly type: 'answer.last' }
  /** One more, and more would wait for the client than may. */
  | { readonly type: 'reader.slow' }
  | { readonly type: 'search.completed' }
  | { readonly type: 'search.failed'; readonly code: ErrorCode }
  | { readonly type: 'client.left' };

export type HttpRoutingAnswerEffect =
  /** The first was found: what is streamed begins. */
  | { readonly type: 'begin.answer' }
  | { readonly type: 'take.answer' }
  | { readonly type: 'end.search' }
  /** The answer is whole; it holds what was taken. */
  | { readonly type: 'report.answered' }
  /** Nothing was found because nothing could be asked. */
  | { readonly type: 'report.failed'; readonly code: ErrorCode }
  /** The search failed in the middle, or nobody is there any more: what was begun is cut off. */
  | { readonly type: 'report.brokenOff'; readonly code: ErrorCode };

export const httpRoutingAnswerMachine = setup({
  types: {
    input: {} as HttpRoutingAnswerInput,
    context: {} as HttpRoutingAnswerInput,
    events: {} as HttpRoutingAnswerEvent,
    emitted: {} as HttpRoutingAnswerEffect,
  },
  delays: { searchTimeout: ({ context }) => context.timeoutMs },
  actions: {
    beginAnswer: emit({ type: 'begin.answer' }),
    takeAnswer: emit({ type: 'take.answer' }),
    endSearch: emit({ type: 'end.search' }),
    reportAnswered: emit({ type: 'report.answered' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
    reportBrokenOff: emit(
      (_, params: { code: ErrorCode }) => ({ type: 'report.brokenOff', code: params.code }) as const,
    ),
  },
}).createMachine({
  id: 'httpRoutingAnswer',
  context: ({ input }) => input,
  initial: 'searching',
  after: { searchTimeout: '.timedOut' },
  on: { 'client.left': '.left', '*': '.unexpected' },
  states: {
    searching: {
      on: {
        'answer.found': { target: 'answering', actions: ['beginAnswer', 'takeAnswer'] },
        'answer.last': { target: 'full', actions: ['beginAnswer', 'takeAnswer'] },
        'search.completed': 'empty',
        'search.failed': 'failed',
      },
    },
    answering: {
      on: {
        'answer.found': { actions: 'takeAnswer' },
        'answer.last': { target: 'full', actions: 'takeAnswer' },
        'reader.slow': { target: 'heldBack', actions: 'takeAnswer' },
        'search.completed': 'completed',
        'search.failed': 'brokenOff',
      },
    },
    empty: { type: 'final', entry: 'reportAnswered' },
    completed: { type: 'final', entry: 'reportAnswered' },
    full: { type: 'final', entry: ['endSearch', 'reportAnswered'] },
    heldBack: { type: 'final', entry: ['endSearch', 'reportAnswered'] },
    timedOut: { type: 'final', entry: ['endSearch', 'reportAnswered'] },
    failed: { type: 'final', entry: { type: 'reportFailed', params: ({ event }) => ({ code: codeOf(event) }) } },
    brokenOff: { type: 'final', entry: { type: 'reportBrokenOff', params: ({ event }) => ({ code: codeOf(event) }) } },
    left: { type: 'final', entry: ['endSearch', { type: 'reportBrokenOff', params: { code: 'ERR_ABORTED' } }] },
    unexpected: {
      type: 'final',
      entry: ['endSearch', { type: 'reportBrokenOff', params: { code: 'ERR_HTTP_ROUTING_ANSWER_UNEXPECTED' } }],
    },
  },
});

function codeOf(event: HttpRoutingAnswerEvent): ErrorCode {
  return event.type === 'search.failed' ? event.code : 'ERR_HTTP_ROUTING_ANSWER_UNEXPECTED';
}
