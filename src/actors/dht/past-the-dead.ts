/**
 * Looks past the dead at the end of a query. A peer tells the k closest that it knows, and does not know yet who has just
 * died: with five dead among them, the living from rank k - 4 on are told by nobody. So the query asks for keys beside its
 * target, at places that no answer reaches. An answer that ends at some distance from its key leaves nobody unknown within
 * it, which is a ball of the key space; nothing is left to ask when the ball of the k closest is covered by others.
 */
import type { KeySpace } from './key-space.js';
import { Coverage, largestRegionIn, xor, type Span } from './providing/coverage.js';
import type { ProbeKey } from './providing/probe-keys.js';
import { endOf, headOf, regionAround, type Region } from './providing/region-space.js';
import type { ToldPeer } from './query-path.js';
import type { Extent, QueryPeer, QueryPeers } from './query-peers.js';
import { EVERYBODY, tellingOf } from './telling.js';

/** A question about a place beside the target. */
export interface PastProbe {
  /** What the peer is asked for: its hash lies at the place. */
  readonly key: Uint8Array;
  /** The first 32 bits of that. */
  readonly head: number;
  readonly peer: QueryPeer;
  readonly askedAtMs: number;
}

/** What {@link PastTheDead} is made of. */
export interface PastTheDeadOptions {
  readonly target: Uint8Array;
  readonly peers: QueryPeers;
  readonly keySpace: KeySpace;
  /** Beta: the answer that ends nearest but for so many says how far all of them reach; a liar or two do not. */
  readonly settling: number;
  /** Questions in all. */
  readonly most: number;
  /** Peers asked about one place. */
  readonly peersEach: number;
}

/** As a path of a query sees it. Call inside a turn. */
export type LooksPast = Pick<PastTheDead, 'underWay' | 'hasNext' | 'begin' | 'answered' | 'failed' | 'setSlowAside'>;

/** A place that is asked about. */
interface Place extends ProbeKey {
  /** Up to this distance all who answered told of everybody; absent: nobody did. */
  reach: number | undefined;
  readonly asked: Set<QueryPeer>;
}

/** A gap that holds one peer in so many is taken for empty. */
const GAPS_OF_A_PEER = 32;

/** Where one path of a query has looked, and where it has to look yet. */
export class PastTheDead {
  readonly #options: PastTheDeadOptions;
  readonly #target: number;
  readonly #places = new Map<number, Place>();
  readonly #underWay = new Map<PastProbe, Place>();
  readonly #givenUp: Region[] = [];
  #left: number;

  constructor(options: PastTheDeadOptions) {
    this.#options = options;
    this.#target = headOf(options.target);
    this.#left = options.most;
  }

  /** Questions that are waited for. */
  get underWay(): number {
    return this.#underWay.size;
  }

  /** Whether there is a place to ask about, and somebody to ask. */
  hasNext(): boolean {
    return this.#next() !== undefined;
  }

  /** Begins the next questions, all about one place; none where there is none. */
  begin(askedAtMs: number): readonly PastProbe[] {
    const next = this.#next();
    if (next === undefined) return [];
    const { place, peers } = next;
    return peers.map((peer) => {
      const probe = { key: place.key, head: place.head, peer, askedAtMs };
      this.#left--;
      place.asked.add(peer);
      this.#underWay.set(probe, place);
      return probe;
    });
  }

  answered(probe: PastProbe, told: readonly ToldPeer[], isAll: boolean): void {
    const telling = tellingOf(probe.head, told, isAll);
    this.#options.peers.note(probe.peer, telling);
    const place = this.#underWay.get(probe);
    this.#underWay.delete(probe);
    if (place !== undefined) place.reach = Math.min(place.reach ?? EVERYBODY, telling.reach);
  }

  failed(probe: PastProbe): void {
    this.#underWay.delete(probe);
  }

  /** Waits no longer for those asked at `beforeMs` or earlier: whom they name is heard yet, how far they reach is not. */
  setSlowAside(beforeMs: number): void {
    for (const probe of this.#underWay.keys()) if (probe.askedAtMs <= beforeMs) this.#underWay.delete(probe);
  }

  #next(): { readonly place: Place; readonly peers: readonly QueryPeer[] } | undefined {
    const { extent } = this.#options.peers;
    if (this.#left === 0 || extent.gone === 0) return undefined;
    for (let gap = this.#gap(extent); gap !== undefined; gap = this.#gap(extent)) {
      const place = this.#placeIn(gap);
      const peers = place.reach === undefined ? this.#whoKnows(place) : [];
      if (peers.length > 0) return { place, peers };
      // Nobody is left who could tell, or the key is not where it should be: there is no finer one.
      this.#givenUp.push(gap);
    }
    return undefined;
  }

  /** The largest part of the ball of the k closest that no answer reaches. */
  #gap({ last, counted, gone }: Extent): Region | undefined {
    const radius = last === undefined ? EVERYBODY : xor(this.#target, headOf(last.peer.key));
    const coverage = this.#covered();
    let largest: Span | undefined;
    for (const region of regionsWithin(this.#target, radius)) {
      for (const gap of coverage.gapsIn(region)) {
        if (largest === undefined || sizeOf(gap) > sizeOf(largest)) largest = gap;
      }
    }
    if (largest === undefined) return undefined;
    const expected = (sizeOf(largest) * (counted + gone)) / (radius + 1);
    return expected * GAPS_OF_A_PEER < 1 ? undefined : largestRegionIn(largest);
  }

  #covered(): Coverage {
    const { peers, settling } = this.#options;
    const coverage = new Coverage();
    const reaches = peers.closest().flatMap(({ tellings: [first] }) => first?.reach ?? []);
    const reach = reaches.sort((left, right) => left - right)[Math.min(settling, reaches.length) - 1];
    if (reach !== undefined) coverage.addBall(this.#target, reach);
    for (const place of this.#places.values()) {
      if (place.reach !== undefined) coverage.addBall(place.head, place.reach);
    }
    for (const region of this.#givenUp) coverage.add({ from: region.start, to: endOf(region) });
    return coverage;
  }

  #placeIn(gap: Region): Place {
    const probe = this.#options.keySpace.probes.within(gap, false);
    const known = this.#places.get(probe.head);
    if (known !== undefined) return known;
    const place: Place = { ...probe, reach: undefined, asked: new Set() };
    this.#places.set(probe.head, place);
    return place;
  }

  /** Those who answered and are closest to a place, and were not asked about it. */
  #whoKnows({ head, asked }: Place): readonly QueryPeer[] {
    const { peers, peersEach } = this.#options;
    const distance = ({ peer }: QueryPeer): number => xor(head, headOf(peer.key));
    return peers.all
      .filter((entry) => entry.state === 'answered' && !asked.has(entry))
      .sort((left, right) => distance(left) - distance(right))
      .slice(0, Math.min(peersEach, this.#left));
  }
}

/** All within a distance of a place, as regions, the nearest first. */
function regionsWithin(head: number, distance: number): readonly Region[] {
  const regions: Region[] = [];
  for (let length = 1; length <= 32; length++) {
    const size = 2 ** (32 - length);
    if (Math.floor(distance / size) % 2 === 1) regions.push(regionAround(xor(xor(head, distance), size), length));
  }
  return [...regions, regionAround(xor(head, distance), 32)];
}

function sizeOf({ from, to }: Span): number {
  return to - from + 1;
}
