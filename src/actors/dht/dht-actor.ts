/**
 * One DHT of a node, whole: it asks, and where its mode says so it answers. Server and client share the routing table; only
 * a server registers the protocol, so that identify tells others who answers.
 */
import type { Observable } from 'rxjs';
import type { Environment } from '../environment.js';
import type { StreamHandler } from '../stream/protocol-stream.js';
import { addressesBy, type AddressRule } from './address-rules.js';
import { KadAnswers, type ProviderStore, type ValueStore } from './kad-answers.js';
import { KadRequests } from './kad-requests.js';
import { KadRouting } from './kad-routing.js';
import { KadServer } from './kad-server.js';
import type { LocalRecords } from './lookups.js';
import type { DhtNetwork } from './network.js';
import type { NumberedQueryEvent } from './query-events.js';
import type { QueryRecord } from './query-record.js';
import type { BucketView } from './routing-table.js';
import type { Router } from '../../routing/router.js';
import type { Validators } from './value-choice.js';

/** Whether a node answers: see {@link DhtActorOptions.mode}. */
export type DhtMode = 'client' | 'server' | 'auto';

/** What a server keeps for others. */
export interface DhtRecords {
  readonly providers: ProviderStore;
  readonly values: ValueStore;
  start(): void;
  /** Resolves when everything that was to be written is. */
  stop(): Promise<void>;
}

/** What a DHT is made of. */
export interface DhtActorOptions {
  readonly environment: Environment;
  readonly network: DhtNetwork;
  readonly records: DhtRecords;
  /** Name of its router, and the first part of its actors' addresses: `dht`, `lan-dht`. */
  readonly name: string;
  /** `/ipfs/kad/1.0.0` or `/ipfs/lan/kad/1.0.0`. */
  readonly protocol: string;
  /** `client` never answers, `server` always; `auto` while the node has an address that {@link rule} lets through. */
  readonly mode: DhtMode;
  /** Where peers have to be. */
  readonly rule: AddressRule;
  /** Disjoint paths of a query. Default 1. */
  readonly paths?: number;
  /** By namespace. */
  readonly validators: Validators;
  /** Dials peers to begin with, when nobody is known. */
  readonly bootstrap: () => void;
  /** Lets peers ask from now on. */
  readonly register: (handler: StreamHandler, maxInboundStreams: number) => void;
  /** No more. */
  readonly unregister: () => void;
}

/** How large a DHT is and what it does, for people. */
export interface DhtView {
  readonly name: string;
  readonly protocol: string;
  readonly mode: 'client' | 'server';
  /** Peers of the routing table. */
  readonly peers: number;
  readonly buckets: readonly BucketView[];
}

/** One DHT. */
export class DhtActor {
  readonly #options: DhtActorOptions;
  readonly #routing: KadRouting;
  readonly #requests: KadRequests;
  readonly #server: KadServer;
  #serves = false;
  #isRunning = false;

  constructor(options: DhtActorOptions) {
    const { environment, network, records, name, protocol, rule, paths, validators, bootstrap } = options;
    this.#options = options;
    this.#requests = new KadRequests({ environment, network, protocols: [protocol], address: name });
    this.#routing = new KadRouting(environment, network, this.#requests, {
      name,
      rule,
      validators,
      bootstrap,
      local: localRecords(records),
      ...(paths === undefined ? {} : { paths }),
    });
    const { keySpace, table } = this.#routing;
    const answers = new KadAnswers({
      limits: environment.limits,
      self: network.self,
      closest: (key, count, except) =>
        // One more than asked for, because one of them may be who asks.
        table
          .nearest(keySpace.keyOf(key), count + 1)
          .filter(({ id }) => id !== except)
          .slice(0, count)
          .map(({ id }) => ({ id, addresses: network.addressesOf(id) })),
      addressesOf: (peer) => network.addressesOf(peer),
      isConnected: (peer) => network.isConnected(peer),
      bytesOf: (peer) => keySpace.peer(peer).bytes,
      filterAddresses: (addresses) => addressesBy(rule, addresses),
      providers: records.providers,
      values: records.values,
    });
    this.#server = new KadServer(environment, answers);
  }

  get name(): string {
    return this.#options.name;
  }

  /** It as a router. */
  get router(): Router {
    return this.#routing.lookups;
  }

  /** The parts of it, for who provides by its queries. */
  get routing(): KadRouting {
    return this.#routing;
  }

  /** Carries its messages. */
  get requests(): KadRequests {
    return this.#requests;
  }

  /** What every query tells while it runs. Emits inside a turn. */
  get queries$(): Observable<NumberedQueryEvent> {
    return this.#routing.events$;
  }

  /** How the last queries went, oldest first. */
  get queries(): readonly QueryRecord[] {
    return this.#routing.records;
  }

  /** Which of these addresses the peers of this DHT may be told. */
  tellable(addresses: readonly string[]): readonly string[] {
    return addressesBy(this.#options.rule, addresses);
  }

  /** What it is now. */
  get view(): DhtView {
    const { name, protocol } = this.#options;
    const mode = this.#serves ? 'server' : 'client';
    return { name, protocol, mode, peers: this.#routing.table.size, buckets: this.#routing.buckets };
  }

  /** Begins to keep the table; answers from now on where the mode says so. */
  start(): void {
    this.#isRunning = true;
    this.#options.records.start();
    this.#routing.start();
    this.addressesChanged();
  }

  /** The addresses that others know us at are others: in mode `auto`, they decide whether we answer. */
  addressesChanged(): void {
    if (!this.#isRunning) return;
    const { mode, network, rule, register, unregister, environment } = this.#options;
    const isReachable = addressesBy(rule, network.addressesOf(network.self)).length > 0;
    const serves = mode === 'server' || (mode === 'auto' && isReachable);
    if (serves === this.#serves) return;
    this.#serves = serves;
    environment.record('dht:mode', this.#options.name, { mode: serves ? 'server' : 'client' });
    if (serves) register(this.#server.handle, environment.limits.kadInboundStreamsPerPeer);
    else unregister();
  }

  /** Ends queries, streams and upkeep; resolves when the records are written. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    if (this.#serves) this.#options.unregister();
    this.#serves = false;
    this.#routing.stop();
    this.#requests.stop();
    this.#server.stop();
    await this.#options.records.stop();
  }
}

/** What we keep for others answers our own lookups too. */
function localRecords({ providers, values }: DhtRecords): LocalRecords {
  return {
    valueOf: async (key) => values.get(key),
    storeValue: ({ key, value }) => values.put(key, value),
    providersOf: async (multihash) => providers.get(multihash),
  };
}
