/**
 * Addresses that trackers told, each to be tried: who is there? Bounded in number, at once and in time. All calls in a turn.
 */
import type { Environment } from '../../actors/environment.js';
import { addressFacts } from '../../wire/address-class.js';

/** Who is at an address: dials it and answers the peer id that the handshake proved. Rejects when nobody is. */
export type ResolvePeer = (address: string, signal: AbortSignal) => Promise<string>;

/** What hints are tried with. */
export interface HintsOptions {
  readonly resolvePeer: ResolvePeer;
  /** Tries addresses of loopback and of private networks too. */
  readonly privateAddresses: boolean;
  /** A peer is at an address. */
  found(peer: string, address: string): void;
  /** Nothing is being tried any more. */
  idle(): void;
}

/** The hints of one lookup. */
export class Hints {
  readonly #environment: Environment;
  readonly #options: HintsOptions;
  readonly #known = new Set<string>();
  readonly #waiting: string[] = [];
  readonly #trying = new Set<() => void>();
  #isOver = false;

  constructor(environment: Environment, options: HintsOptions) {
    this.#environment = environment;
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#trying.size === 0;
  }

  add(addresses: readonly string[]): void {
    const { trackerHints } = this.#environment.limits;
    for (const address of addresses) {
      if (this.#known.size >= trackerHints) break;
      if (this.#known.has(address) || !this.#isAllowed(address)) continue;
      this.#known.add(address);
      this.#waiting.push(address);
    }
    this.#next();
  }

  /** Ends all tries without a word. */
  stop(): void {
    this.#isOver = true;
    this.#waiting.length = 0;
    for (const end of [...this.#trying]) end();
  }

  #next(): void {
    const { trackerHintsAtOnce } = this.#environment.limits;
    while (!this.#isOver && this.#trying.size < trackerHintsAtOnce) {
      const address = this.#waiting.shift();
      if (address === undefined) break;
      this.#try(address);
    }
  }

  #try(address: string): void {
    const { clock, turns, limits } = this.#environment;
    const abort = new AbortController();
    const timer = clock.setTimeout(() => turns.post(() => over()), limits.trackerHintTimeoutMs);
    const end = (): boolean => {
      clock.clearTimeout(timer);
      abort.abort();
      return this.#trying.delete(cancel);
    };
    const cancel = (): void => void end();
    const over = (peer?: string): void => {
      if (!end() || this.#isOver) return;
      if (peer !== undefined) this.#options.found(peer, address);
      this.#next();
      if (this.isIdle) this.#options.idle();
    };
    this.#trying.add(cancel);
    this.#resolve(address, abort.signal).then(
      (peer) => turns.post(() => over(peer)),
      () => turns.post(() => over()),
    );
  }

  /** What the embedder throws is an answer too. */
  async #resolve(address: string, signal: AbortSignal): Promise<string> {
    return this.#options.resolvePeer(address, signal);
  }

  #isAllowed(address: string): boolean {
    const reach = addressFacts(address)?.reach;
    if (reach === 'public') return true;
    return this.#options.privateAddresses && (reach === 'private' || reach === 'loopback' || reach === 'linkLocal');
  }
}
