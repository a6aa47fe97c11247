/**
 * One query of the DHT: its paths, and what it asks over a {@link KadRequester}. Subscribing starts it, each subscription
 * anew; unsubscribing ends it and what is under way. With several paths (S/Kademlia) no peer is asked on two of them: the
 * others are told that it answered, and not whom it named.
 */
import { Observable, type Subscriber } from 'rxjs';
import { EngineError, toEngineError } from '../../errors.js';
import type { RoutedPeer } from '../../routing/router.js';
import { toHex } from '../../wire/hex.js';
import type { KadMessage } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import type { DhtNetwork, KadRequester } from './network.js';
import { PastTheDead, type PastProbe } from './past-the-dead.js';
import { QueryAsks, type AskOutcome } from './query-asks.js';
import { believed, believedProviders, type AnswerRules } from './query-answers.js';
import type { QueryEvent } from './query-events.js';
import { QueryLook, type StandingQuery } from './query-look.js';
import { isTimeout } from './query-observer.js';
import { QueryPath, type QueryOutcome, type ToldPeer } from './query-path.js';
import { mergedClosest, type QueryPeer } from './query-peers.js';
import type { QueryRecord } from './query-record.js';
import { QueryTally } from './query-tally.js';
import type { RoutingTable } from './routing-table.js';

/** What all queries of a DHT share. */
export interface QueryContext {
  /** First part of the queries' addresses, e.g. `dht`. */
  readonly name: string;
  readonly environment: Environment;
  /** Who is connected is asked for who observes alone. */
  readonly network: Pick<DhtNetwork, 'learn'> & Partial<Pick<DhtNetwork, 'isConnected'>>;
  readonly requester: KadRequester;
  readonly table: RoutingTable;
  readonly rules: AnswerRules;
}

/** What is asked, and whom first. */
export interface QueryOptions {
  /** Number of the query in its DHT. */
  readonly query: number;
  /** What every peer is asked; its key's hash is the target. */
  readonly message: KadMessage;
  readonly target: Uint8Array;
  /** Peers to begin with, the closest first. */
  readonly seeds: readonly ToldPeer[];
  /** Disjoint paths; default 1. */
  readonly paths?: number | undefined;
  /**
   * Whether messages are spared: nobody is asked but the closest few, and the query ends when they have answered, with
   * those that are said to be the 2 k closest. Default false.
   */
  readonly isSparing?: boolean | undefined;
  /** Whether the query looks past the dead; default false: it matters to who wants the k closest, and to nobody else. */
  readonly looksPast?: boolean | undefined;
  /** The peer that is looked for: believed wherever it is said to be. */
  readonly sought?: string | undefined;
  /** Whether what is looked for is found, with this answer. Called once for each. */
  isSatisfied?(answer: KadMessage, peer: string): boolean;
  /** It has begun: once, before the first question. */
  began(standing: StandingQuery): void;
  /** It is over, however it ended: once, before the last event. */
  ended(record: QueryRecord): void;
}

/**
 * Runs a query. The observable ends with `query.ended`, whatever the outcome was, and errors with
 * `ERR_DHT_QUERY_UNEXPECTED` alone: a bug of ours.
 */
export function runQuery(context: QueryContext, options: QueryOptions): Observable<QueryEvent> {
  return new Observable((subscriber) => {
    const query = new Query(context, options, subscriber);
    context.environment.turns.post(() => query.start());
    return () => context.environment.turns.post(() => query.cancel());
  });
}

/** A peer that one path asks, and the paths that wait to hear whether it answers. */
interface Claim {
  readonly entry: QueryPeer;
  readonly waiting: { readonly path: QueryPath; readonly entry: QueryPeer }[];
}

class Query {
  readonly #context: QueryContext;
  readonly #options: QueryOptions;
  readonly #subscriber: Subscriber<QueryEvent>;
  readonly #tally: QueryTally;
  readonly #paths: QueryPath[] = [];
  readonly #outcomes: QueryOutcome[] = [];
  readonly #claims: Map<string, Claim> | undefined;
  /** One for each request: a signal that many listen to is a leak in the eyes of Node. */
  readonly #asks: QueryAsks;
  readonly #look: QueryLook;
  #isOver = false;

  constructor(context: QueryContext, options: QueryOptions, subscriber: Subscriber<QueryEvent>) {
    this.#context = context;
    this.#options = options;
    this.#subscriber = subscriber;
    const { environment, requester } = context;
    this.#asks = new QueryAsks(environment, requester);
    const { query, message, target } = options;
    this.#tally = new QueryTally(environment, query, message, target);
    const paths = Math.max(1, Math.min(options.paths ?? 1, environment.limits.kadDisjointPaths));
    this.#claims = paths > 1 ? new Map() : undefined;
    for (let path = 0; path < paths; path++) this.#paths.push(this.#newPath(path, paths));
    const askers = this.#claims;
    this.#look = new QueryLook(context, { query, message, target, paths: this.#paths, askers, tally: this.#tally });
  }

