/**
 * Networks on which a whole kind of address leads nowhere (IPv6 that the router drops, UDP that a firewall does): such
 * addresses are no longer dialed once nearly all of a hundred dials of their kind have failed, but for one dial in a
 * hundred that sees whether the network has changed. The figures are those of go-libp2p (p2p/net/swarm).
 */
import type { Limits } from '../../limits.js';
import { addressFacts, type AddressFacts } from '../../wire/address-class.js';

/** The bounds of the counters. */
export type BlackHoleLimits = Pick<Limits, 'blackHoleDials' | 'blackHoleSuccesses'>;

/** Counts the outcomes of one kind of dial. */
export class SuccessCounter {
  readonly #limits: BlackHoleLimits;
  #outcomes: boolean[] = [];
  #asked = 0;

  constructor(limits: BlackHoleLimits) {
    this.#limits = limits;
  }

  /** Whether the kind seems to lead nowhere. */
  get isBlocked(): boolean {
    const { blackHoleDials, blackHoleSuccesses } = this.#limits;
    return this.#outcomes.length >= blackHoleDials && this.#outcomes.filter(Boolean).length < blackHoleSuccesses;
  }

  /** Whether a dial of this kind may be made now; of those asked for while blocked, every hundredth may. */
  allows(): boolean {
    if (!this.isBlocked) return true;
    this.#asked++;
    return this.#asked % this.#limits.blackHoleDials === 0;
  }

  /** A dial of this kind has ended. */
  record(success: boolean): void {
    if (success && this.isBlocked) {
      // The network is another one: what was counted on the old one says nothing.
      this.#outcomes = [];
      this.#asked = 0;
      return;
    }
    this.#outcomes.push(success);
    if (this.#outcomes.length > this.#limits.blackHoleDials) this.#outcomes.shift();
  }
}

const KINDS: readonly ((facts: AddressFacts) => boolean)[] = [
  ({ family }) => family === 6,
  ({ layer }) => layer === 'udp',
];

/** The kinds of address that networks are known to drop. Only public addresses say anything of a network's way out. */
export class BlackHoles {
  readonly #counters: readonly SuccessCounter[];

  constructor(limits: BlackHoleLimits) {
    this.#counters = KINDS.map(() => new SuccessCounter(limits));
  }

  /** Those of `addresses` that may be dialed now. Each kind is asked once, however many addresses there are. */
  allowed(addresses: readonly string[]): readonly string[] {
    const kinds = this.#kindsOf(addresses);
    const blocked = new Set([...new Set(kinds.flat())].filter((counter) => !counter.allows()));
    return addresses.filter((_, index) => !kinds[index]?.some((counter) => blocked.has(counter)));
  }

  /** A dial of `address` has ended; one that lost a race counts as failed. */
  record(address: string, success: boolean): void {
    for (const counter of this.#kindsOf([address])[0] ?? []) counter.record(success);
  }

  #kindsOf(addresses: readonly string[]): readonly (readonly SuccessCounter[])[] {
    return addresses.map((address) => {
      const facts = addressFacts(address);
      if (facts?.reach !== 'public' || facts.isRelayed) return [];
      return this.#counters.filter((_, kind) => KINDS[kind]?.(facts) === true);
    });
  }
}
