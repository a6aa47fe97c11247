/** Addresses by peer, in memory: where a peer was reached or said it listens. Persistence joins with the peerstore. */

/** Peers remembered; the one unused for longest is forgotten first. */
const PEERS_KEPT = 10_000;
/** Addresses of one peer. */
const ADDRESSES_KEPT = 32;

/** Known transport addresses (without `/p2p/`) of peers, best first. */
export class AddressBook {
  readonly #addresses = new Map<string, readonly string[]>();

  /** Puts `addresses` in front of what is known of `peer`. */
  add(peer: string, addresses: readonly string[]): void {
    const known = this.#addresses.get(peer) ?? [];
    this.#addresses.delete(peer);
    this.#addresses.set(peer, [...new Set([...addresses, ...known])].slice(0, ADDRESSES_KEPT));
    if (this.#addresses.size > PEERS_KEPT) {
      const oldest = this.#addresses.keys().next();
      if (oldest.done !== true) this.#addresses.delete(oldest.value);
    }
  }

  /** What is known of `peer`, best first. */
  of(peer: string): readonly string[] {
    return this.#addresses.get(peer) ?? [];
  }
}
