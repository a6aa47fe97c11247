/** The peers that were heard of on the local network, each until its record's life is over. */
import type { Limits } from '../../limits.js';
import type { RoutedPeer } from '../router.js';

/** A peer as somebody told of it. */
export interface Neighbour {
  /** Its name on this network. */
  readonly name: string;
  readonly peer: RoutedPeer;
  /** IP address of who told. */
  readonly host: string;
  /** When it was told, and when it is forgotten, in milliseconds of the node's clock. */
  readonly toldAtMs: number;
  readonly expiresAtMs: number;
}

/** Bounds of {@link Neighbours}. */
export type NeighbourLimits = Pick<Limits, 'mdnsPeers' | 'mdnsPeersPerHost' | 'mdnsKnownAnswers'>;

/** A bounded table by peer id. No timer: what has expired is left out when it is asked for. */
export class Neighbours {
  readonly #limits: NeighbourLimits;
  readonly #peers = new Map<string, Neighbour>();

  constructor(limits: NeighbourLimits) {
    this.#limits = limits;
  }

  /** Peers held, those included whose time is over and that nobody has asked for since. */
  get size(): number {
    return this.#peers.size;
  }

  /**
   * Remembers one. `false`: there is no room for it. Those that are known stay: who floods a network with invented peers is
   * not to push out the ones that are there.
   */
  put(one: Neighbour, nowMs: number): boolean {
    if (!this.#peers.has(one.peer.id) && !this.#hasRoom(one.host, nowMs)) return false;
    this.#peers.set(one.peer.id, one);
    return true;
  }

  /** A peer says that it leaves; heeded only under the name that it had. */
  drop(id: string, name: string): void {
    if (this.#peers.get(id)?.name === name) this.#peers.delete(id);
  }

  find(id: string, nowMs: number): RoutedPeer | undefined {
    const found = this.#peers.get(id);
    if (found === undefined || found.expiresAtMs > nowMs) return found?.peer;
    this.#peers.delete(id);
    return undefined;
  }

  /** Who is there now. */
  living(nowMs: number): readonly RoutedPeer[] {
    this.#sweep(nowMs);
    return [...this.#peers.values()].map(({ peer }) => peer);
  }

  /**
   * Names of peers that need not answer a question, with the seconds for which their records are good still: at least half
   * their life (RFC 6762, 7.1); the latest told first.
   */
  knownNames(nowMs: number): ReadonlyMap<string, number> {
    const fresh = [...this.#peers.values()]
      .filter(({ toldAtMs, expiresAtMs }) => 2 * (expiresAtMs - nowMs) > expiresAtMs - toldAtMs)
      .sort((left, right) => right.toldAtMs - left.toldAtMs)
      .slice(0, this.#limits.mdnsKnownAnswers);
    return new Map(fresh.map(({ name, expiresAtMs }) => [name, Math.floor((expiresAtMs - nowMs) / 1000)]));
  }

  clear(): void {
    this.#peers.clear();
  }

  #hasRoom(host: string, nowMs: number): boolean {
    const { mdnsPeers, mdnsPeersPerHost } = this.#limits;
    const isFull = (): boolean => {
      const ofHost = [...this.#peers.values()].filter((other) => other.host === host).length;
      return this.#peers.size >= mdnsPeers || ofHost >= mdnsPeersPerHost;
    };
    if (!isFull()) return true;
    this.#sweep(nowMs);
    return !isFull();
  }

  #sweep(nowMs: number): void {
    for (const [id, { expiresAtMs }] of this.#peers) if (expiresAtMs <= nowMs) this.#peers.delete(id);
  }
}
