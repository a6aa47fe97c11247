/**
 * One iterative query of Kademlia, or one of its disjoint paths (libp2p/specs kad-dht/README.md, "DHT operations").
 *
 *   iterating --nothing closer in a row of alpha, or for a while--> widening --peer.closer--> iterating
 *     |  alpha peers asked at once                                     |  k at once
 *     '--------------------- closest.settled ----------------------> followingUp --closest.complete--> finished
 *                     (or finished, where nobody follows up)           |  the rest of the k closest; peer.closer: iterating
 *                                                                closest.holed
 *                                                                      v
 *                                lookingPast: keys beside the target are asked for, again with each closest.holed,
 *                                             until closest.complete or peers.exhausted
 *
 *   any: local.satisfied -> satisfied, peers.exhausted -> exhausted (failed, if nobody ever answered),
 *        local.cancel -> cancelled, the deadline -> timedOut
 *
 * The peers, sorted by XOR distance, are the actor's. It says of each answer whether it brought a peer closer, and then, at
 * the edge, that the beta closest have answered (settled), that the k closest have (complete), or that nobody is left. Where
 * some of the closest are gone, answers end before the k closest of the living (holed): a peer tells k, dead ones among them.
 * The deadline in each state sets aside who is slow: waited for no longer, and heard if it answers yet.
 */
import { assign, emit, setup } from 'xstate';
import type { ErrorCode } from '../errors.js';

export interface KadQueryInput {
  /** Alpha: asked at once while the query comes closer, and answers without progress after which it widens. */
  readonly asksAtOnce: number;
  /** K: asked at once when it does not, and at the end. As many as before where messages are spared: such a query never widens. */
  readonly asksWide: number;
  /** Whether the k closest are all asked, and not only until the closest few have answered. */
  readonly followsUp: boolean;
  readonly slowPeerMs: number;
  readonly timeoutMs: number;
}

export interface KadQueryContext extends KadQueryInput {
  /** Answers in a row that brought nobody closer. */
  readonly idleAnswers: number;
  readonly hasAnswer: boolean;
}

export type KadQueryEvent =
  /** A peer answered, and told of one that is closer than the closest few. */
  | { readonly type: 'peer.closer' }
  /** A peer answered, and told of none. */
  | { readonly type: 'peer.answered' }
  | { readonly type: 'peer.failed' }
  /** Of those that are waited for, the closest few have answered. */
  | { readonly type: 'closest.settled' }
  /** So have the k closest. */
  | { readonly type: 'closest.complete' }
  /** They have, as far as they are known: behind some who are gone there may be others. */
  | { readonly type: 'closest.holed' }
  /** Everybody known was asked, and nobody will answer any more. */
  | { readonly type: 'peers.exhausted' }
  /** What was looked for is found. */
  | { readonly type: 'local.satisfied' }
  | { readonly type: 'local.cancel' };

export type KadQueryEffect =
  /** Ask the closest of those not asked, until so many are asked at once. */
  | { readonly type: 'ask.next'; readonly atOnce: number }
  /** The same, and ask for keys beside the target where nobody has told yet who is there. */
  | { readonly type: 'ask.past'; readonly atOnce: number }
  /** Wait no longer for those that were asked a while ago. */
  | { readonly type: 'set.slowAside' }
  | { readonly type: 'report.finished' }
  | { readonly type: 'report.satisfied' }
  | { readonly type: 'report.exhausted' }
  | { readonly type: 'report.failed'; readonly code: ErrorCode };

export const kadQueryMachine = setup({
  types: {
    input: {} as KadQueryInput,
    context: {} as KadQueryContext,
    events: {} as KadQueryEvent,
    emitted: {} as KadQueryEffect,
  },
  delays: {
    slowPeer: ({ context }) => context.slowPeerMs,
    queryTimeout: ({ context }) => context.timeoutMs,
  },
  guards: {
    isStale: ({ context }) => context.idleAnswers + 1 >= context.asksAtOnce,
    followsUp: ({ context }) => context.followsUp,
    hasAnswer: ({ context }) => context.hasAnswer,
  },
  actions: {
    noteProgress: assign({ idleAnswers: 0, hasAnswer: true }),
    noteIdle: assign({ idleAnswers: ({ context }) => context.idleAnswers + 1, hasAnswer: true }),
    noteAnswer: assign({ hasAnswer: true }),
    askFew: emit(({ context }) => ({ type: 'ask.next', atOnce: context.asksAtOnce }) as const),
    askWide: emit(({ context }) => ({ type: 'ask.next', atOnce: context.asksWide }) as const),
    askPast: emit(({ context }) => ({ type: 'ask.past', atOnce: context.asksWide }) as const),
    setSlowAside: emit({ type: 'set.slowAside' }),
    reportFailed: emit((_, params: { code: ErrorCode }) => ({ type: 'report.failed', code: params.code }) as const),
  },
}).createMachine({
  id: 'kadQuery',
  context: ({ input }) => ({ ...input, idleAnswers: 0, hasAnswer: false }),
  initial: 'iterating',
  after: { queryTimeout: '.timedOut' },
  on: {
    'peer.closer': { target: '.iterating', actions: 'noteProgress' },
    'peers.exhausted': [{ guard: 'hasAnswer', target: '.exhausted' }, '.failed'],
    'local.satisfied': '.satisfied',
    'local.cancel': '.cancelled',
    // Reached only when the state below says nothing.
    '*': '.unexpected',
  },
  states: {
    iterating: {
      entry: 'askFew',
      after: { slowPeer: { target: 'widening', actions: 'setSlowAside' } },
      on: {
        'peer.answered': [
          { guard: 'isStale', target: 'widening', actions: 'noteAnswer' },
          { actions: ['noteIdle', 'askFew'] },
        ],
        'peer.failed': { actions: 'askFew' },
        'closest.settled': [{ guard: 'followsUp', target: 'followingUp' }, 'finished'],
      },
    },
    widening: {
      entry: 'askWide',
      after: { slowPeer: { target: 'widening', reenter: true, actions: 'setSlowAside' } },
      on: {
        'peer.answered': { actions: ['noteAnswer', 'askWide'] },
        'peer.failed': { actions: 'askWide' },
        'closest.settled': [{ guard: 'followsUp', target: 'followingUp' }, 'finished'],
      },
    },
    followingUp: {
      entry: 'askWide',
      after: { slowPeer: { target: 'followingUp', reenter: true, actions: 'setSlowAside' } },
      on: {
        'peer.answered': { actions: ['noteAnswer', 'askWide'] },
        'peer.failed': { actions: 'askWide' },
        'closest.complete': 'finished',
        'closest.holed': 'lookingPast',
      },
    },
    lookingPast: {
      entry: 'askPast',
      after: { slowPeer: { target: 'lookingPast', reenter: true, actions: 'setSlowAside' } },
      on: {
        'peer.answered': { actions: ['noteAnswer', 'askWide'] },
        'peer.failed': { actions: 'askWide' },
        'closest.complete': 'finished',
        'closest.holed': { target: 'lookingPast', reenter: true },
      },
    },
    finished: { type: 'final', entry: emit({ type: 'report.finished' }) },
    satisfied: { type: 'final', entry: emit({ type: 'report.satisfied' }) },
    exhausted: { type: 'final', entry: emit({ type: 'report.exhausted' }) },
    timedOut: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_DHT_QUERY_TIMEOUT' } } },
    cancelled: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_ABORTED' } } },
    failed: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_DHT_NO_ANSWER' } } },
    unexpected: { type: 'final', entry: { type: 'reportFailed', params: { code: 'ERR_DHT_QUERY_UNEXPECTED' } } },
  },
});
