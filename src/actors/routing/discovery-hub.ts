/**
 * What is discovered, from whatever source, once: a peer that says nothing new is told again only after a while, and a source
 * that tells too much is held to a rate.
 */
import { Subject, Subscription, type Observable } from 'rxjs';
import type { DiscoveredPeer, Discovery } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { RateBound } from '../rate-bound.js';

interface Seen {
  readonly addresses: string;
  readonly atMs: number;
}

interface Source {
  readonly discovery: Discovery;
  readonly rate: RateBound;
  readonly subscription: Subscription;
}

/** Every source of one node. */
export class DiscoveryHub {
  readonly #environment: Environment;
  readonly #self: string;
  readonly #peers = new Subject<DiscoveredPeer>();
  readonly #sources = new Set<Source>();
  /** By source and peer, the one told longest ago first. */
  readonly #seen = new Map<string, Seen>();
  readonly #dropped: Record<string, number> = {};
  #running = false;

  /** `self`: our own peer id, which is no discovery. */
  constructor(environment: Environment, self: string) {
    this.#environment = environment;
    this.#self = self;
  }

  /** News, in the order in which it came. Emits inside a turn. */
  get peers$(): Observable<DiscoveredPeer> {
    return this.#peers;
  }

  /** How many discoveries of each source were dropped because they came too fast. */
  get dropped(): Readonly<Record<string, number>> {
    return this.#dropped;
  }

  /** Takes a source in; it is started with the others, or at once where they run. */
  add(discovery: Discovery): void {
    const { limits, turns } = this.#environment;
    const rate = new RateBound(limits.discoveryBurst, limits.discoveryPerSecond, turns.nowMs);
    const source: Source = { discovery, rate, subscription: new Subscription() };
    this.#sources.add(source);
    source.subscription.add(
      discovery.peers$.subscribe((found) => {
        turns.post(() => this.#hear(source, found));
      }),
    );
    if (this.#running) discovery.start();
  }

  start(): void {
    this.#running = true;
    for (const { discovery } of this.#sources) discovery.start();
  }

  /** Resolves when every source is gone. */
  async stop(): Promise<void> {
    this.#running = false;
    for (const { subscription } of this.#sources) subscription.unsubscribe();
    await Promise.all([...this.#sources].map(({ discovery }) => discovery.stop()));
    this.#sources.clear();
    this.#seen.clear();
    this.#peers.complete();
  }

  #hear({ rate, discovery }: Source, found: DiscoveredPeer): void {
    if (!this.#running || found.peer.id === this.#self) return;
    const { nowMs } = this.#environment.turns;
    const key = `${found.source} ${found.peer.id}`;
    const addresses = [...found.peer.addresses].sort().join(' ');
    const seen = this.#seen.get(key);
    const { discoveryRepeatMs, discoveryRemembered } = this.#environment.limits;
    if (seen !== undefined && seen.addresses === addresses && nowMs - seen.atMs < discoveryRepeatMs) return;
    if (!rate.take(nowMs)) {
      this.#dropped[discovery.name] = (this.#dropped[discovery.name] ?? 0) + 1;
      return;
    }
    this.#seen.delete(key);
    this.#seen.set(key, { addresses, atMs: nowMs });
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > discoveryRemembered && oldest !== undefined) this.#seen.delete(oldest);
    this.#peers.next(found);
  }
}
