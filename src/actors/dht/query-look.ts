/** One query for who looks at the node: its changes while somebody does, and what it is in to who comes in the middle. */
import type { KadMessage } from '../../wire/kad.js';
import type { Environment } from '../environment.js';
import type { QueryObservation } from '../observations.js';
import type { StandingRecords } from '../standing-records.js';
import type { DhtNetwork } from './network.js';
import { QueryObserver, type ObservedQuery } from './query-observer.js';
import type { QueryPeer, QueryPeers } from './query-peers.js';
import type { QueryRecordProbe } from './query-record.js';
import type { QueryTally } from './query-tally.js';

/** A query that runs. */
export interface StandingQuery {
  /** That it runs, what it asks and since when. */
  tellStart(records: StandingRecords): void;
  /** Each peer that it remembers, and what became of it: those that were heard first, and those not asked last. */
  tellPeers(records: StandingRecords): void;
}

/** Where it runs. */
export interface QueryPlace {
  /** First part of the query's address, e.g. `dht`. */
  readonly name: string;
  readonly environment: Environment;
  readonly network: Partial<Pick<DhtNetwork, 'isConnected'>>;
}

/** What is looked at. */
export interface LookedAtQuery extends Omit<ObservedQuery, 'paths'> {
  readonly message: KadMessage;
  readonly paths: readonly { readonly peers: QueryPeers }[];
  /** Who asks each peer, where several paths may know it; absent where there is one path. */
  readonly askers: ReadonlyMap<string, { readonly entry: QueryPeer }> | undefined;
  readonly tally: Pick<QueryTally, 'probes' | 'sinceAsked' | 'sinceStartMs'>;
}

/** Looks at a query. */
export class QueryLook implements StandingQuery {
  readonly #place: QueryPlace;
  readonly #query: LookedAtQuery;
  /** Peers that were told to be dialed, and whether their request is on its way by now, which is news of them alone. */
  readonly #dialed = new Map<string, boolean>();
  #observer: QueryObserver | undefined;

  constructor(place: QueryPlace, query: LookedAtQuery) {
    this.#place = place;
    this.#query = query;
  }

  /** Absent while nobody looks. */
  get seen(): QueryObserver | undefined {
    const { environment } = this.#place;
    if (!environment.observing) return undefined;
    const { address } = this;
    return (this.#observer ??= this.#observerOf((said) => environment.observe('seen:query', address, said)));
  }

  get address(): string {
    return `${this.#place.name}/query:${this.#query.query}`;
  }

  /** It is a peer's turn. */
  asked(entry: QueryPeer): void {
    const { seen } = this;
    if (seen === undefined) return;
    this.#dialed.delete(entry.peer.id);
    seen.asked(entry, this.#noteWay(entry));
  }

  /** The request is on its way. */
  sent(entry: QueryPeer): void {
    const { id } = entry.peer;
    if (!this.#dialed.has(id)) return;
    this.#dialed.set(id, true);
    this.seen?.asked(entry, true);
  }

  tellStart(records: StandingRecords): void {
    const { message, tally } = this.#query;
    this.#add(records, (observer) => observer.started(message, tally.sinceStartMs));
  }

  tellPeers(records: StandingRecords): void {
    const { paths, askers, tally } = this.#query;
    const probes = lastProbes(tally.probes);
    const known = new Map<string, { readonly entry: QueryPeer; readonly path: number }[]>();
    for (const [path, { peers }] of paths.entries()) {
      for (const entry of peers.all) {
        const { id } = entry.peer;
        const others = known.get(id);
        if (others === undefined) known.set(id, [{ entry, path }]);
        else others.push({ entry, path });
      }
    }
    const told = [...known].map(([id, entries]) => {
      entries.sort((left, right) => heardMs(left.entry) - heardMs(right.entry));
      return {
        entries,
        asker: askers === undefined ? entries[0]?.entry : askers.get(id)?.entry,
        probe: probes.get(id),
      };
    });
    // In the order in which they were heard, so that it is seen how the query closed in.
    told.sort((left, right) => orderMs(left.asker) - orderMs(right.asker));
    for (const { entries, asker, probe } of told) {
      this.#add(records, (observer) => {
        for (const { entry, path } of entries) observer.heard([entry], path);
        if (asker === undefined) return;
        this.#tellState(observer, asker);
        const isLateElsewhere = entries.some(({ entry }) => entry !== asker && entry.state === 'late');
        if (isLateElsewhere && asker.state === 'asked') observer.late(asker);
        if (probe !== undefined) this.#tellProbe(observer, asker, probe);
      });
    }
  }

  #tellState(observer: QueryObserver, entry: QueryPeer): void {
    const { state, askedAtMs, endedAtMs, error } = entry;
    if (state === 'heard' || askedAtMs === undefined) return;
    const tookMs = this.#query.tally.sinceAsked(entry);
    observer.asked(entry, endedAtMs !== undefined || this.#noteWay(entry), tookMs);
    if (state === 'late') observer.late(entry);
    if (endedAtMs === undefined) return;
    if (state === 'answered') observer.hadAnswered(entry, endedAtMs - askedAtMs);
    else observer.failed(entry, error ?? '', endedAtMs - askedAtMs);
  }

  /** It had answered, and was asked once more, about a place beside the target: what that changes. */
  #tellProbe(observer: QueryObserver, entry: QueryPeer, { askedAfterMs, tookMs, error }: QueryRecordProbe): void {
    if (tookMs === undefined) {
      observer.asked(entry, this.#noteWay(entry), this.#query.tally.sinceStartMs - askedAfterMs);
    } else if (error !== undefined) observer.failed(entry, error, tookMs);
  }

  /** Whether a peer that is asked is told to be asked: not while it is dialed. Notes that it is told so. */
  #noteWay({ peer }: QueryPeer): boolean {
    const isOnItsWay = this.#dialed.get(peer.id) ?? this.#place.network.isConnected?.(peer.id) ?? true;
    if (!isOnItsWay) this.#dialed.set(peer.id, false);
    return isOnItsWay;
  }

  #add(records: StandingRecords, tell: (observer: QueryObserver) => void): void {
    const said: QueryObservation[] = [];
    tell(this.#observerOf((each) => said.push(each)));
    records.add('seen:query', this.address, said);
  }

  #observerOf(say: (said: QueryObservation) => void): QueryObserver {
    const { query, target, paths } = this.#query;
    return new QueryObserver({ query, target, paths: paths.length }, say);
  }
}

/** When a peer came to be known: with the answer that told of it. */
function heardMs({ from }: QueryPeer): number {
  return from?.endedAtMs ?? -1;
}

/** By when it answered or failed; behind those the ones that are waited for, and then those not asked. */
function orderMs(entry: QueryPeer | undefined): number {
  return entry?.endedAtMs ?? (entry?.askedAtMs === undefined ? Number.MAX_VALUE : Number.MAX_SAFE_INTEGER);
}

/** The question about a place that each peer was asked last, or answered last. */
function lastProbes(probes: readonly QueryRecordProbe[]): ReadonlyMap<string, QueryRecordProbe> {
  const last = new Map<string, QueryRecordProbe>();
  const endMs = ({ askedAfterMs, tookMs = 0 }: QueryRecordProbe): number => askedAfterMs + tookMs;
  for (const probe of probes) {
    const known = last.get(probe.peer);
    if (known === undefined || endMs(probe) >= endMs(known)) last.set(probe.peer, probe);
  }
  return last;
}
