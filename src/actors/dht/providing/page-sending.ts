/** Sends one page of keys: each to its closest peers, all that one peer gets in one call, some peers at once. */
import type { KadMessage } from '../../../wire/kad.js';
import type { Environment } from '../../environment.js';
import type { RegionPeer } from './exploration.js';
import type { ProvidedKey } from './provided-keys.js';

/** A page with where its keys go. */
export interface Sending {
  readonly keys: readonly ProvidedKey[];
  /** Who keeps a key. */
  readonly closestTo: (key: ProvidedKey) => readonly RegionPeer[];
  /** The ADD_PROVIDER of a key. */
  readonly message: (key: ProvidedKey) => KadMessage;
  readonly tell: (peer: RegionPeer, messages: readonly KadMessage[], signal: AbortSignal) => Promise<void>;
  /** Peers that failed before are left out, and those that fail are added. */
  readonly failed: Set<string>;
}

/** A key has been provided when one in so many of its closest peers has it; the others get it next time. */
const HOLDERS_PART = 4;

/** One page on its way. */
export class PageSending {
  readonly #environment: Environment;
  readonly #sending: Sending;
  readonly #onSent: () => void;
  readonly #waiting: (readonly [peer: RegionPeer, keys: readonly number[]])[];
  readonly #messages: readonly KadMessage[];
  readonly #wanted: readonly number[];
  readonly #taken: Uint16Array;
  /** Peers that are being sent to. A signal for each: one that many listen to is a leak in the eyes of Node. */
  readonly #underWay = new Map<RegionPeer, AbortController>();
  #over = false;
  /** Records that peers took. */
  records = 0;
  /** Peers that took all that was theirs. */
  peers = 0;

  /** `onSent` is called once, inside a turn, when every peer took its keys or failed. */
  constructor(environment: Environment, sending: Sending, onSent: () => void) {
    this.#environment = environment;
    this.#sending = sending;
    this.#onSent = onSent;
    this.#messages = sending.keys.map(sending.message);
    this.#taken = new Uint16Array(sending.keys.length);
    const byPeer = new Map<string, { readonly peer: RegionPeer; readonly keys: number[] }>();
    this.#wanted = sending.keys.map((key, index) => {
      const closest = sending.closestTo(key);
      for (const peer of closest) {
        const known = byPeer.get(peer.id);
        if (known === undefined) byPeer.set(peer.id, { peer, keys: [index] });
        else known.keys.push(index);
      }
      return Math.max(1, Math.ceil(closest.length / HOLDERS_PART));
    });
    this.#waiting = [...byPeer.values()]
      .filter(({ peer }) => !sending.failed.has(peer.id))
      .map(({ peer, keys }) => [peer, keys] as const);
  }

  start(): void {
    this.#fill();
  }

  /** Keys on their way. */
  get size(): number {
    return this.#sending.keys.length;
  }

  /** The keys that enough peers have. */
  get provided(): ReadonlySet<ProvidedKey> {
    return new Set(
      this.#sending.keys.filter((_, index) => (this.#taken[index] ?? 0) >= (this.#wanted[index] ?? Infinity)),
    );
  }

  /** Whoever has not taken its keys has failed. */
  cut(): void {
    for (const peer of this.#underWay.keys()) this.#sending.failed.add(peer.id);
    for (const [peer] of this.#waiting) this.#sending.failed.add(peer.id);
    this.stop();
    this.#onSent();
  }

  stop(): void {
    this.#over = true;
    this.#waiting.length = 0;
    for (const abort of this.#underWay.values()) abort.abort();
  }

  #fill(): void {
    while (this.#underWay.size < this.#environment.limits.provideSendsAtOnce) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#send(...next);
    }
    if (this.#underWay.size > 0 || this.#over) return;
    this.#over = true;
    this.#onSent();
  }

  #send(peer: RegionPeer, keys: readonly number[]): void {
    const abort = new AbortController();
    this.#underWay.set(peer, abort);
    const messages = keys.map((index) => this.#messages[index] as KadMessage);
    const ended = (isTaken: boolean): void =>
      this.#environment.turns.post(() => {
        if (this.#over) return;
        this.#underWay.delete(peer);
        if (isTaken) this.#took(keys);
        else this.#sending.failed.add(peer.id);
        this.#fill();
      });
    this.#sending.tell(peer, messages, abort.signal).then(
      () => ended(true),
      () => ended(false),
    );
  }

  #took(keys: readonly number[]): void {
    for (const index of keys) this.#taken[index] = (this.#taken[index] ?? 0) + 1;
    this.records += keys.length;
    this.peers++;
  }
}
