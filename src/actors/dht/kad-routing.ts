/**
 * The client side of one DHT, whole: key space, routing table, queries, lookups and upkeep over a swarm and a requester.
 * A server shares the table and the key space of it.
 */
import type { Observable } from 'rxjs';
import type { Environment } from '../environment.js';
import { addressesBy, type AddressRule } from './address-rules.js';
import { KeySpace, type PlacedPeer } from './key-space.js';
import { Lookups, type LocalRecords } from './lookups.js';
import type { DhtNetwork, KadRequester } from './network.js';
import { Queries } from './queries.js';
import type { NumberedQueryEvent } from './query-events.js';
import type { QueryRecord } from './query-record.js';
import { RoutingTable, type BucketView } from './routing-table.js';
import { tableObserver, tellTable } from './table-observer.js';
import { TableUpkeep } from './table-upkeep.js';
import type { Validators } from './value-choice.js';

/** Options of {@link KadRouting}. */
export interface KadRoutingOptions {
  /** Name of the router, and the first part of its actors' addresses. Default `dht`. */
  readonly name?: string;
  /** Where peers have to be. Default `public`. */
  readonly rule?: AddressRule;
  /** Whether peers of one group of addresses are bounded, in the table and in answers. Default: as `rule` is `public`. */
  readonly isDiverse?: boolean;
  /** Disjoint paths of a query. Default 1. */
  readonly paths?: number;
  /** By namespace, e.g. `ipns`. Default none. */
  readonly validators?: Validators;
  /** What this node holds itself. */
  readonly local?: LocalRecords;
  /** Valid values after which the best is taken. Default `limits.kadQuorum`. */
  readonly quorum?: number;
  /** Providers after which a call ends. Default `limits.kadProvidersPerCall`. */
  readonly providers?: number;
  /** Shared by several DHTs of a node. Default: one of its own. */
  readonly keySpace?: KeySpace;
  /** Dials peers to begin with. Called when the table is empty, and again while it stays so. Default: nobody. */
  bootstrap?(): void;
}

/** One DHT. */
export class KadRouting {
  readonly keySpace: KeySpace;
  readonly self: PlacedPeer;
  readonly table: RoutingTable;
  readonly queries: Queries;
  /** The router. */
  readonly lookups: Lookups;
  readonly upkeep: TableUpkeep;

  constructor(environment: Environment, network: DhtNetwork, requester: KadRequester, options: KadRoutingOptions = {}) {
    const { name = 'dht', rule = 'public', isDiverse = rule === 'public', validators = {}, local, paths } = options;
    const { limits, turns } = environment;
    const keySpace = options.keySpace ?? new KeySpace(environment.ciphers, limits);
    const self = keySpace.peer(network.self);
    const addressesOf = (peer: string): readonly string[] => network.addressesOf(peer);
    const observer = tableObserver(environment, name);
    const table = new RoutingTable({ self, limits, now: () => turns.nowMs, addressesOf, rule, isDiverse, observer });
    environment.whenObserved((tell) => tellTable(table, name, tell));
    const rules = { self: self.id, keySpace, rule, isDiverse, limits, addressesOf };
    const queries = new Queries({ environment, network, requester, table, rules, name }, paths);
    environment.whenObserved((tell) => queries.tellStanding(tell));
    this.keySpace = keySpace;
    this.self = self;
    this.table = table;
    this.queries = queries;
    this.lookups = new Lookups({
      name,
      environment,
      network,
      requester,
      keySpace,
      queries,
      validators,
      local,
      quorum: options.quorum ?? limits.kadQuorum,
      providers: options.providers ?? limits.kadProvidersPerCall,
      ownAddresses: () => addressesBy(rule, addressesOf(self.id)),
    });
    const address = `${name}/upkeep`;
    const bootstrap = (): void => options.bootstrap?.();
    this.upkeep = new TableUpkeep({
      environment,
      address,
      network,
      requester,
      self,
      keySpace,
      table,
      queries,
      bootstrap,
    });
  }

  /** What every query tells while it runs. */
  get events$(): Observable<NumberedQueryEvent> {
    return this.queries.events$;
  }

  /** Records of the last queries, oldest first. */
  get records(): readonly QueryRecord[] {
    return this.queries.records;
  }

  /** The routing table, for an inspector. */
  get buckets(): readonly BucketView[] {
    return this.table.view();
  }

  start(): void {
    this.upkeep.start();
  }

  /** Ends upkeep and every call; what is under way is aborted. */
  stop(): void {
    this.upkeep.stop();
    this.lookups.stop();
  }
}
