/**
 * Open connections by the peer they lead to, oldest first. A connection whose other end nobody has named yet (see
 * `Secured.name`) stands in no row.
 */
import type { ConnectionActor } from '../connection/connection-actor.js';

/** Who is connected, and through what. */
export class PeerTable {
  readonly #connections = new Map<string, readonly ConnectionActor[]>();

  /** Ids of the peers that there is a connection with. */
  get peers(): readonly string[] {
    return [...this.#connections.keys()];
  }

  /** The connections with `peer`, oldest first. */
  of(peer: string): readonly ConnectionActor[] {
    return this.#connections.get(peer) ?? [];
  }

  /** Adds a connection; answers how many there are with its peer now. */
  add(peer: string, connection: ConnectionActor): number {
    const all = [...this.of(peer), connection];
    this.#connections.set(peer, all);
    return all.length;
  }

  /** Takes a connection out; answers whether it was the last one with its peer. */
  remove(peer: string, connection: ConnectionActor): boolean {
    const rest = this.of(peer).filter((sibling) => sibling !== connection);
    if (rest.length === 0) return this.#connections.delete(peer);
    this.#connections.set(peer, rest);
    return false;
  }
}
