/** The upkeep of a table, whose lookups end as the path wants. */
import { Subject } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { KeySpace } from '../../../src/actors/dht/key-space.js';
import type { DhtPeerEvent } from '../../../src/actors/dht/network.js';
import type { QueryEvent } from '../../../src/actors/dht/query-events.js';
import { RoutingTable } from '../../../src/actors/dht/routing-table.js';
import { TableUpkeep } from '../../../src/actors/dht/table-upkeep.js';
import { portableCiphers } from '../../../src/crypto/portable-ciphers.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const SELF = '12D3KooWSExt8hTzoaHEhn435BTK6BPNSY1LpTc1j2o9Gw53tXE1';
const OTHER = '12D3KooWSExt8hTzoaHEhn435BTK6BPNSY1LpTc1j2o9Gw53tXE2';

export const tableUpkeepDriver: LiveDriver = {
  model: modelOf('tableUpkeep'),
  reach: {
    can: ({ type }, { state }) => {
      if (state === 'unstarted') return type === 'local.start';
      if (type === 'local.start') return false;
      if (type === 'table.filled') return state === 'alone';
      if (type === 'table.emptied') return state !== 'alone';
      if (type === 'work.done') return state === 'lookingUpSelf' || state === 'refreshing';
      return type.startsWith('local.') || isDeadline(type);
    },
  },
  begin: (_, trace) => new Upkeeping(trace),
};

class Upkeeping implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #events = new Subject<DhtPeerEvent>();
  readonly #upkeep: TableUpkeep;
  #lookup = new Subject<QueryEvent>();

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: portableCiphers,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const { limits, turns } = this.#environment;
    const keySpace = new KeySpace(portableCiphers, limits);
    const self = keySpace.peer(SELF);
    this.#upkeep = new TableUpkeep({
      environment: this.#environment,
      address: 'upkeep',
      network: { events$: this.#events },
      requester: { ask: () => new Promise(() => undefined), tell: () => new Promise(() => undefined) },
      self,
      keySpace,
      table: new RoutingTable({
        self,
        limits,
        now: () => turns.nowMs,
        addressesOf: () => [],
        rule: 'any',
        isDiverse: false,
      }),
      queries: { ask: () => (this.#lookup = new Subject<QueryEvent>()) },
      bootstrap: () => undefined,
    });
  }

  play(steps: readonly ModelStep[], at: number): number {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'local.start') this.#upkeep.start();
    else if (type === 'table.filled') this.#say('peer.answers');
    else if (type === 'table.emptied') this.#say('peer.declines');
    else if (type === 'local.refresh') this.#upkeep.refresh();
    else if (type === 'local.stop') this.#upkeep.stop();
    else this.#finish();
    return 1;
  }

  close() {
    this.#upkeep.stop();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  #say(type: DhtPeerEvent['type']): void {
    this.#environment.turns.post(() => this.#events.next({ type, peer: OTHER }));
  }

  /** Ends lookups, one for each bucket, until the state is over. */
  #finish(): void {
    const { state } = this.#upkeep;
    while (this.#upkeep.state === state) {
      const lookup = this.#lookup;
      lookup.complete();
      if (lookup === this.#lookup) return;
    }
  }
}
