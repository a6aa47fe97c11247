/** One path of a query: its machine, the peers that it knows, and the edges that the machine hears of. */
import { kadQueryMachine, type KadQueryEffect } from '../../machines/kad-query.js';
import type { ErrorCode } from '../../error-hints.js';
import type { EngineError } from '../../errors.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import type { PlacedPeer } from './key-space.js';
import type { LooksPast, PastProbe } from './past-the-dead.js';
import { headOf } from './providing/region-space.js';
import { QueryPeers, type QueryPeer, type Standing } from './query-peers.js';
import { tellingOf } from './telling.js';

/** How a path or a query ended. */
export type QueryOutcome = 'finished' | 'satisfied' | 'exhausted' | 'timedOut' | 'cancelled' | 'failed' | 'broken';

/** What a path is made of. */
export interface QueryPathOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `dht/query:3`. */
  readonly address: string;
  readonly target: Uint8Array;
  /** Asked at once while it comes closer. */
  readonly asksAtOnce: number;
  /** Whether nobody is asked but the closest few, and it ends when they have answered. */
  readonly isSparing: boolean;
  /** Makes what looks past the dead; absent where nobody does. */
  past?(peers: QueryPeers): LooksPast;
  /** Asks a peer; what comes of it is told by `hear` and `advance`, or `failed`, in a later turn. */
  ask(path: QueryPath, peer: QueryPeer): void;
  /** Nobody waits for it any more; it is heard if it answers yet. */
  late?(peer: QueryPeer): void;
  /** Asks a peer about a place beside the target; what comes of it is told by `hearPast` and `advance`, or `failedPast`. */
  probe(path: QueryPath, probe: PastProbe): void;
  /** It is over; nothing is asked any more. */
  ended(outcome: QueryOutcome): void;
}

/** A peer that was told, with its addresses. */
export interface ToldPeer {
  readonly peer: PlacedPeer;
  readonly addresses: readonly string[];
}

/** A path. Call inside a turn. */
export class QueryPath {
  readonly peers: QueryPeers;
  readonly #options: QueryPathOptions;
  readonly #machine: MachineActor<typeof kadQueryMachine>;
  readonly #past: LooksPast | undefined;
  /** What the machine was last told of where it stands. */
  #told: Standing = 'open';
  #outcome: QueryOutcome | undefined;

