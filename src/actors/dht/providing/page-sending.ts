/**
 * Sends one page of keys: each to its closest peers, all that one peer gets in one call, some peers at once. Where peers
 * fail, their keys go to those who come next, in a round of their own.
 */
import type { KadMessage } from '../../../wire/kad.js';
import type { Environment } from '../../environment.js';
import type { RegionPeer } from './exploration.js';
import type { ProvidedKey } from './provided-keys.js';

/** A page with where its keys go. */
export interface Sending {
  readonly keys: readonly ProvidedKey[];
  /** Who keeps a key, of those that have not failed. */
  readonly closestTo: (key: ProvidedKey, failed: ReadonlySet<string>) => readonly RegionPeer[];
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
  #waiting: (readonly [peer: RegionPeer, keys: readonly number[]])[] = [];
  readonly #messages: readonly KadMessage[];
  /** Of how many each key counts as provided, by the peers of the first round. */
  readonly #wanted: number[] = [];
  readonly #taken: Uint16Array;
  /** Peers that are being sent to. A signal for each: one that many listen to is a leak in the eyes of Node. */
  readonly #underWay = new Map<RegionPeer, AbortController>();
  /** Who had failed when this round began: its keys went to the closest of the others. */
  #failedBefore: ReadonlySet<string> = new Set();
  #rounds = 0;
  #over = false;
  /** Records that peers took. */
  records = 0;
  /** Calls that were taken whole. */
  calls = 0;

  /** `onSent` is called once, inside a turn, when enough peers took every key, or there are no others. */
  constructor(environment: Environment, sending: Sending, onSent: () => void) {
    this.#environment = environment;
    this.#sending = sending;
    this.#onSent = onSent;
    this.#messages = sending.keys.map(sending.message);
    this.#taken = new Uint16Array(sending.keys.length);
  }

  start(): void {
    this.#beginRound(() => []);
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
    this.#waiting = [];
    for (const abort of this.#underWay.values()) abort.abort();
  }

  /** Every key goes to its closest peers, but for those who got it `before`. */
  #beginRound(before: (key: ProvidedKey) => readonly RegionPeer[]): void {
    const { keys, closestTo, failed } = this.#sending;
    this.#rounds++;
    this.#failedBefore = new Set(failed);
    const byPeer = new Map<string, { readonly peer: RegionPeer; readonly keys: number[] }>();
    for (const [index, key] of keys.entries()) {
      const got = new Set(before(key).map(({ id }) => id));
      const closest = closestTo(key, this.#failedBefore);
      this.#wanted[index] ??= Math.max(1, Math.ceil(closest.length / HOLDERS_PART));
      for (const peer of closest) {
        if (got.has(peer.id)) continue;
        const known = byPeer.get(peer.id);
        if (known === undefined) byPeer.set(peer.id, { peer, keys: [index] });
        else known.keys.push(index);
      }
    }
    this.#waiting = [...byPeer.values()].map(({ peer, keys: theirs }) => [peer, theirs]);
  }

  /** What failed peers did not take goes to those who come next. Whoever got a key and has not failed is still among its closest. */
  #goOn(): void {
    const { closestTo, failed } = this.#sending;
    const failedBefore = this.#failedBefore;
    if (failed.size === failedBefore.size || this.#rounds >= this.#environment.limits.provideSendRounds) return;
    this.#beginRound((key) => closestTo(key, failedBefore));
  }

  #fill(): void {
    if (this.#over) return;
    if (this.#underWay.size === 0 && this.#waiting.length === 0) this.#goOn();
    while (this.#underWay.size < this.#environment.limits.provideSendsAtOnce) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#send(...next);
    }
    if (this.#underWay.size > 0) return;
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
    this.calls++;
  }
}