  start(): void {
    const { seeds, message } = this.#options;
    this.#options.began(this.#look);
    this.#look.seen?.started(message);
    for (const [index, seed] of seeds.entries()) {
      this.#learn(seed);
      this.#tally.heard(seed.peer);
      this.#look.seen?.seed(seed.peer, index % this.#paths.length);
    }
    for (const [at, path] of this.#paths.entries()) {
      path.start(seeds.filter((_, index) => index % this.#paths.length === at));
    }
  }

  /** Ends it without a further event. */
  cancel(): void {
    if (!this.#isOver) for (const path of this.#paths) path.cancel();
  }

  #newPath(path: number, paths: number): QueryPath {
    const { environment, name, rules } = this.#context;
    const { query, target, isSparing = false, looksPast = false } = this.#options;
    const { kadAsksAtOnce, kadClosestAnswers, kadProbesPerQuery, kadProbePeers } = environment.limits;
    const looking = {
      target,
      keySpace: rules.keySpace,
      settling: kadClosestAnswers,
      most: Math.floor(kadProbesPerQuery / paths),
      peersEach: kadProbePeers,
    };
    const address = `${name}/query:${query}${paths === 1 ? '' : `/path:${path}`}`;
    return new QueryPath({
      environment,
      address,
      target,
      asksAtOnce: Math.max(1, Math.ceil((isSparing ? kadClosestAnswers : kadAsksAtOnce) / paths)),
      isSparing,
      ...(looksPast ? { past: (peers) => new PastTheDead({ ...looking, peers }) } : {}),
      ask: (asking, entry) => this.#ask(asking, entry),
      late: (entry) => this.#look.seen?.late(entry),
      probe: (asking, probe) => this.#probe(asking, probe),
      ended: (outcome) => this.#pathEnded(outcome),
    });
  }

  #ask(path: QueryPath, entry: QueryPeer): void {
    const { id } = entry.peer;
    const claim = this.#claims?.get(id);
    if (claim !== undefined) {
      this.#share(claim, path, entry);
      return;
    }
    this.#claims?.set(id, { entry, waiting: [] });
    this.#tally.asked();
    this.#subscriber.next({ type: 'peer.asked', peer: id, hops: entry.hops, path: this.#paths.indexOf(path) });
    this.#send(entry, this.#options.message, {
      answered: (answer) => this.#answered(path, entry, answer),
      failed: (thrown) => this.#failed(path, entry, thrown),
    });
  }

  #probe(path: QueryPath, probe: PastProbe): void {
    const { id } = probe.peer.peer;
    this.#tally.probed(probe);
    this.#subscriber.next({
      type: 'peer.asked',
      peer: id,
      hops: probe.peer.hops,
      path: this.#paths.indexOf(path),
      probeHex: toHex(probe.key),
    });
    const message: KadMessage = { type: 'FIND_NODE', key: probe.key, closerPeers: [], providerPeers: [] };
    this.#send(probe.peer, message, {
      answered: (answer) => this.#answeredPast(path, probe, answer),
      failed: (thrown) => this.#failedPast(path, probe, thrown),
    });
  }

  #send(entry: QueryPeer, message: KadMessage, outcome: AskOutcome): void {
    this.#look.asked(entry);
    this.#asks.ask(entry.peer.id, message, outcome, () => this.#isOver || this.#look.sent(entry));
  }

  #answered(path: QueryPath, entry: QueryPeer, answer: KadMessage): void {
    if (!this.#isHeard(entry)) return;
    const heard = path.hear(entry, this.#believed(answer), this.#isAll(answer));
    this.#tellAnswer(entry, this.#tally.sinceAsked(entry), answer, heard, path);
    if (this.#options.isSatisfied?.(answer, entry.peer.id) === true) {
      for (const each of this.#paths) each.satisfy();
      return;
    }
    path.advance(heard);
    this.#tellClaimants(entry);
  }

  #answeredPast(path: QueryPath, probe: PastProbe, answer: KadMessage): void {
    const { peer } = probe;
    if (!this.#isHeard(peer)) return;
    const heard = path.hearPast(probe, this.#believed(answer), this.#isAll(answer));
    this.#tellAnswer(peer, this.#tally.probeEnded(probe, { heard: heard.length }), answer, heard, path);
    path.advance(heard);
  }

  /** It answered, whether or not anybody here still wants to know. */
  #isHeard({ peer }: QueryPeer): boolean {
    this.#context.table.answered(peer);
    if (!this.#isOver) this.#tally.answered();
    return !this.#isOver;
  }

  #believed(answer: KadMessage): readonly ToldPeer[] {
    return believed(answer, this.#context.rules, this.#tally.refused, this.#options.sought);
  }

  /** Whether a peer told of all that it knows, for it knows fewer than it would tell of. */
  #isAll({ closerPeers }: KadMessage): boolean {
    return closerPeers.length < this.#context.environment.limits.kadBucketPeers;
  }

  #tellAnswer(
    entry: QueryPeer,
    tookMs: number,
    answer: KadMessage,
    heard: readonly QueryPeer[],
    path: QueryPath,
  ): void {
    for (const each of heard) {
      this.#learn(each);
      this.#tally.heard(each.peer);
    }
    this.#look.seen?.answered(entry, answer, heard.length, tookMs);
    this.#look.seen?.heard(heard, this.#paths.indexOf(path));
    const peer = entry.peer.id;
    const { providerPeers, record } = answer;
    this.#subscriber.next({ type: 'peer.answered', peer, tookMs, answer, heard: heard.map(routed) });
    for (const told of believedProviders(providerPeers, this.#context.rules)) {
      this.#learn(told);
      this.#subscriber.next({ type: 'provider.found', peer, provider: routed(told) });
    }
    if (record !== undefined) this.#subscriber.next({ type: 'value.found', peer, record });
  }

  #failed(path: QueryPath, entry: QueryPeer, thrown: unknown): void {
    if (this.#isOver) return;
    const error = this.#tellFailure(entry, () => this.#tally.sinceAsked(entry), thrown);
    path.failed(entry, error.code);
    this.#tellClaimants(entry);
  }

  #failedPast(path: QueryPath, probe: PastProbe, thrown: unknown): void {
    if (this.#isOver) return;
    this.#tellFailure(probe.peer, ({ code: error }) => this.#tally.probeEnded(probe, { heard: 0, error }), thrown);
    path.failedPast(probe);
  }

  #tellFailure(entry: QueryPeer, took: (error: EngineError) => number, thrown: unknown): EngineError {
    const peer = entry.peer.id;
    const error = toEngineError(thrown, 'ERR_STREAM_ENDED', 'remote', `${peer} did not answer`);
    const hasTimedOut = isTimeout(error.code);
    this.#context.table.failed(peer);
    this.#tally.failed(hasTimedOut);
    const tookMs = took(error);
    this.#look.seen?.failed(entry, error.code, tookMs);
    this.#subscriber.next({ type: hasTimedOut ? 'peer.timedOut' : 'peer.failed', peer, tookMs, error });
    return error;
  }

  /** Another path has asked it: this one hears whether it answers, and nothing else. */
  #share(claim: Claim, path: QueryPath, entry: QueryPeer): void {
    claim.waiting.push({ path, entry });
    const { state } = claim.entry;
    if (state !== 'answered' && state !== 'failed') return;
    this.#context.environment.turns.post(() => this.#tellClaimants(claim.entry));
  }

  #tellClaimants(asked: QueryPeer): void {
    const waiting = this.#claims?.get(asked.peer.id)?.waiting.splice(0) ?? [];
    for (const { path, entry } of waiting) {
      if (this.#isOver) return;
      if (asked.state === 'answered') path.advance(path.share(entry));
      else path.failed(entry, asked.error ?? 'ERR_STREAM_ENDED');
    }
  }

  #learn({ peer, addresses }: ToldPeer): void {
    if (addresses.length > 0) this.#context.network.learn(peer.id, addresses);
  }

  #pathEnded(outcome: QueryOutcome): void {
    this.#outcomes.push(outcome);
    if (this.#outcomes.length === this.#paths.length) this.#end();
  }

  #end(): void {
    this.#isOver = true;
    const { name, environment, table } = this.#context;
    const { query, target, isSparing = false } = this.#options;
    const { kadBucketPeers } = environment.limits;
    // The best that any path came to speaks for all.
    const outcome = RANKS.find((rank) => this.#outcomes.includes(rank)) ?? 'broken';
    const count = isSparing ? 2 * kadBucketPeers : kadBucketPeers;
    const lists = this.#paths.map(({ peers }) => (isSparing ? peers.nearest(count) : peers.closest()));
    const found = mergedClosest(target, lists, count);
    const closest = found.slice(0, kadBucketPeers);
    const heard = this.#paths.map(({ peers }) => peers.all);
    const record = this.#tally.record(outcome, closest, heard);
    this.#look.seen?.finished(outcome, closest, record.messages, record.tookMs);
    if (outcome === 'finished' || outcome === 'exhausted') table.lookedUp(target);
    this.#options.ended(record);
    this.#asks.abort();
    this.#subscriber.next({ type: 'query.ended', outcome, closest: found.map(routed), record });
    if (outcome === 'broken') {
      this.#subscriber.error(
        new EngineError('ERR_DHT_QUERY_UNEXPECTED', 'engine', `${name}/query:${query} heard what it does not expect`),
      );
    } else this.#subscriber.complete();
  }
}

/** Outcomes of paths, the one that speaks for all first. */
const RANKS: readonly QueryOutcome[] = [
  'broken',
  'satisfied',
  'cancelled',
  'finished',
  'exhausted',
  'timedOut',
  'failed',
];

function routed({ peer, addresses }: ToldPeer): RoutedPeer {
  return { id: peer.id, addresses };
}