  constructor(options: QueryPathOptions) {
    this.#options = options;
    const { environment, address, target, asksAtOnce, isSparing } = options;
    const { kadBucketPeers, kadClosestAnswers, kadQueryPeers, kadSlowPeerMs, kadQueryTimeoutMs } = environment.limits;
    const settling = Math.min(kadClosestAnswers, kadBucketPeers);
    this.peers = new QueryPeers(target, { closest: kadBucketPeers, settling, most: kadQueryPeers });
    this.#past = options.past?.(this.peers);
    this.#machine = spawnMachine(environment, kadQueryMachine, {
      address,
      input: {
        asksAtOnce,
        asksWide: isSparing ? asksAtOnce : Math.max(kadBucketPeers, asksAtOnce),
        followsUp: !isSparing,
        slowPeerMs: kadSlowPeerMs,
        timeoutMs: kadQueryTimeoutMs,
      },
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.#broken(error),
    });
  }

  /** Begins with peers that are known. */
  start(seeds: readonly ToldPeer[]): void {
    for (const { peer, addresses } of seeds) this.peers.add(peer, addresses);
    this.#machine.start();
  }

  /**
   * A peer answered, and told of these, of all that it knows or not: answers those that are new. What follows waits for
   * {@link advance}.
   */
  hear(entry: QueryPeer, told: readonly ToldPeer[], isAll: boolean): readonly QueryPeer[] {
    this.peers.mark(entry, 'answered', this.#nowMs);
    this.peers.note(entry, tellingOf(headOf(this.#options.target), told, isAll));
    return this.#add(entry, told);
  }

  /** A peer answered on another path: it counts, and whom it told of is that path's. */
  share(entry: QueryPeer): readonly QueryPeer[] {
    this.peers.mark(entry, 'answered', this.#nowMs);
    return [];
  }

  /** The same of an answer about a place beside the target. */
  hearPast(probe: PastProbe, told: readonly ToldPeer[], isAll: boolean): readonly QueryPeer[] {
    this.#past?.answered(probe, told, isAll);
    return this.#add(probe.peer, told);
  }

  #add(entry: QueryPeer, told: readonly ToldPeer[]): readonly QueryPeer[] {
    const heard: QueryPeer[] = [];
    for (const { peer, addresses } of told) {
      const added = this.peers.add(peer, addresses, entry);
      if (added !== undefined) heard.push(added);
    }
    return heard;
  }

  /** Goes on after an answer that told of `heard`. */
  advance(heard: readonly QueryPeer[]): void {
    const isCloser = heard.some((entry) => this.peers.isAmongClosestFew(entry));
    if (isCloser) this.#told = 'open';
    this.#machine.send({ type: isCloser ? 'peer.closer' : 'peer.answered' });
  }

  /** A peer did not answer, or not well. */
  failed(entry: QueryPeer, error: string): void {
    this.peers.mark(entry, 'failed', this.#nowMs, error);
    this.#machine.send({ type: 'peer.failed' });
  }

  failedPast(probe: PastProbe): void {
    this.#past?.failed(probe);
    this.#machine.send({ type: 'peer.failed' });
  }

  /** What was looked for is found. */
  satisfy(): void {
    this.#machine.send({ type: 'local.satisfied' });
  }

  cancel(): void {
    this.#machine.send({ type: 'local.cancel' });
  }

  get #nowMs(): number {
    return this.#options.environment.turns.nowMs;
  }

  #perform(effect: KadQueryEffect): void {
    switch (effect.type) {
      case 'ask.next':
        this.#askNext(effect.atOnce);
        this.#tellEdge();
        return;
      case 'ask.past':
        this.#askNext(effect.atOnce);
        for (const probe of this.#past?.begin(this.#nowMs) ?? []) this.#options.probe(this, probe);
        this.#tellEdge();
        return;
      case 'set.slowAside': {
        const beforeMs = this.#nowMs - this.#options.environment.limits.kadSlowPeerMs;
        for (const entry of this.peers.slow(beforeMs)) {
          this.peers.mark(entry, 'late', this.#nowMs);
          this.#options.late?.(entry);
        }
        this.#past?.setSlowAside(beforeMs);
        return;
      }
      case 'report.finished':
        this.#end('finished');
        return;
      case 'report.satisfied':
        this.#end('satisfied');
        return;
      case 'report.exhausted':
        this.#end('exhausted');
        return;
      case 'report.failed':
        this.#end(OUTCOMES[effect.code] ?? 'broken');
        return;
      default:
        effect satisfies never;
    }
  }

  /** Asks up to the bound; and one beyond it that is among the closest few, where others still fill it from wider times. */
  #askNext(atOnce: number): void {
    const { isSparing } = this.#options;
    const nextOf = (): QueryPeer | undefined => (isSparing ? this.peers.nextNeeded() : this.peers.next());
    let asked = 0;
    for (let next = nextOf(); next !== undefined; next = nextOf()) {
      const isFull = this.peers.underWay >= atOnce;
      if (isFull && (asked > 0 || !this.peers.isAmongClosestFew(next))) return;
      this.peers.mark(next, 'asked', this.#nowMs);
      this.#options.ask(this, next);
      asked++;
    }
  }

  /** Tells the machine where the path stands, where that is new. */
  #tellEdge(): void {
    const { standing, pending } = this.peers;
    if (standing !== 'open' && this.#told === 'open') {
      this.#told = 'settled';
      this.#machine.send({ type: 'closest.settled' });
      return;
    }
    const isComplete = standing === 'complete' && this.#told === 'settled';
    const isExhausted = standing !== 'complete' && pending === 0 && this.peers.next() === undefined;
    if ((!isComplete && !isExhausted) || (this.#past?.underWay ?? 0) > 0) return;
    if (this.#told === 'settled' && this.#past?.hasNext() === true) this.#machine.send({ type: 'closest.holed' });
    else if (isExhausted) this.#machine.send({ type: 'peers.exhausted' });
    else {
      this.#told = 'complete';
      this.#machine.send({ type: 'closest.complete' });
    }
  }

  #broken(error: EngineError): void {
    this.#options.environment.reportBroken(error);
    this.#end('broken');
  }

  #end(outcome: QueryOutcome): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#options.ended(outcome);
  }
}

const OUTCOMES: Partial<Record<ErrorCode, QueryOutcome>> = {
  ERR_DHT_QUERY_TIMEOUT: 'timedOut',
  ERR_ABORTED: 'cancelled',
  ERR_DHT_NO_ANSWER: 'failed',
};
