/** Changes worked off together, whose work ends as the path wants. */
import { ChangeBatch } from '../../../src/actors/peers/change-batch.js';
import { Environment } from '../../../src/actors/environment.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

export const changeBatchDriver: LiveDriver = {
  model: modelOf('changeBatch'),
  reach: {
    can: ({ type }, { state }) => {
      if (type.startsWith('work.')) return state.startsWith('working');
      return type.startsWith('local.') || isDeadline(type);
    },
  },
  begin: (_, trace) => new Batching(trace),
};

class Batching implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #batch: ChangeBatch;
  #work: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#batch = new ChangeBatch({
      environment: this.#environment,
      address: 'batch',
      pauseMs: 1000,
      work: () => new Promise((resolve, reject) => (this.#work = { resolve, reject })),
    });
    this.#batch.start();
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'local.change') this.#environment.turns.post(() => this.#batch.changed());
    else if (type === 'local.stop') void this.#batch.stop();
    else if (type === 'work.done') this.#work?.resolve();
    else this.#work?.reject(new Error('the disk is full'));
    // What is told comes by promises.
    for (let hop = 0; hop < 4; hop++) await Promise.resolve();
    return 1;
  }

  async close() {
    this.#work?.resolve();
    await this.#batch.stop();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}
