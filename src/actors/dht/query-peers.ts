/** What one path of a query knows of peers: a list sorted by distance to the target, bounded, each with what became of it. */
import { compareDistance, type PlacedPeer } from './key-space.js';
import { xor } from './providing/coverage.js';
import { headOf } from './providing/region-space.js';
import type { Telling } from './telling.js';

/**
 * `heard`: not asked yet. `asked`: an answer is waited for. `late`: no longer waited for, and heard yet if it comes.
 */
export type QueryPeerState = 'heard' | 'asked' | 'late' | 'answered' | 'failed';

/** A peer in a query. */
export interface QueryPeer {
  readonly peer: PlacedPeer;
  /** Who told of it; absent: our own table. */
  readonly from: QueryPeer | undefined;
  /** Peers asked on the way, itself among them. */
  readonly hops: number;
  readonly addresses: readonly string[];
  /** What it answered, in order. */
  tellings: readonly Telling[];
  state: QueryPeerState;
  askedAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** Why it failed. */
  error: string | undefined;
}

/** Peers that have to name one who is silent to us, so that it counts: one alone may have made it up. */
const VOUCHERS = 2;
const UNHEARD: readonly Telling[] = [];

/** Figures of {@link QueryPeers}. */
export interface QueryPeersOptions {
  /** K: how many of the closest count. */
  readonly closest: number;
  /** Beta: how many of them settle where the query is. */
  readonly settling: number;
  /** Peers remembered. */
  readonly most: number;
}

/** The k closest that count, from the target to the last of them. */
export interface Extent {
  /** The farthest of them; absent where fewer count. */
  readonly last: QueryPeer | undefined;
  readonly counted: number;
  /** Those nearer than the last that do not count. */
  readonly gone: number;
}

/** Where a query stands: `settled` when the beta closest have answered, `complete` when the k closest have. */
export type Standing = 'open' | 'settled' | 'complete';

/**
 * The list. Those that failed do not count among the closest. Silence is no failure: whether a peer is there that does not
 * answer us is for those to say who are near it, by naming it or not.
 */
export class QueryPeers {
  readonly #target: Uint8Array;
  readonly #head: number;
  readonly #options: QueryPeersOptions;
  readonly #list: QueryPeer[] = [];
  #asked = 0;
  #late = 0;
  #forgotten = 0;

  constructor(target: Uint8Array, options: QueryPeersOptions) {
    this.#target = target;
    this.#head = headOf(target);
    this.#options = options;
  }

  /** All that are remembered, the closest first. */
  get all(): readonly QueryPeer[] {
    return this.#list;
  }

  /** Waited for. */
  get underWay(): number {
    return this.#asked;
  }

  /** Asked and not heard of, waited for or not. */
  get pending(): number {
    return this.#asked + this.#late;
  }

