/**
 * Keeps a routing table: takes in who serves, lets go who does not, looks up ourselves and neglected buckets, and asks those
 * in doubt whether they are there. All of it follows from events of the swarm and of the table, and one timer.
 */
import { catchError, concat, defer, EMPTY, ignoreElements, Subscription, type Observable } from 'rxjs';
import { EngineError } from '../../errors.js';
import { tableUpkeepMachine, type TableUpkeepEffect } from '../../machines/table-upkeep.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';
import { multihashInBucket } from './bucket-keys.js';
import type { KeySpace, PlacedPeer } from './key-space.js';
import type { DhtNetwork, DhtPeerEvent, KadRequester } from './network.js';
import type { Queries } from './queries.js';
import type { RoutingTable, TableEvent } from './routing-table.js';

/** What upkeep is made of. */
export interface TableUpkeepOptions {
  readonly environment: Environment;
  /** Address in the actor tree, e.g. `dht/upkeep`. */
  readonly address: string;
  readonly network: Pick<DhtNetwork, 'events$'>;
  readonly requester: KadRequester;
  readonly self: PlacedPeer;
  readonly keySpace: KeySpace;
  readonly table: RoutingTable;
  readonly queries: Pick<Queries, 'ask'>;
  /** Dials peers that the DHT may begin with; those that serve it are heard of by the swarm's events. */
  bootstrap(): void;
}

/** Upkeep of one table. */
export class TableUpkeep {
  readonly #options: TableUpkeepOptions;
  readonly #machine: MachineActor<typeof tableUpkeepMachine>;
  readonly #subscription = new Subscription();
  readonly #checking = new Set<AbortController>();
  #work = Subscription.EMPTY;
  #isRunning = false;

  constructor(options: TableUpkeepOptions) {
    this.#options = options;
    const { environment, address } = options;
    const { kadBootstrapMs, kadRefreshMs } = environment.limits;
    this.#machine = spawnMachine(environment, tableUpkeepMachine, {
      address,
      input: { bootstrapMs: kadBootstrapMs, refreshMs: kadRefreshMs },
      perform: (effect) => this.#perform(effect),
      broken: (error) => environment.reportBroken(error),
    });
  }

  /** What it does now: `unstarted`, `alone`, `lookingUpSelf`, `refreshing`, `resting`, `stopped`. */
  get state(): string {
    return this.#machine.state;
  }

  start(): void {
    this.#options.environment.turns.post(() => {
      const { network, table } = this.#options;
      this.#isRunning = true;
      this.#subscription.add(network.events$.subscribe((event) => this.#hear(event)));
      this.#subscription.add(table.events$.subscribe((event) => this.#changed(event)));
      this.#machine.start();
      this.#machine.send({ type: 'local.start' });
      if (table.size > 0) this.#machine.send({ type: 'table.filled' });
    });
  }

  /** Refreshes now, unless it is doing so. */
  refresh(): void {
    this.#options.environment.turns.post(() => this.#machine.send({ type: 'local.refresh' }));
  }

  stop(): void {
    this.#options.environment.turns.post(() => {
      if (!this.#isRunning) return;
      this.#isRunning = false;
      this.#subscription.unsubscribe();
      this.#work.unsubscribe();
      for (const abort of this.#checking) abort.abort();
      this.#machine.send({ type: 'local.stop' });
    });
  }

  #hear(event: DhtPeerEvent): void {
    const { peer } = event;
    const { table, keySpace } = this.#options;
    switch (event.type) {
      case 'peer.answers':
        table.announced(keySpace.peer(peer));
        return;
      case 'peer.declines':
        table.remove(peer);
        return;
      case 'peer.disconnected':
        // Still a peer of the DHT: who wants to know more asks it.
        return;
      default:
        event satisfies never;
    }
  }

  #changed(event: TableEvent): void {
    const { peer } = event;
    const { table } = this.#options;
    switch (event.type) {
      case 'peer.added':
        if (table.size === 1) this.#machine.send({ type: 'table.filled' });
        return;
      case 'peer.removed':
        if (table.size === 0) this.#machine.send({ type: 'table.emptied' });
        return;
      case 'peer.doubtful':
        this.#check(peer);
        return;
      default:
        event satisfies never;
    }
  }

  /** Asks a peer for those near us, which is of use besides. Beyond the bound of checks it stays as it is. */
  #check(peer: string): void {
    const { environment, requester, table, keySpace, self } = this.#options;
    if (this.#checking.size >= environment.limits.kadChecksAtOnce) {
      table.undecided(peer);
      return;
    }
    const abort = new AbortController();
    this.#checking.add(abort);
    const message = { type: 'FIND_NODE', key: self.bytes, closerPeers: [], providerPeers: [] } as const;
    const settled = (act: () => void) => (): void =>
      environment.turns.post(() => {
        this.#checking.delete(abort);
        if (this.#isRunning) act();
      });
    requester.ask(peer, message, { signal: abort.signal }).then(
      settled(() => table.answered(keySpace.peer(peer))),
      settled(() => table.failed(peer)),
    );
  }

  #perform(effect: TableUpkeepEffect): void {
    switch (effect.type) {
      case 'dial.bootstrap':
        this.#work.unsubscribe();
        this.#options.bootstrap();
        return;
      case 'look.upSelf':
        this.#begin(this.#lookUp(this.#options.self.bytes));
        return;
      case 'refresh.buckets':
        this.#begin(defer(() => concat(...this.#neglected())));
        return;
      case 'report.stopped':
        return;
      case 'report.failed': {
        const { environment, address } = this.#options;
        environment.reportBroken(new EngineError(effect.code, 'engine', `${address} heard what it does not expect`));
        return;
      }
      default:
        effect satisfies never;
    }
  }

  #neglected(): readonly Observable<never>[] {
    const { environment, keySpace, self, table } = this.#options;
    const { kadRefreshMs, kadRefreshBuckets } = environment.limits;
    return table
      .neglected(kadRefreshMs, kadRefreshBuckets)
      .map((bits) => defer(() => this.#lookUp(multihashInBucket(environment, keySpace, self.key, bits))));
  }

  /** A lookup whose end alone matters: a query that found nobody will not find more by failing here. */
  #lookUp(key: Uint8Array): Observable<never> {
    return this.#options.queries.ask({ type: 'FIND_NODE', key }).pipe(
      ignoreElements(),
      catchError(() => EMPTY),
    );
  }

  #begin(work$: Observable<never>): void {
    const { turns } = this.#options.environment;
    this.#work.unsubscribe();
    const work = new Subscription();
    this.#work = work;
    const done = (): void =>
      turns.post(() => {
        if (!work.closed) this.#machine.send({ type: 'work.done' });
      });
    turns.post(() => {
      if (!work.closed) work.add(work$.subscribe({ complete: done }));
    });
  }
}
