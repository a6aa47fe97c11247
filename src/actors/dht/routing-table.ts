/**
 * The routing table of Kademlia (libp2p/specs kad-dht/README.md, "Kademlia routing table"): the peers that share a prefix
 * of n bits with us, and no more, are bucket n, and each holds k of them.
 *
 * There is one bucket a prefix length from the start, made when its first peer comes. go unfolds its last bucket when it
 * is full, which ends in the same buckets; js splits far buckets too, for a larger table of which a query asks k all the
 * same. A fixed array needs no moving, and a bucket is found by counting bits.
 *
 * What counts is who answers: only a peer that did, or is connected and says that it serves, gets in; one that does is
 * never pushed out. A new one for a full bucket takes the place of one that fell silent, or waits while the one not
 * heard of for longest is asked (`peer.doubtful`, for the table's owner to do).
 */
import { Subject, type Observable } from 'rxjs';
import type { Limits } from '../../limits.js';
import type { TableObservation } from '../observations.js';
import { addressesBy, addressGroups, type AddressRule } from './address-rules.js';
import { Bucket, type TableEntry } from './bucket.js';
import { GroupCounts } from './group-counts.js';
import { commonPrefixBits, compareDistance, KEY_BITS, type PlacedPeer } from './key-space.js';

/** What changes in a table. Emits inside a turn. */
export type TableEvent =
  | { readonly type: 'peer.added'; readonly peer: string }
  | { readonly type: 'peer.removed'; readonly peer: string }
  /** Somebody waits for its place, and it has not answered for long: ask it, and say what came of it. */
  | { readonly type: 'peer.doubtful'; readonly peer: string };

/** What became of a peer that was offered. */
export type Offered = 'added' | 'known' | 'waiting' | 'refused';

/** Bounds of {@link RoutingTable}. */
export type TableLimits = Pick<
  Limits,
  | 'kadBucketPeers'
  | 'kadBucketCandidates'
  | 'kadPeerFailures'
  | 'kadUsefulMs'
  | 'kadGroupPeersPerBucket'
  | 'kadGroupPeers'
>;

/** Who is told of every change, while anybody wants to know. */
export interface TableObserver {
  /** Asked before anything is told. */
  readonly observing: boolean;
  observe(change: Omit<TableObservation, 'dht'>): void;
}

/** What a table is made of. */
export interface TableOptions {
  readonly self: PlacedPeer;
  readonly limits: TableLimits;
  /** Milliseconds of the node's clock. */
  now(): number;
  /** Transport addresses of a peer, as the swarm knows them. */
  addressesOf(peer: string): readonly string[];
  /** Where its peers have to be. */
  readonly rule: AddressRule;
  /** Whether the peers of one group of addresses are bounded; off where all are one machine's. */
  readonly isDiverse: boolean;
  /** Default: nobody. */
  readonly observer?: TableObserver;
}

/** One bucket, for whoever looks at the table. */
export interface BucketView {
  /** Bits that its peers share with us. */
  readonly prefixBits: number;
  readonly peers: readonly {
    readonly id: string;
    readonly answeredAtMs: number | undefined;
    readonly failures: number;
  }[];
  readonly candidates: number;
  readonly lookedUpAtMs: number | undefined;
}

/** Peers by distance from us. Call inside a turn. */
export class RoutingTable {
  readonly #options: TableOptions;
  readonly #buckets: (Bucket | undefined)[] = [];
  readonly #entries = new Map<string, TableEntry>();
  readonly #groups: GroupCounts;
  readonly #events = new Subject<TableEvent>();

  constructor(options: TableOptions) {
    this.#options = options;
    const { kadGroupPeersPerBucket: perBucket, kadGroupPeers: inAll } = options.limits;
    this.#groups = new GroupCounts({ perBucket, inAll });
  }

  get events$(): Observable<TableEvent> {
    return this.#events;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(peer: string): boolean {
    return this.#entries.has(peer);
  }

  /** Ids of all peers, the nearest bucket last. */
  get peers(): readonly string[] {
    return this.#buckets.flatMap((bucket) => bucket?.entries.map(({ peer }) => peer.id) ?? []);
  }

  /** It answered a question of ours: it is of use, and is taken in where there is room. */
  answered(peer: PlacedPeer): Offered {
    return this.#offer(peer, true);
  }

  /** It is connected and says that it serves; nobody has asked it anything yet. */
  announced(peer: PlacedPeer): Offered {
    return this.#offer(peer, false);
  }