  /** Peers forgotten, for there were closer ones. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Takes a peer in; `undefined` where it is known already, or too far away to be remembered. */
  add(peer: PlacedPeer, addresses: readonly string[], from?: QueryPeer): QueryPeer | undefined {
    const list = this.#list;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = list[middle] as QueryPeer;
      const order = compareDistance(this.#target, peer.key, there.peer.key);
      if (order === 0) {
        return undefined;
      }
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    if (list.length >= this.#options.most && !this.#makeRoom(low)) return undefined;
    const hops = (from?.hops ?? 0) + 1;
    const entry: QueryPeer = {
      peer,
      from,
      hops,
      addresses,
      tellings: UNHEARD,
      state: 'heard',
      askedAtMs: undefined,
      endedAtMs: undefined,
      error: undefined,
    };
    list.splice(low, 0, entry);
    return entry;
  }

  /** Notes whom an answer names. */
  note(entry: QueryPeer, telling: Telling): void {
    entry.tellings = [...entry.tellings, telling];
  }

  /** Moves a peer on. */
  mark(entry: QueryPeer, state: QueryPeerState, nowMs: number, error?: string): void {
    if (entry.state === 'asked') this.#asked--;
    else if (entry.state === 'late') this.#late--;
    if (state === 'asked') {
      this.#asked++;
      entry.askedAtMs = nowMs;
    } else if (state === 'late') this.#late++;
    else entry.endedAtMs = nowMs;
    entry.state = state;
    entry.error = error;
  }

  /** The closest one that is not asked, if it is among the k closest that count. */
  next(): QueryPeer | undefined {
    let counted = 0;
    for (const entry of this.#list) {
      if (entry.state === 'heard') return entry;
      if (this.#isCounted(entry) && ++counted >= this.#options.closest) return undefined;
    }
    return undefined;
  }

  /** The same, if it is needed: if fewer who are nearer have answered, or may yet, than settle where the query is. */
  nextNeeded(): QueryPeer | undefined {
    let there = 0;
    for (const entry of this.#list) {
      if (entry.state === 'heard') return entry;
      if ((entry.state === 'answered' || entry.state === 'asked') && ++there >= this.#options.settling)
        return undefined;
    }
    return undefined;
  }

  get standing(): Standing {
    const { closest, settling } = this.#options;
    let answered = 0;
    let counted = 0;
    for (const entry of this.#list) {
      if (!this.#isCounted(entry)) continue;
      const { state } = entry;
      if (state === 'heard' || state === 'asked') return answered >= settling ? 'settled' : 'open';
      counted++;
      if (state === 'answered') answered++;
      if (counted >= closest && answered >= settling) return 'complete';
    }
    // Fewer are known than count, and nobody is waited for.
    return answered > 0 ? 'settled' : 'open';
  }

  /** Whether a peer is among the closest few, by which a query tells that it comes closer. */
  isAmongClosestFew(entry: QueryPeer): boolean {
    let counted = 0;
    for (const each of this.#list) {
      if (each === entry) return true;
      if (this.#isCounted(each) && ++counted >= this.#options.settling) return false;
    }
    return false;
  }

  /** Those asked at `beforeMs` or earlier and not heard of. */
  slow(beforeMs: number): readonly QueryPeer[] {
    if (this.#asked === 0) return [];
    return this.#list.filter(({ state, askedAtMs = 0 }) => state === 'asked' && askedAtMs <= beforeMs);
  }

  /** How far the k closest that count are, and who of those known to be as close does not. */
  get extent(): Extent {
    let counted = 0;
    let gone = 0;
    for (const entry of this.#list) {
      if (!this.#isCounted(entry)) gone++;
      else if (++counted >= this.#options.closest) return { last: entry, counted, gone };
    }
    return { last: undefined, counted, gone };
  }

  /** The k closest that answered, and those among them that may yet and that are named by those near them. */
  closest(): readonly QueryPeer[] {
    const closest: QueryPeer[] = [];
    for (const entry of this.#list) {
      if (entry.state === 'answered' || (isSilent(entry) && this.#isCounted(entry))) closest.push(entry);
      if (closest.length >= this.#options.closest) break;
    }
    return closest;
  }

  /** The `count` closest that count, whether they were asked or not: by the word of others alone. */
  nearest(count: number): readonly QueryPeer[] {
    const nearest: QueryPeer[] = [];
    for (const entry of this.#list) {
      if (nearest.length >= count) break;
      if (this.#isCounted(entry)) nearest.push(entry);
    }
    return nearest;
  }

  #isCounted(entry: QueryPeer): boolean {
    return isSilent(entry) ? this.#isVouchedFor(entry) : entry.state !== 'failed';
  }

  /** Whether more of those who would know of a peer name it than do not: the k closest, and who was asked beside the target. */
  #isVouchedFor({ peer }: QueryPeer): boolean {
    const head = headOf(peer.key);
    let answered = 0;
    let naming = 0;
    let silent = 0;
    for (const { tellings } of this.#list) {
      if (tellings.length === 0) continue;
      const isNear = ++answered <= this.#options.closest;
      const asked = tellings.filter(
        (each) => (isNear || each.head !== this.#head) && xor(each.head, head) <= each.reach,
      );
      if (asked.some((each) => each.names(peer.id))) naming++;
      else if (asked.length > 0) silent++;
    }
    return naming >= VOUCHERS && naming > silent;
  }

  /** Forgets the farthest one that was not asked, if it is farther than place `at`. */
  #makeRoom(at: number): boolean {
    this.#forgotten++;
    for (let index = this.#list.length - 1; index >= at; index--) {
      if (this.#list[index]?.state !== 'heard') continue;
      this.#list.splice(index, 1);
      return true;
    }
    return false;
  }
}

/** Whether it was asked and has said nothing, by now or until nobody listened any more. */
function isSilent({ state, error }: QueryPeer): boolean {
  return state === 'late' || (state === 'failed' && error?.endsWith('_TIMEOUT') === true);
}

/** The `count` closest of the lists of all paths, each once. */
export function mergedClosest(
  target: Uint8Array,
  lists: readonly (readonly QueryPeer[])[],
  count: number,
): readonly QueryPeer[] {
  const [only, ...others] = lists;
  if (others.length === 0) return only?.slice(0, count) ?? [];
  const all = lists.flat().sort((left, right) => compareDistance(target, left.peer.key, right.peer.key));
  return all.filter(({ peer }, at) => peer.id !== all[at - 1]?.peer.id).slice(0, count);
}
