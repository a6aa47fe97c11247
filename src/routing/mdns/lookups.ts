/** Peers that somebody looks for on the local network, each for a bounded time. All calls in a turn. */
import type { Environment } from '../../actors/environment.js';
import type { EngineError } from '../../errors.js';
import type { RoutedPeer } from '../router.js';

/** Hears of one peer. */
export interface LookupListener {
  found(peer: RoutedPeer): void;
  /** The last call, unless it was cancelled. */
  over(error?: EngineError): void;
}

interface Lookup {
  readonly peer: string;
  readonly listener: LookupListener;
  readonly timer: unknown;
}

/** The lookups of one node's mDNS. */
export class MdnsLookups {
  readonly #environment: Environment;
  readonly #waiting = new Set<Lookup>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get isFull(): boolean {
    return this.#waiting.size >= this.#environment.limits.mdnsLookups;
  }

  /** Waits for `peer`; answers what cancels that. */
  add(peer: string, listener: LookupListener): () => void {
    const { clock, turns, limits } = this.#environment;
    const timer = clock.setTimeout(() => turns.post(() => this.#end(lookup)), limits.mdnsLookupTimeoutMs);
    const lookup: Lookup = { peer, listener, timer };
    this.#waiting.add(lookup);
    return () => this.#leave(lookup);
  }

  /** A peer was heard of: whoever waits for it has it. */
  heard(peer: RoutedPeer): void {
    for (const lookup of [...this.#waiting]) {
      if (lookup.peer !== peer.id) continue;
      lookup.listener.found(peer);
      this.#end(lookup);
    }
  }

  /** Nobody can be asked any more. */
  fail(error: EngineError): void {
    for (const lookup of [...this.#waiting]) this.#end(lookup, error);
  }

  #end(lookup: Lookup, error?: EngineError): void {
    if (this.#leave(lookup)) lookup.listener.over(error);
  }

  #leave(lookup: Lookup): boolean {
    this.#environment.clock.clearTimeout(lookup.timer);
    return this.#waiting.delete(lookup);
  }
}
