/** What a node provides: kept on its store, told to a DHT at once and again before it is forgotten, region by region. */
import type { CID } from 'multiformats/cid';
import type { Observable } from 'rxjs';
import { distinctUntilChanged, firstValueFrom, map, startWith } from 'rxjs';
import type { DhtActor } from '../../actors/dht/dht-actor.js';
import type { DhtNetwork } from '../../actors/dht/network.js';
import { ProvidedKeys, type ProvidedKeyProblem } from '../../actors/dht/providing/provided-keys.js';
import { providedKey, type ProvideStrategy } from '../../actors/dht/providing/strategy.js';
import { Sweep, type SweepCounts, type SweepEvent } from '../../actors/dht/providing/sweep.js';
import type { Environment } from '../../actors/environment.js';
import type { DataStore } from '../../ports.js';

/** What {@link Providing} stands on. */
export interface ProvidingOptions {
  readonly environment: Environment;
  readonly dht: DhtActor;
  readonly network: DhtNetwork;
  readonly data: DataStore;
  readonly strategy: ProvideStrategy;
}

/** Keeps content provided in one DHT. */
export class Providing {
  readonly #keys: ProvidedKeys;
  readonly #sweep: Sweep;
  readonly #strategy: ProvideStrategy;
  /** Ends when all that was added so far is stored, or could not be. */
  #adding: Promise<unknown> = Promise.resolve();

  constructor({ environment, dht, network, data, strategy }: ProvidingOptions) {
    const { table, lookups } = dht.routing;
    this.#strategy = strategy;
    this.#keys = new ProvidedKeys(environment, data, `/${dht.name}/provided/`);
    this.#sweep = new Sweep({
      environment,
      keys: this.#keys,
      requester: dht.requests,
      self: network.self,
      addresses: () => dht.tellable(network.addressesOf(network.self)),
      learn: (peer, addresses) => network.learn(peer, addresses),
      peersNear: (key, options) => firstValueFrom(lookups.closestTold(key, options), { defaultValue: [] }),
      peersAvailable$: table.events$.pipe(
        startWith(undefined),
        map(() => table.size > 0),
        distinctUntilChanged(),
      ),
      address: `${dht.name}/provide`,
    });
  }

  /** What the sweep does: regions explored, keys and records told, failures. Emits inside turns. */
  get events$(): Observable<SweepEvent> {
    return this.#sweep.events$;
  }

  /** Keys that are provided, and what was done for them. */
  get counts(): SweepCounts {
    return this.#sweep.counts;
  }

  /** Stored keys that could not be read, and failures of the store. */
  get problems$(): Observable<ProvidedKeyProblem> {
    return this.#keys.problems$;
  }

  /**
   * Provides content from now on; resolves, when it is stored that it is to be told, to how much of it is new. Rejects with
   * `ERR_PROVIDE_FULL` and `ERR_STORE_FAILED`.
   */
  add(cids: readonly CID[]): Promise<number> {
    return this.#keys.add(cids.flatMap((cid) => providedKey('all', cid, true) ?? []));
  }

  /** Tells it no more; what others were told lapses by itself. Resolves to how much of it was provided. */
  remove(cids: readonly CID[]): Promise<number> {
    return this.#keys.remove(cids.map((cid) => cid.multihash.bytes));
  }

  /** Content was added to the store: provided where the strategy says so. */
  added(cids: readonly CID[], areRoots: boolean): Promise<number> {
    const adding = this.#keys.add(cids.flatMap((cid) => providedKey(this.#strategy, cid, areRoots) ?? []));
    this.#adding = Promise.allSettled([this.#adding, adding]);
    return adding;
  }

  start(): void {
    this.#sweep.start();
  }

  /** Resolves when what was to be written is. */
  async stop(): Promise<void> {
    await this.#adding;
    await this.#sweep.stop();
  }
}
