/**
 * What a rendezvous point holds: who is registered where, until when. Memory alone: after a restart peers register again as
 * they renew. Bounded for each peer and in all; what has expired is gone whenever somebody looks.
 */
import type { Limits } from '../../limits.js';
import { rendezvousRegistrationBytes, type RendezvousRegistration } from '../../wire/rendezvous.js';

/** A registration as it is kept. */
export interface StoredRegistration {
  readonly peer: string;
  readonly namespace: string;
  readonly signedPeerRecord: Uint8Array;
  readonly expiresAtMs: number;
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
  /** By number, in order: of every namespace, and of each. */
  readonly #numbered = new Map<string | typeof EVERYWHERE, Map<number, StoredRegistration>>([[EVERYWHERE, new Map()]]);
  /** The numbers of a peer, by namespace. */
  readonly #peers = new Map<string, Map<string, number>>();
  #last = 0;
  /** Nothing expires before. */
  #nextExpiryMs = Infinity;

  constructor(limits: StoreLimits) {
    this.#limits = limits;
  }

  /** How many there are, some of which may just have expired. */
  get size(): number {
    return this.#of(EVERYWHERE).size;
  }

  /** Whether there is room for one of this peer in this namespace: one that it renews takes none. */
  hasRoom(peer: string, namespace: string, nowMs: number): boolean {
    this.#expire(nowMs);
    const own = this.#peers.get(peer);
    if (own?.has(namespace) === true) return true;
    const { rendezvousPeerRegistrations: ofPeer, rendezvousTotalRegistrations: ofAll } = this.#limits;
    return (own?.size ?? 0) < ofPeer && this.size < ofAll;
  }

  /** Adds one, in the place of what the peer had in this namespace. Whoever asks on with a cookie sees it as new. */
  add(registration: StoredRegistration): void {
    const { peer, namespace, expiresAtMs } = registration;
    this.remove(peer, namespace);
    const number = ++this.#last;
    this.#of(EVERYWHERE).set(number, registration);
    this.#of(namespace).set(number, registration);
    const own = this.#peers.get(peer) ?? new Map<string, number>();
    own.set(namespace, number);
    this.#peers.set(peer, own);
    this.#nextExpiryMs = Math.min(this.#nextExpiryMs, expiresAtMs);
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
    return true;
  }

  /**
   * Up to `limit` registrations with numbers above `after`, in `namespace` or in all, and no more than fit into a response
   * (one at least).
   */
  page(namespace: string | undefined, after: number, limit: number, nowMs: number): RegistrationPage {
    this.#expire(nowMs);
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

  #of(namespace: string | typeof EVERYWHERE): Map<number, StoredRegistration> {
    const known = this.#numbered.get(namespace) ?? new Map<number, StoredRegistration>();
    this.#numbered.set(namespace, known);
    return known;
  }

  /** Each registration expires once, so that all looks together cost no more than one through all for each. */
  #expire(nowMs: number): void {
    if (nowMs < this.#nextExpiryMs) return;
    let next = Infinity;
    for (const { peer, namespace, expiresAtMs } of [...this.#of(EVERYWHERE).values()]) {
      if (expiresAtMs <= nowMs) this.remove(peer, namespace);
      else next = Math.min(next, expiresAtMs);
    }
    this.#nextExpiryMs = next;
  }
}
