/**
 * Our own addresses as others see them. What one peer says is hearsay: an address counts once several groups of
 * observers, by their own addresses, have seen the same one of late, and it has the form of one that we listen on.
 */
import type { Limits } from '../../limits.js';
import { addressShape, ipGroupOf, portOf } from '../../wire/address-shape.js';

/** One observation. */
export interface Observation {
  /** Peer id of the observer. */
  readonly peer: string;
  /** Where the observer is; its network is its group. */
  readonly remoteAddress: string;
  /** Whether it dialed us: then it saw an address that leads here. */
  readonly inbound: boolean;
  /** The address that it saw. */
  readonly observed: string;
}

/** Bounds of {@link ObservedAddresses}. */
export type ObservedLimits = Pick<
  Limits,
  'observedConfirmations' | 'observedAddresses' | 'observedPerObserver' | 'observedLifeMs' | 'observedTold'
>;

/** Counts observers by address. */
export class ObservedAddresses {
  readonly #limits: ObservedLimits;
  readonly #listening: () => readonly string[];
  /** By address, the one seen last at the end: when each group saw it last. */
  readonly #seen = new Map<string, Map<string, number>>();

  /** `listening`: our listen addresses, without peer id. */
  constructor(limits: ObservedLimits, listening: () => readonly string[]) {
    this.#limits = limits;
    this.#listening = listening;
  }

  /** Takes an observation, if it can be of use. */
  observe(observation: Observation, nowMs: number): void {
    const { observed, remoteAddress, peer } = observation;
    if (!this.#isPlausible(observation)) return;
    this.#expire(nowMs);
    const group = ipGroupOf(remoteAddress) ?? peer;
    const groups = this.#seen.get(observed) ?? new Map<string, number>();
    if (!groups.has(group)) this.#makeRoomFor(group);
    // Twice the number that is asked for is as good as any more.
    if (!groups.has(group) && groups.size >= 2 * this.#limits.observedConfirmations) return;
    groups.set(group, nowMs);
    this.#seen.delete(observed);
    this.#seen.set(observed, groups);
    if (this.#seen.size > this.#limits.observedAddresses) this.#dropWeakest(observed);
  }

  /** What enough groups have seen and we did not know, those with most observers first. */
  confirmed(nowMs: number): readonly string[] {
    this.#expire(nowMs);
    const { observedConfirmations, observedTold } = this.#limits;
    return [...this.#seen]
      .filter(([, groups]) => groups.size >= observedConfirmations)
      .sort(([, left], [, right]) => right.size - left.size)
      .slice(0, observedTold)
      .map(([address]) => address);
  }

  /** When the group that saw any of `addresses` longest ago saw it, in milliseconds of the node's clock. */
  oldestOf(addresses: readonly string[]): number | undefined {
    const seen = addresses.flatMap((address) => [...(this.#seen.get(address)?.values() ?? [])]);
    return seen.length === 0 ? undefined : Math.min(...seen);
  }

  #isPlausible({ observed, inbound }: Observation): boolean {
    const shape = addressShape(observed);
    const listening = this.#listening();
    if (shape === undefined || listening.includes(observed) || isLocalOnly(observed)) return false;
    const alike = listening.filter((address) => addressShape(address) === shape);
    // Who was dialed saw the port that the system chose for one connection, unless it is one that we listen on.
    return inbound ? alike.length > 0 : alike.some((address) => portOf(address) === portOf(observed));
  }

  #expire(nowMs: number): void {
    for (const [address, groups] of this.#seen) {
      for (const [group, seenAtMs] of groups) {
        if (nowMs - seenAtMs > this.#limits.observedLifeMs) groups.delete(group);
      }
      if (groups.size === 0) this.#seen.delete(address);
    }
  }

  /** A group that has too much under observation lets go of what it saw longest ago. */
  #makeRoomFor(group: string): void {
    const own = [...this.#seen].filter(([, groups]) => groups.has(group));
    if (own.length < this.#limits.observedPerObserver) return;
    own.sort(([, left], [, right]) => (left.get(group) ?? 0) - (right.get(group) ?? 0));
    const [address, groups] = own[0] ?? [];
    groups?.delete(group);
    if (address !== undefined && groups?.size === 0) this.#seen.delete(address);
  }

  /** The address with the fewest observers goes, the one seen longest ago among them; the new one stays. */
  #dropWeakest(newest: string): void {
    let weakest: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [address, groups] of this.#seen) {
      if (address === newest || groups.size >= fewest) continue;
      weakest = address;
      fewest = groups.size;
    }
    if (weakest !== undefined) this.#seen.delete(weakest);
  }
}

/** Loopback and unspecified addresses lead nowhere for others. */
function isLocalOnly(address: string): boolean {
  return /^\/(?:ip4\/(?:127|0)\.|ip6\/(?:::1?|0+(?::0+)*:0*1?)\/)/.test(address);
}
