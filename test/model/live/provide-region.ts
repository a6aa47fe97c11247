/** A region that is provided: its lookup, its pages, what peers do and what the store writes come when the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { cellOf, regionOf } from '../../../src/actors/dht/providing/key-cells.js';
import type { FoundPeer } from '../../../src/actors/dht/providing/exploration.js';
import { ProbeKeys } from '../../../src/actors/dht/providing/probe-keys.js';
import { ProvidedKeys } from '../../../src/actors/dht/providing/provided-keys.js';
import { RegionRun } from '../../../src/actors/dht/providing/region-run.js';
import { EVERYWHERE, headOf } from '../../../src/actors/dht/providing/region-space.js';
import { SweepTable } from '../../../src/actors/dht/providing/sweep-table.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { TraceSink } from '../../../src/ports.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { toHex } from '../../../src/wire/hex.js';
import { encodeProvidedRecord } from '../../../src/wire/provided-key.js';
import { drained, SELF } from '../../support/provide-world.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const COMES: Readonly<Record<string, readonly string[]>> = {
  exploring: ['region.explored', 'region.unknown', 'local.stop'],
  reading: ['page.read', 'keys.over', 'store.failed', 'local.stop'],
  sending: ['page.sent', 'local.stop'],
  // Whoever is cut says so at once.
  cutting: ['page.sent'],
  stamping: ['page.stamped', 'local.stop'],
};

export const provideRegionDriver: LiveDriver = {
  model: modelOf('provideRegion'),
  reach: {
    can: ({ type }, { state }) => isDeadline(type) || (COMES[state]?.includes(type) ?? false),
  },
  begin: (_, trace) => Providing.begin(trace),
};

type Settle<Value> = { readonly resolve: (value: Value) => void; readonly reject: (error: Error) => void };
type Entry = readonly [key: string, value: Uint8Array];

/** Asks the path for every entry that is read of a cell, and for the end of every write. */
class AskingStore extends MemoryDataStore {
  isAsking = false;
  reads: Settle<Entry | undefined>[] = [];
  writes: Settle<undefined>[] = [];

  override async *query(prefix: string): AsyncIterable<Entry> {
    if (!this.isAsking) {
      yield* super.query(prefix);
      return;
    }
    for (;;) {
      const entry = await new Promise<Entry | undefined>((resolve, reject) => this.reads.push({ resolve, reject }));
      if (entry === undefined) return;
      yield entry;
    }
  }

  override async putMany(entries: readonly Entry[]): Promise<void> {
    if (this.isAsking) await new Promise((resolve, reject) => this.writes.push({ resolve, reject }));
    await super.putMany(entries);
  }
}

class Providing implements LiveRun {
  readonly #clock = new VirtualClock(1_764_000_000_000);
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #store = new AskingStore();
  readonly #keys: ProvidedKeys;
  #lookup: Settle<readonly FoundPeer[]> | undefined;
  #telling: Settle<void> | undefined;
  #run!: RegionRun;
  #entry!: Entry;

  static async begin(trace: TraceSink): Promise<LiveRun> {
    const providing = new Providing(trace);
    await providing.#start();
    return providing;
  }

  private constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: nodeCiphers,
      limits: { providePageKeys: 1, provideLookups: 1, provideReplicas: 1 },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#keys = new ProvidedKeys(this.#environment, this.#store);
  }

  async #start(): Promise<void> {
    const key = Uint8Array.of(0x12, 1);
    const point = nodeCiphers.hash('sha256', [key]);
    await this.#keys.add([key]);
    this.#entry = [`/dht/provided/${toHex(point)}`, encodeProvidedRecord({ key, providedAtMs: 0 })];
    this.#store.isAsking = true;
    const environment = this.#environment;
    const table = new SweepTable(this.#keys.cells, environment.limits, 0);
    this.#run = new RegionRun(
      {
        environment,
        keys: this.#keys,
        table,
        probes: new ProbeKeys(nodeCiphers),
        peersNear: () => new Promise((resolve, reject) => (this.#lookup = { resolve, reject })),
        tell: () => new Promise((resolve, reject) => (this.#telling = { resolve, reject })),
        provider: () => ({ id: Uint8Array.of(0), addresses: [], connection: 'notConnected' }),
      },
      { address: 'region', from: regionOf(cellOf(headOf(point))), claim: EVERYWHERE, isDirect: false },
      { onExplored: () => undefined, onProvided: () => undefined, onEnded: () => undefined },
    );
    environment.turns.post(() => this.#run.start());
    await drained();
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) this.#clock.fireNext();
    else if (type === 'region.explored') this.#lookup?.resolve([{ id: SELF, addresses: [] }]);
    else if (type === 'region.unknown') this.#lookup?.reject(new Error('nobody answers'));
    else if (type === 'page.read') this.#store.reads.shift()?.resolve(this.#entry);
    else if (type === 'keys.over') this.#store.reads.shift()?.resolve(undefined);
    else if (type === 'store.failed') this.#store.reads.shift()?.reject(new Error('the disk is gone'));
    else if (type === 'page.sent') this.#telling?.resolve();
    else if (type === 'page.stamped') this.#store.writes.shift()?.resolve(undefined);
    else this.#environment.turns.post(() => this.#run.stop());
    await drained();
    const isCut = steps[at]?.to === 'cutting' && at + 1 < steps.length;
    return isCut ? 2 : 1;
  }

  async close() {
    this.#environment.turns.post(() => this.#run.stop());
    await drained();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}
