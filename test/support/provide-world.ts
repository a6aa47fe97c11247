/** A node that provides in a made network and virtual time; it can be stopped and started again on the same store. */
import { BehaviorSubject } from 'rxjs';
import { Environment } from '../../src/actors/environment.js';
import { ProvidedKeys, type ProvidedKeyProblem } from '../../src/actors/dht/providing/provided-keys.js';
import { Sweep, type SweepEvent } from '../../src/actors/dht/providing/sweep.js';
import type { Limits } from '../../src/limits.js';
import { nodeCiphers } from '../../src/platform/node-ciphers.js';
import type { DataStore } from '../../src/ports.js';
import { MemoryDataStore } from '../../src/sim/memory-store.js';
import { SeededRandom } from '../../src/sim/seeded-random.js';
import { VirtualClock } from '../../src/sim/virtual-clock.js';
import { MadeNetwork, type MadeNetworkOptions } from './provide-network.js';

/** 2025-11-24. */
export const START_MS = 1_764_000_000_000;
export const HOUR_MS = 60 * 60_000;
export const SELF = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA';

/** Virtual time with a wall that can be set. */
export class SettableClock extends VirtualClock {
  wallAheadMs = 0;

  override wallTime(): number {
    return super.wallTime() + this.wallAheadMs;
  }
}

/** `count` multihashes, by seed. */
export function madeKeys(count: number, seed: number): readonly Uint8Array[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => Uint8Array.of(0x12, 0x20, ...random.bytes('key', 32)));
}

/** What a world is made of. */
export interface ProvideWorldOptions extends Partial<Omit<MadeNetworkOptions, 'clock'>> {
  readonly limits?: Partial<Limits>;
  readonly data?: DataStore;
  readonly isOnline?: boolean;
}

/** The node, its store and its network. */
export class ProvideWorld {
  readonly clock = new SettableClock(START_MS);
  readonly network: MadeNetwork;
  readonly data: DataStore;
  readonly available$: BehaviorSubject<boolean>;
  readonly events: SweepEvent[] = [];
  readonly problems: ProvidedKeyProblem[] = [];
  readonly broken: string[] = [];
  addresses: readonly string[] = ['/ip4/192.0.2.9/tcp/4001'];
  readonly #options: ProvideWorldOptions;
  environment!: Environment;
  keys!: ProvidedKeys;
  sweep!: Sweep;

  constructor(options: ProvideWorldOptions = {}) {
    const { peers = 1000, seed = 1, isOnline = true, data = new MemoryDataStore() } = options;
    this.#options = options;
    this.network = new MadeNetwork({ ...options, clock: this.clock, peers, seed });
    this.data = data;
    this.available$ = new BehaviorSubject(isOnline);
    this.begin();
  }

  /** A new node on the same store. */
  begin(): void {
    this.environment = new Environment({
      clock: this.clock,
      random: new SeededRandom(3),
      ciphers: nodeCiphers,
      ...(this.#options.limits === undefined ? {} : { limits: this.#options.limits }),
      onBroken: ({ message }) => this.broken.push(message),
    });
    this.keys = new ProvidedKeys(this.environment, this.data);
    this.keys.problems$.subscribe((problem) => this.problems.push(problem));
    this.sweep = new Sweep({
      environment: this.environment,
      keys: this.keys,
      requester: { tell: (peer, message) => this.network.tellMany(peer, [message]), tellMany: this.network.tellMany },
      peersNear: this.network.peersNear,
      self: SELF,
      addresses: () => this.addresses,
      peersAvailable$: this.available$,
    });
    this.sweep.events$.subscribe((event) => this.events.push(event));
    this.sweep.start();
  }

  /** Stops the node; answers what is left of it. */
  async end(): Promise<{ readonly actors: number; readonly timers: number }> {
    await this.sweep.stop();
    await drained();
    return { actors: this.environment.liveActors, timers: this.clock.pendingTimers };
  }

  /** Lets time pass; what promises bring about happens at the time at which it began. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.clock.now() + durationMs;
    for (;;) {
      await drained();
      const { nextDueMs } = this.clock;
      if (nextDueMs === undefined || nextDueMs > endMs) break;
      this.clock.fireNext();
    }
    this.clock.advance(endMs - this.clock.now());
    await drained();
  }
}

/** Everything that promises alone bring about has happened. */
export async function drained(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
