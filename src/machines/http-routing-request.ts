/**
 * One request of delegated routing (specs.ipfs.tech http-routing-v1): from the first byte out to the last byte in.
 *
 *   idle --local.start--> connecting --http.connected--> awaitingHead --head.records--> streaming --body.ended--> finished
 *     |                     ^    ^                         | head.redirect, the first: connecting    | body.bytes: streaming
 *     | local.rest          |    '-- after the rest --.    | head.nothing -> finished
 *     '-----------------> resting <-------------------'--- | head.throttled, the first and not for long
 *   resting: after the rest it connects
 *   a second redirect -> redirected, a long or second rest -> throttled, head.refused -> refused, body.refused -> misanswered
 *   transport.failed: unreachable before the head, cutOff after it
 *   deadlines: connectTimedOut, headTimedOut, stalled (no byte in the middle), timedOut (the whole)
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface HttpRoutingRequestInput {
  readonly connectTimeoutMs: number;
  readonly headTimeoutMs: number;
  /** Between two pieces of the body. */
  readonly idleTimeoutMs: number;
  /** The whole, rests included. */
  readonly timeoutMs: number;
  /** The longest rest that is waited for. */
  readonly restWaitMs: number;
}

export interface HttpRoutingRequestContext extends HttpRoutingRequestInput {
  readonly redirects: number;
  readonly rests: number;
  readonly restMs: number;
}

export type HttpRoutingRequestEvent =
  | { readonly type: 'local.start' }
  /** The server asked before to be left alone for this long. */
  | { readonly type: 'local.rest'; readonly restMs: number }
  | { readonly type: 'http.connected' }
  /** An answer whose body counts. */
  | { readonly type: 'head.records' }
  /** An answer that says all by its head: nothing was found, or what was sent is taken. */
  | { readonly type: 'head.nothing' }
  /** Asked to come to another place of the same origin. */
  | { readonly type: 'head.redirect' }
  | { readonly type: 'head.throttled'; readonly restMs: number }
  | { readonly type: 'head.refused'; readonly code: ErrorCode }
  | { readonly type: 'body.bytes' }
  | { readonly type: 'body.ended' }
  | { readonly type: 'body.refused'; readonly code: ErrorCode }
  | { readonly type: 'transport.failed'; readonly code: ErrorCode };

export type HttpRoutingRequestEffect =
  | { readonly type: 'send.request' }
  /** What is under way is not wanted any more; another follows. */
  | { readonly type: 'drop.request' }
  | { readonly type: 'report.finished' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

const failed = (code: ErrorCode) => ({ type: 'final', entry: { type: 'reportFailed', params: { code } } }) as const;

export const httpRoutingRequestMachine = setup({
  types: {
    input: {} as HttpRoutingRequestInput,
    context: {} as HttpRoutingRequestContext,
    events: {} as HttpRoutingRequestEvent,
    emitted: {} as HttpRoutingRequestEffect,
  },
  delays: {
    connectTimeout: ({ context }) => context.connectTimeoutMs,
    headTimeout: ({ context }) => context.headTimeoutMs,
    idleTimeout: ({ context }) => context.idleTimeoutMs,
    requestTimeout: ({ context }) => context.timeoutMs,
    rest: ({ context }) => context.restMs,
  },
  guards: {
    mayFollow: ({ context }) => context.redirects === 0,
    mayRest: ({ context }, params: { restMs: number }) => context.rests === 0 && params.restMs <= context.restWaitMs,
  },
  actions: {
    countRedirect: assign({ redirects: ({ context }) => context.redirects + 1 }),
    countRest: assign({
      rests: ({ context }) => context.rests + 1,
      restMs: (_, params: { restMs: number }) => params.restMs,
    }),
    dropRequest: emit({ type: 'drop.request' }),
    reportFinished: emit({ type: 'report.finished' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'httpRoutingRequest',
  context: ({ input }) => ({ ...input, redirects: 0, rests: 0, restMs: 0 }),
  initial: 'idle',
  after: { requestTimeout: '.timedOut' },
  // Reached only when the state below says nothing.
  on: { '*': '.unexpected' },
  states: {
    idle: {
      on: {
        'local.start': 'connecting',
        'local.rest': [
          {
            guard: { type: 'mayRest', params: ({ event }) => ({ restMs: event.restMs }) },
            target: 'resting',
            actions: { type: 'countRest', params: ({ event }) => ({ restMs: event.restMs }) },
          },
          'throttled',
        ],
      },
    },
    resting: { after: { rest: 'connecting' } },
    connecting: {
      entry: emit({ type: 'send.request' }),
      after: { connectTimeout: 'connectTimedOut' },
      on: { 'http.connected': 'awaitingHead', 'transport.failed': 'unreachable' },
    },
    awaitingHead: {
      after: { headTimeout: 'headTimedOut' },
      on: {
        'head.records': 'streaming',
        'head.nothing': 'finished',
        'head.redirect': [
          { guard: 'mayFollow', target: 'connecting', actions: ['countRedirect', 'dropRequest'] },
          'redirected',
        ],
        'head.throttled': [
          {
            guard: { type: 'mayRest', params: ({ event }) => ({ restMs: event.restMs }) },
            target: 'resting',
            actions: [{ type: 'countRest', params: ({ event }) => ({ restMs: event.restMs }) }, 'dropRequest'],
          },
          'throttled',
        ],
        'head.refused': 'refused',
        'transport.failed': 'unreachable',
      },
    },
    streaming: {
      after: { idleTimeout: 'stalled' },
      on: {
        'body.bytes': { target: 'streaming', reenter: true },
        'body.ended': 'finished',
        'body.refused': 'misanswered',
        'transport.failed': 'cutOff',
      },
    },
    finished: { type: 'final', entry: 'reportFinished' },
    refused: { type: 'final', entry: { type: 'reportFailed', params: ({ event }) => ({ code: codeOf(event) }) } },
    misanswered: { type: 'final', entry: { type: 'reportFailed', params: ({ event }) => ({ code: codeOf(event) }) } },
    unreachable: { type: 'final', entry: { type: 'reportFailed', params: ({ event }) => ({ code: codeOf(event) }) } },
    cutOff: failed('ERR_HTTP_ROUTING_ENDED'),
    redirected: failed('ERR_HTTP_ROUTING_REDIRECT'),
    throttled: failed('ERR_HTTP_ROUTING_THROTTLED'),
    connectTimedOut: failed('ERR_HTTP_ROUTING_TIMEOUT'),
    headTimedOut: failed('ERR_HTTP_ROUTING_TIMEOUT'),
    timedOut: failed('ERR_HTTP_ROUTING_TIMEOUT'),
    stalled: failed('ERR_HTTP_ROUTING_STALLED'),
    unexpected: failed('ERR_HTTP_ROUTING_UNEXPECTED'),
  },
});

function codeOf(event: HttpRoutingRequestEvent): ErrorCode {
  return 'code' in event ? event.code : 'ERR_HTTP_ROUTING_UNEXPECTED';
}