  /** It did not answer. Told to others no more, and gone when somebody waits for its place or it fails again. */
  failed(peer: string): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    entry.failures++;
    entry.isDoubtful = false;
    const { candidates } = this.#bucketOf(entry.bucket);
    if (entry.failures >= this.#options.limits.kadPeerFailures || candidates.length > 0) this.remove(peer, 'failed');
    else if (this.#isObserved) this.#tell('questionable', entry, 'failed');
  }

  /** Nobody could ask a peer in doubt: it is in doubt again when the next one wants its place. */
  undecided(peer: string): void {
    const entry = this.#entries.get(peer);
    if (entry !== undefined) entry.isDoubtful = false;
  }

  /** It serves no more, or is somebody we do not want; `why`: for who observes. */
  remove(peer: string, why: 'declined' | 'failed' = 'declined'): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    const bucket = this.#bucketOf(entry.bucket);
    this.#takeOut(bucket, entry);
    if (this.#isObserved) this.#tell('removed', entry, why);
    this.#promote(bucket, entry.bucket);
  }

  /** Up to `count` peers, the closest to `key` first; those that failed to answer only where there are no others. */
  nearest(key: Uint8Array, count: number): readonly PlacedPeer[] {
    const prefixBits = Math.min(commonPrefixBits(this.#options.self.key, key), KEY_BITS - 1);
    const found: PlacedPeer[] = [];
    const silent: PlacedPeer[] = [];
    // Who shares as much with us as the key does shares more with the key; then who shares more with us, alike far from
    // the key; then each bucket before, farther by one bit.
    this.#collect(key, [this.#buckets[prefixBits]], found, silent);
    if (found.length < count) this.#collect(key, this.#buckets.slice(prefixBits + 1), found, silent);
    for (let bits = prefixBits - 1; bits >= 0 && found.length < count; bits--) {
      this.#collect(key, [this.#buckets[bits]], found, silent);
    }
    if (found.length < count && silent.length > 0) {
      found.push(...silent.sort((left, right) => compareDistance(key, left.key, right.key)));
    }
    return found.length > count ? found.slice(0, count) : found;
  }

  /** Somebody looked up this key: its bucket needs no refresh for a while. */
  lookedUp(key: Uint8Array): void {
    const prefixBits = commonPrefixBits(this.#options.self.key, key);
    if (prefixBits < KEY_BITS) this.#bucketOf(prefixBits).lookedUpAtMs = this.#options.now();
  }

  /** The buckets up to the last one that holds anybody, and one more, that nobody looked into for `ageMs`. */
  neglected(ageMs: number, count: number): readonly number[] {
    const nowMs = this.#options.now();
    let last = this.#buckets.length - 1;
    while (last >= 0 && (this.#buckets[last]?.entries.length ?? 0) === 0) last--;
    const neglected: number[] = [];
    for (let bits = 0; bits <= Math.min(last + 1, KEY_BITS - 1) && neglected.length < count; bits++) {
      const lookedUpAtMs = this.#buckets[bits]?.lookedUpAtMs;
      if (lookedUpAtMs === undefined || nowMs - lookedUpAtMs >= ageMs) neglected.push(bits);
    }
    return neglected;
  }

  /** What is in it, for an inspector. */
  view(): readonly BucketView[] {
    return this.#buckets.flatMap((bucket, prefixBits) => {
      if (bucket === undefined) return [];
      const peers = bucket.entries.map(({ peer: { id }, answeredAtMs, failures }) => ({ id, answeredAtMs, failures }));
      return [{ prefixBits, peers, candidates: bucket.candidates.length, lookedUpAtMs: bucket.lookedUpAtMs }];
    });
  }

  #collect(key: Uint8Array, buckets: readonly (Bucket | undefined)[], found: PlacedPeer[], silent: PlacedPeer[]): void {
    const alike: PlacedPeer[] = [];
    for (const bucket of buckets) {
      if (bucket === undefined) continue;
      for (const { peer, failures } of bucket.entries) (failures === 0 ? alike : silent).push(peer);
    }
    alike.sort((left, right) => compareDistance(key, left.key, right.key));
    for (const peer of alike) found.push(peer);
  }

  #offer(peer: PlacedPeer, hasAnswered: boolean): Offered {
    const nowMs = this.#options.now();
    const known = this.#entries.get(peer.id);
    if (known !== undefined) {
      if (hasAnswered) {
        if (this.#isObserved && (known.failures > 0 || known.isDoubtful)) this.#tell('confirmed', known);
        known.failures = 0;
        known.isDoubtful = false;
        known.answeredAtMs = nowMs;
      }
      return 'known';
    }
    const prefixBits = commonPrefixBits(this.#options.self.key, peer.key);
    if (prefixBits === KEY_BITS) return 'refused';
    const groups = this.#groupsOf(peer.id);
    if (groups === undefined) return 'refused';
    const bucket = this.#bucketOf(prefixBits);
    const isFull = bucket.entries.length >= this.#options.limits.kadBucketPeers;
    const silent = isFull ? bucket.entries.find(({ failures }) => failures > 0) : undefined;
    if (!this.#groups.allow(prefixBits, groups)) return 'refused';
    if (isFull && silent === undefined) {
      bucket.wait(peer, this.#options.limits.kadBucketCandidates);
      this.#doubt(bucket, nowMs);
      return 'waiting';
    }
    if (silent !== undefined) this.#takeOut(bucket, silent);
    const entry = this.#takeIn(bucket, prefixBits, peer, groups, hasAnswered ? nowMs : undefined);
    if (this.#isObserved) {
      const why = hasAnswered ? 'answered' : 'announced';
      if (silent === undefined) this.#tell('added', entry, why);
      else this.#tell('replaced', silent, why, peer.id);
    }
    return 'added';
  }

  /** The groups that count, none where they do not; `undefined` where it is nobody for this table. */
  #groupsOf(peer: string): readonly string[] | undefined {
    const { rule, isDiverse } = this.#options;
    if (rule === 'any' && !isDiverse) return NO_GROUPS;
    const addresses = addressesBy(rule, this.#options.addressesOf(peer));
    if (addresses.length === 0 && rule !== 'any') return undefined;
    return isDiverse ? addressGroups(addresses) : NO_GROUPS;
  }

  /** Has the one not heard of for longest asked, unless all are known to be there. */
  #doubt(bucket: Bucket, nowMs: number): void {
    const entry = bucket.leastHeard();
    if (entry === undefined || entry.isDoubtful) return;
    if (entry.answeredAtMs !== undefined && nowMs - entry.answeredAtMs < this.#options.limits.kadUsefulMs) return;
    entry.isDoubtful = true;
    if (this.#isObserved) this.#tell('questionable', entry, 'silent');
    this.#events.next({ type: 'peer.doubtful', peer: entry.peer.id });
  }

  #promote(bucket: Bucket, prefixBits: number): void {
    for (let next = bucket.candidates.pop(); next !== undefined; next = bucket.candidates.pop()) {
      const groups = this.#groupsOf(next.id);
      if (groups === undefined || !this.#groups.allow(prefixBits, groups)) continue;
      const entry = this.#takeIn(bucket, prefixBits, next, groups, undefined);
      if (this.#isObserved) this.#tell('added', entry, 'waited');
      return;
    }
  }

  #takeIn(
    bucket: Bucket,
    prefixBits: number,
    peer: PlacedPeer,
    groups: readonly string[],
    answeredAtMs: number | undefined,
  ): TableEntry {
    const entry: TableEntry = { peer, bucket: prefixBits, groups, answeredAtMs, failures: 0, isDoubtful: false };
    bucket.entries.push(entry);
    bucket.forget(peer.id);
    this.#entries.set(peer.id, entry);
    this.#groups.count(prefixBits, groups, 1);
    this.#events.next({ type: 'peer.added', peer: peer.id });
    return entry;
  }

  get #isObserved(): boolean {
    return this.#options.observer?.observing === true;
  }

  #tell(
    change: TableObservation['change'],
    { peer, bucket }: TableEntry,
    reason?: TableObservation['reason'],
    by?: string,
  ): void {
    this.#options.observer?.observe({ change, peer: peer.id, bucket, by, reason });
  }

  #takeOut(bucket: Bucket, entry: TableEntry): void {
    bucket.entries.splice(bucket.entries.indexOf(entry), 1);
    this.#entries.delete(entry.peer.id);
    this.#groups.count(entry.bucket, entry.groups, -1);
    this.#events.next({ type: 'peer.removed', peer: entry.peer.id });
  }

  #bucketOf(prefixBits: number): Bucket {
    while (this.#buckets.length <= prefixBits) this.#buckets.push(undefined);
    return (this.#buckets[prefixBits] ??= new Bucket());
  }
}

const NO_GROUPS: readonly string[] = [];
