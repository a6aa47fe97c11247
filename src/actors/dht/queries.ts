/** The queries of one DHT: begins them with what its table knows, bounds how many run, keeps their records. */
import { Observable, Subject, tap, throwError } from 'rxjs';
import { EngineError } from '../../errors.js';
import type { RoutedPeer } from '../../routing/router.js';
import type { KadMessage, KadType } from '../../wire/kad.js';
import type { TellObservation } from '../observations.js';
import { StandingRecords } from '../standing-records.js';
import { compareDistance } from './key-space.js';
import { runQuery, type QueryContext } from './query-actor.js';
import type { NumberedQueryEvent, QueryEvent } from './query-events.js';
import type { StandingQuery } from './query-look.js';
import type { ToldPeer } from './query-path.js';
import { QueryRecords, type QueryRecord } from './query-record.js';

/** What is asked for. */
export interface AskOptions {
  readonly type: Extract<KadType, 'FIND_NODE' | 'GET_VALUE' | 'GET_PROVIDERS'>;
  /** Its hash is the target: a peer id, a multihash, or the key of a record. */
  readonly key: Uint8Array;
  /** Nobody is asked but the closest few, and those are found who are said to be close: see `QueryOptions`. */
  readonly isSparing?: boolean;
  /** Peers to begin with, beside those of the table. */
  readonly known?: readonly RoutedPeer[];
  /** The peer that is looked for, where one is. */
  readonly sought?: string;
  isSatisfied?(answer: KadMessage, peer: string): boolean;
}

/** Runs queries. */
export class Queries {
  readonly #context: QueryContext;
  readonly #paths: number;
  readonly #records: QueryRecords;
  readonly #events = new Subject<NumberedQueryEvent>();
  /** Those that have begun, by number. */
  readonly #underWay = new Map<number, StandingQuery>();
  #next = 1;
  #running = 0;

  /** `paths`: disjoint paths of each query. */
  constructor(context: QueryContext, paths = 1) {
    this.#context = context;
    this.#paths = paths;
    this.#records = new QueryRecords(context.environment.limits);
  }

  /** What every query tells. */
  get events$(): Observable<NumberedQueryEvent> {
    return this.#events;
  }

  /** Records of the last queries, oldest first. */
  get records(): readonly QueryRecord[] {
    return this.#records.all;
  }

  get running(): number {
    return this.#running;
  }

  /**
   * One query; subscribing begins it. Ends with `query.ended` whatever its outcome was. Errors with `ERR_DHT_NO_PEERS` where
   * the table is empty, and `ERR_DHT_BUSY`.
   */
  ask({ type, key, known, ...options }: AskOptions): Observable<QueryEvent> {
    return new Observable((subscriber) => {
      const { environment, rules } = this.#context;
      const target = rules.keySpace.keyOf(key);
      const seeds = this.#seeds(target, known ?? []);
      const refusal = this.#refusal(seeds.length, environment.limits.kadQueriesAtOnce);
      if (refusal !== undefined) return throwError(() => refusal).subscribe(subscriber);
      this.#running++;
      const query = this.#next++;
      const message: KadMessage = { type, key, closerPeers: [], providerPeers: [] };
      const began = (standing: StandingQuery): void => {
        this.#underWay.set(query, standing);
      };
      const ended = (record: QueryRecord): void => {
        this.#running--;
        this.#underWay.delete(query);
        this.#records.add(record);
      };
      // Who looks for one peer, or for what somebody holds, finds it with those who were the closest when it was put there.
      const looksPast = type === 'FIND_NODE' && options.sought === undefined && options.isSparing !== true;
      const asked = { query, message, target, seeds, paths: this.#paths, looksPast, began, ended, ...options };
      const events$ = runQuery(this.#context, asked);
      return events$.pipe(tap((event) => this.#events.next({ query, event }))).subscribe(subscriber);
    });
  }

  /** Tells who begins to look of every query that runs: of all that they are there, then of their peers. */
  tellStanding(tell: TellObservation): void {
    const { name, environment } = this.#context;
    const records = new StandingRecords(tell, environment.limits);
    for (const query of this.#underWay.values()) query.tellStart(records);
    for (const query of this.#underWay.values()) query.tellPeers(records);
    records.end(name);
  }

  /** The k closest that the table knows and the caller, of whom each is taken once. */
  #seeds(target: Uint8Array, known: readonly RoutedPeer[]): readonly ToldPeer[] {
    const { environment, table, rules } = this.#context;
    const { kadBucketPeers } = environment.limits;
    const seeds = table.nearest(target, kadBucketPeers).map((peer): ToldPeer => ({ peer, addresses: [] }));
    const ids = new Set([rules.self, ...seeds.map(({ peer }) => peer.id)]);
    for (const { id, addresses } of known) {
      if (!ids.has(id)) seeds.push({ peer: rules.keySpace.peer(id), addresses });
      ids.add(id);
    }
    seeds.sort((left, right) => compareDistance(target, left.peer.key, right.peer.key));
    return seeds.slice(0, kadBucketPeers);
  }

  #refusal(seeds: number, most: number): EngineError | undefined {
    if (seeds === 0) return new EngineError('ERR_DHT_NO_PEERS', 'local', 'the routing table of the DHT is empty');
    if (this.#running < most) return undefined;
    return new EngineError('ERR_DHT_BUSY', 'local', `${most} queries of the DHT are running, which is the limit`);
  }
}
