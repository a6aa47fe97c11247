/** Where names led to lately: bounded, and no longer than their records allow. */
import type { IpnsRecord } from '../../crypto/ipns-record.js';
import type { ContentPath } from '../../routing/content-path.js';
import type { Environment } from '../environment.js';

/** What one name led to. */
export interface Hop {
  readonly value: ContentPath;
  /** Of the router, `own`, `dnslink` or `cache`. */
  readonly source: string;
  /** How much longer it may be taken from a cache. */
  readonly ttlMs: number;
  /** Absent for a DNSLink. */
  readonly record?: IpnsRecord;
}

interface Entry {
  readonly hop: Hop;
  /** By the node's clock, which does not jump. */
  readonly untilMs: number;
}

/** A cache by name. The one that was asked for least lately leaves first. */
export class NameCache {
  readonly #environment: Environment;
  readonly #entries = new Map<string, Entry>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What a name leads to, if that is fresh, and valid by the wall clock too. */
  get(name: string): Hop | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    this.#entries.delete(name);
    const { hop, untilMs } = entry;
    const ttlMs = Math.min(untilMs - this.#environment.clock.now(), this.#lifeLeftMs(hop));
    if (ttlMs <= 0) return undefined;
    this.#entries.set(name, entry);
    return { ...hop, ttlMs, source: 'cache' };
  }

  /** Keeps it for its own time to live; one that has none is not kept. */
  put(name: string, hop: Hop): void {
    const { ipnsCacheNames, ipnsLongestCacheMs } = this.#environment.limits;
    this.#entries.delete(name);
    const ttlMs = Math.min(hop.ttlMs, ipnsLongestCacheMs, this.#lifeLeftMs(hop));
    if (ttlMs <= 0 || ipnsCacheNames <= 0) return;
    for (const [oldest] of this.#entries) {
      if (this.#entries.size < ipnsCacheNames) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(name, { hop, untilMs: this.#environment.clock.now() + ttlMs });
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  #lifeLeftMs({ record }: Hop): number {
    return record === undefined ? Infinity : record.validUntilMs - this.#environment.clock.wallTime();
  }
}
