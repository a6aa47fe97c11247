/** The sweep of what is provided, whose table picks what the path wants and whose regions end when it wants. */
import { Subject } from 'rxjs';
import { Environment } from '../../../src/actors/environment.js';
import { ProvidedKeys } from '../../../src/actors/dht/providing/provided-keys.js';
import { EVERYWHERE } from '../../../src/actors/dht/providing/region-space.js';
import { Sweep } from '../../../src/actors/dht/providing/sweep.js';
import { SweepTable, type Picked } from '../../../src/actors/dht/providing/sweep-table.js';
import { LIMITS } from '../../../src/limits.js';
import { nodeCiphers } from '../../../src/platform/node-ciphers.js';
import type { TraceSink } from '../../../src/ports.js';
import { MemoryDataStore } from '../../../src/sim/memory-store.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import { drained, SELF } from '../../support/provide-world.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const PICKED = ['region.started', 'nothing.due', 'nothing.kept'];

export const provideSweepDriver: LiveDriver = {
  model: modelOf('provideSweep'),
  reach: {
    can: ({ type }, { state, context }) => {
      if (state === 'picking') return PICKED.includes(type);
      if (type === 'keys.read') return state === 'reading';
      if (type === 'region.ended') return (context as { readonly active: number }).active > 0;
      if (type === 'due.changed') return state !== 'reading';
      return type.startsWith('peers.') || type === 'local.stop' || isDeadline(type);
    },
  },
  begin: (path, trace) => new Sweeping(path, trace),
};

/** Reads of it wait until they may go on. */
class HeldStore extends MemoryDataStore {
  release!: () => void;
  readonly #released = new Promise<void>((resolve) => (this.release = resolve));

  override async *query(prefix: string): AsyncIterable<readonly [key: string, value: Uint8Array]> {
    await this.#released;
    yield* super.query(prefix);
  }
}

class ScriptedTable extends SweepTable {
  readonly picks: Picked[] = [];

  override pick(): Picked {
    return this.picks.shift() ?? { type: 'nothing' };
  }
}

class Sweeping implements LiveRun {
  readonly #clock = new VirtualClock(1_764_000_000_000);
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #store = new HeldStore();
  readonly #available = new Subject<boolean>();
  readonly #lookups: (() => void)[] = [];
  readonly #table: ScriptedTable;
  readonly #keys: ProvidedKeys;
  readonly #sweep: Sweep;
  #added = 0;

  constructor({ input }: ModelPath, trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: nodeCiphers,
      limits: { provideRegionsAtOnce: input === 'one' ? 1 : 2, provideExploreTimeoutMs: 1_000_000_000 },
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#keys = new ProvidedKeys(this.#environment, this.#store);
    this.#table = new ScriptedTable(this.#keys.cells, LIMITS, 0);
    this.#sweep = new Sweep({
      environment: this.#environment,
      keys: this.#keys,
      requester: { tell: () => Promise.resolve() },
      peersNear: () => new Promise((_, reject) => this.#lookups.push(() => reject(new Error('nobody answers')))),
      self: SELF,
      addresses: () => ['/ip4/192.0.2.9/tcp/4001'],
      peersAvailable$: this.#available,
      table: this.#table,
    });
    this.#sweep.start();
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    const picks = picksAfter(steps, at);
    const { nowMs } = this.#keys.clock;
    for (const pick of picks) {
      if (pick === 'region.started') this.#table.picks.push({ type: 'region', cell: 0, claim: EVERYWHERE, keys: 9 });
      else
        this.#table.picks.push(pick === 'nothing.due' ? { type: 'wait', untilMs: nowMs + 1000 } : { type: 'nothing' });
    }
    if (isDeadline(type)) this.#clock.fireNext();
    else if (type === 'keys.read') this.#store.release();
    else if (type === 'due.changed') await this.#keys.add([Uint8Array.of(0x12, ++this.#added)]);
    else if (type === 'region.ended') this.#lookups.shift()?.();
    else if (type === 'local.stop') void this.#sweep.stop();
    else this.#environment.turns.post(() => this.#available.next(type === 'peers.available'));
    await drained();
    return 1 + picks.length;
  }

  async close() {
    this.#store.release();
    await this.#sweep.stop();
    await drained();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}

/** What is picked right after a step. */
function picksAfter(steps: readonly ModelStep[], at: number): readonly string[] {
  const picks: string[] = [];
  for (let next = at + 1; steps[next]?.from === 'picking'; next++) picks.push(typeAt(steps, next));
  return picks;
}
