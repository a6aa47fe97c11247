/**
 * What a rendezvous point holds in memory: who is registered where, until when. Bounded for each peer and in all; what has
 * expired is gone whenever somebody looks. Who keeps it beyond the life of the process hears what changes.
 */
import type { Limits } from '../../limits.js';
import { rendezvousRegistrationBytes, type RendezvousRegistration } from '../../wire/rendezvous.js';

/** A registration as it is kept. */
export interface StoredRegistration {
  readonly peer: string;
  readonly namespace: string;
  readonly signedPeerRecord: Uint8Array;
  readonly registeredAtMs: number;
  readonly expiresAtMs: number;
}

/** Hears what changes in the store, whyever it does. */
export interface RegistrationOwner {
  /** It is new, or its times have changed. */
  changed(registration: StoredRegistration, number: number): void;
  removed(peer: string, namespace: string): void;
}

/** What {@link RegistrationStore.page} finds. */
export interface RegistrationPage {
  /** Oldest first, each with the seconds that it has left. */
  readonly registrations: readonly Required<RendezvousRegistration>[];
  /** What comes later has a higher number. */
  readonly last: number;
}

/** Bounds of a store. */
export type StoreLimits = Pick<
  Limits,
  'rendezvousPeerRegistrations' | 'rendezvousTotalRegistrations' | 'rendezvousAnswerBytes'
>;

const EVERYWHERE = Symbol('every namespace');

/** Keeps registrations. Times are of the node's clock. */
export class RegistrationStore {
  readonly #limits: StoreLimits;
  readonly #owner: RegistrationOwner | undefined;
  /** By number, in order: of every namespace, and of each. */
  readonly #numbered = new Map<string | typeof EVERYWHERE, Map<number, StoredRegistration>>([[EVERYWHERE, new Map()]]);
  /** The numbers of a peer, by namespace. */
  readonly #peers = new Map<string, Map<string, number>>();
  #last = 0;
  /** Nothing expires before. */
  #nextExpiryMs = Infinity;
  #seenAtMs = -Infinity;

  constructor(limits: StoreLimits, owner?: RegistrationOwner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  /** How many there are, some of which may just have expired. */
  get size(): number {
    return this.#of(EVERYWHERE).size;
  }

  /** Whether there is room for one of this peer in this namespace: one that it renews takes none. */
  hasRoom(peer: string, namespace: string, nowMs: number): boolean {
    this.expire(nowMs);
    const own = this.#peers.get(peer);
    if (own?.has(namespace) === true) return true;
    const { rendezvousPeerRegistrations: ofPeer, rendezvousTotalRegistrations: ofAll } = this.#limits;
    return (own?.size ?? 0) < ofPeer && this.size < ofAll;
  }

  /** Adds one, in the place of what the peer had in this namespace. Whoever asks on with a cookie sees it as new. */
  add(registration: StoredRegistration): void {
    this.remove(registration.peer, registration.namespace);
    this.restore(registration, this.#last + 1);
    this.#owner?.changed(registration, this.#last);
  }

  /** Puts one back that was here in an earlier life: in the order of their numbers, and before any other is added. */
  restore(registration: StoredRegistration, number: number): void {
    const { peer, namespace, expiresAtMs } = registration;
    this.skipTo(number);
    this.#of(EVERYWHERE).set(number, registration);
    this.#of(namespace).set(number, registration);
    const own = this.#peers.get(peer) ?? new Map<string, number>();
    own.set(namespace, number);
    this.#peers.set(peer, own);
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs);
  }

  /** Whatever is added from now on has a higher number. */
  skipTo(number: number): void {
    this.#last = number;
  }

  /** Removes one; answers whether it was there. */
  remove(peer: string, namespace: string): boolean {
    const own = this.#peers.get(peer);
    const number = own?.get(namespace);
    if (own === undefined || number === undefined) return false;
    own.delete(namespace);
    if (own.size === 0) this.#peers.delete(peer);
    this.#of(EVERYWHERE).delete(number);
    const there = this.#of(namespace);
    there.delete(number);
    if (there.size === 0) this.#numbered.delete(namespace);
    this.#owner?.removed(peer, namespace);
    return true;
  }

  /**
   * Up to `limit` registrations with numbers above `after`, in `namespace` or in all, and no more than fit into a response
   * (one at least).
   */
  page(namespace: string | undefined, after: number, limit: number, nowMs: number): RegistrationPage {
    this.expire(nowMs);
    const registrations: Required<RendezvousRegistration>[] = [];
    let last = after;
    let room = this.#limits.rendezvousAnswerBytes;
    for (const [number, { namespace: where, signedPeerRecord, expiresAtMs }] of this.#numbered.get(
      namespace ?? EVERYWHERE,
    ) ?? []) {
      if (number <= after) continue;
      if (registrations.length >= limit) break;
      // What has less than a second left is told to have one.
      const ttlSeconds = Math.ceil((expiresAtMs - nowMs) / 1000);
      const registration = { namespace: where, signedPeerRecord, ttlSeconds };
      room -= rendezvousRegistrationBytes(registration);
      if (room < 0 && registrations.length > 0) break;
      registrations.push(registration);
      last = number;
    }
    return { registrations, last };
  }

  /**
   * Removes what is over. Each registration expires once, so that all looks together cost no more than one through all for
   * each. Where the clock went back, what began later begins now: none lasts longer than it said.
   */
  expire(nowMs: number): void {
    if (nowMs < this.#seenAtMs) this.#beginAgain(nowMs);
    this.#seenAtMs = nowMs;
    if (nowMs < this.#nextExpiryMs) return;
    let next = Infinity;
    for (const { peer, namespace, expiresAtMs } of [...this.#of(EVERYWHERE).values()]) {
      if (expiresAtMs <= nowMs) this.remove(peer, namespace);
      else next = Math.min(next, expiresAtMs);
    }
    this.#nextExpiryMs = next;
  }

  #of(namespace: string | typeof EVERYWHERE): Map<number, StoredRegistration> {
    const known = this.#numbered.get(namespace) ?? new Map<number, StoredRegistration>();
    this.#numbered.set(namespace, known);
    return known;
  }

  #beginAgain(nowMs: number): void {
    for (const [number, registration] of this.#of(EVERYWHERE)) {
      const begun = begunBy(registration, nowMs);
      if (begun === registration) continue;
      this.#of(EVERYWHERE).set(number, begun);
      this.#of(registration.namespace).set(number, begun);
      this.#nextExpiryMs = Math.min(this.#nextExpiryMs, begun.expiresAtMs);
      this.#owner?.changed(begun, number);
    }
  }
}

/** The registration, or one that begins now and lasts as long where it is from the future. */
export function begunBy<Times extends Pick<StoredRegistration, 'registeredAtMs' | 'expiresAtMs'>>(
  registration: Times,
  nowMs: number,
): Times {
  const { registeredAtMs, expiresAtMs } = registration;
  if (registeredAtMs <= nowMs) return registration;
  return { ...registration, registeredAtMs: nowMs, expiresAtMs: nowMs + expiresAtMs - registeredAtMs };
}
