/** Addresses by peer, in memory: where a peer was reached or said it listens. Persistence joins with the peerstore. */
import type { Limits } from '../../limits.js';

/** The bounds of the book. */
export type AddressBookLimits = Pick<Limits, 'addressBookPeers' | 'addressesPerPeer'>;

/** Known transport addresses (without `/p2p/`) of peers, best first. */
export class AddressBook {
  readonly #addresses = new Map<string, readonly string[]>();
  readonly #limits: AddressBookLimits;

  /** Of more peers than it holds, the one that was added to longest ago is forgotten. */
  constructor(limits: AddressBookLimits) {
    this.#limits = limits;
  }

  /** Puts `addresses` in front of what is known of `peer`. */
  add(peer: string, addresses: readonly string[]): void {
    const known = this.#addresses.get(peer) ?? [];
    this.#addresses.delete(peer);
    this.#addresses.set(peer, [...new Set([...addresses, ...known])].slice(0, this.#limits.addressesPerPeer));
    if (this.#addresses.size > this.#limits.addressBookPeers) {
      const oldest = this.#addresses.keys().next();
      if (oldest.done !== true) this.#addresses.delete(oldest.value);
    }
  }

  /** What is known of `peer`, best first. */
  of(peer: string): readonly string[] {
    return this.#addresses.get(peer) ?? [];
  }
}
