/**
 * Who provides what, in memory and bounded. Who tells of too much pushes out its own oldest records; a key that too many
 * provide loses the one that was heard of longest ago; and where all is full, the keys farthest from our own id go first, of
 * those the one that was not renewed for longest: an honest lookup leaves its records with the closest peers, so that what
 * is far from us is spam, or is better kept by others.
 */
import type { Limits } from '../../limits.js';

/** Bounds of a {@link ProviderIndex}. */
export type ProviderLimits = Pick<
  Limits,
  'kadProvidersPerKey' | 'kadProviderKeys' | 'kadKeysPerProvider' | 'kadProviderBytes'
>;

/** Hears what leaves the index, whyever it does. */
export interface ProviderIndexOwner {
  removed(key: string, peer: string): void;
  /** The last record of a peer was removed, and its addresses with it. */
  forgotten(peer: string): void;
}

/** What a peer said of itself. */
export interface Provider {
  addresses: readonly string[];
  addressesAtMs: number;
  /** In the order in which they were renewed. */
  readonly keys: Set<string>;
}

interface Key {
  /** Bits that its hash shares with ours. */
  readonly closeness: number;
  /** By peer, when it was heard: oldest first. */
  readonly providers: Map<string, number>;
}

/** What a record costs beside its texts: entries of a few maps and sets. */
const RECORD_BYTES = 256;

/** Records by key and by peer. */
export class ProviderIndex {
  readonly #limits: ProviderLimits;
  readonly #owner: ProviderIndexOwner;
  readonly #keys = new Map<string, Key>();
  readonly #peers = new Map<string, Provider>();
  /** Keys by closeness, each in the order of renewal. */
  readonly #byCloseness = new Map<number, Set<string>>();
  #records = 0;
  #bytes = 0;

  constructor(limits: ProviderLimits, owner: ProviderIndexOwner) {
    this.#limits = limits;
    this.#owner = owner;
  }

  get keys(): number {
    return this.#keys.size;
  }

  get records(): number {
    return this.#records;
  }

  /** What all of it is counted as. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Peers that provide a key and when that was heard, the latest first. */
  get(key: string): readonly (readonly [peer: string, receivedAtMs: number])[] {
    return [...(this.#keys.get(key)?.providers ?? [])].reverse();
  }

  receivedAt(key: string, peer: string): number | undefined {
    return this.#keys.get(key)?.providers.get(peer);
  }

  provider(peer: string): Provider | undefined {
    return this.#peers.get(peer);
  }

  /** Notes, or renews, a record; what has to go for it goes, which may be the record itself. */
  add(key: string, closeness: number, peer: string, receivedAtMs: number): void {
    const entry = this.#keys.get(key) ?? { closeness, providers: new Map<string, number>() };
    const provider = this.#peers.get(peer) ?? { addresses: [], addressesAtMs: 0, keys: new Set<string>() };
    this.#keys.set(key, entry);
    this.#peers.set(peer, provider);
    if (!entry.providers.delete(peer)) {
      this.#records++;
      this.#bytes += costOf(key, peer);
    }
    entry.providers.set(peer, receivedAtMs);
    renew(provider.keys, key);
    const close = this.#byCloseness.get(entry.closeness) ?? new Set();
    this.#byCloseness.set(entry.closeness, close);
    renew(close, key);
    const { kadKeysPerProvider, kadProvidersPerKey } = this.#limits;
    const [oldestKey] = provider.keys.size > kadKeysPerProvider ? provider.keys : [];
    if (oldestKey !== undefined) this.remove(oldestKey, peer);
    const [oldestPeer] = entry.providers.size > kadProvidersPerKey ? entry.providers.keys() : [];
    if (oldestPeer !== undefined) this.remove(key, oldestPeer);
    this.#makeRoom();
  }

  /** Notes where a provider is. One without records has no addresses here. */
  locate(peer: string, addresses: readonly string[], addressesAtMs: number): void {
    const provider = this.#peers.get(peer);
    if (provider === undefined) return;
    this.#bytes += lengthOf(addresses) - lengthOf(provider.addresses);
    provider.addresses = addresses;
    provider.addressesAtMs = addressesAtMs;
    this.#makeRoom();
  }

  remove(key: string, peer: string): void {
    const entry = this.#keys.get(key);
    const provider = this.#peers.get(peer);
    if (entry === undefined || provider === undefined || !entry.providers.delete(peer)) return;
    this.#records--;
    this.#bytes -= costOf(key, peer);
    provider.keys.delete(key);
    if (entry.providers.size === 0) {
      this.#keys.delete(key);
      const close = this.#byCloseness.get(entry.closeness);
      close?.delete(key);
      if (close?.size === 0) this.#byCloseness.delete(entry.closeness);
    }
    this.#owner.removed(key, peer);
    if (provider.keys.size > 0) return;
    this.#bytes -= lengthOf(provider.addresses);
    this.#peers.delete(peer);
    this.#owner.forgotten(peer);
  }

  /** Every record; it may change on the way. */
  *entries(): Iterable<readonly [key: string, peer: string, receivedAtMs: number]> {
    for (const [key, { providers }] of [...this.#keys]) {
      for (const [peer, receivedAtMs] of [...providers]) yield [key, peer, receivedAtMs];
    }
  }

  /** Every provider. */
  peers(): readonly (readonly [peer: string, provider: Provider])[] {
    return [...this.#peers];
  }

  #makeRoom(): void {
    const { kadProviderKeys, kadProviderBytes } = this.#limits;
    while (this.#keys.size > 0 && (this.#keys.size > kadProviderKeys || this.#bytes > kadProviderBytes)) {
      const farthest = Math.min(...this.#byCloseness.keys());
      const [key] = this.#byCloseness.get(farthest) ?? [];
      const entry = key === undefined ? undefined : this.#keys.get(key);
      if (key === undefined || entry === undefined) return;
      for (const peer of [...entry.providers.keys()]) this.remove(key, peer);
    }
  }
}

function renew(set: Set<string>, item: string): void {
  set.delete(item);
  set.add(item);
}

function costOf(key: string, peer: string): number {
  return RECORD_BYTES + key.length + peer.length;
}

function lengthOf(addresses: readonly string[]): number {
  return addresses.reduce((sum, address) => sum + address.length, 0);
}
