/** A registration of ours at a point that takes it or not, as the path wants. */
import { setImmediate as nextMacrotask } from 'node:timers/promises';
import { Environment } from '../../../src/actors/environment.js';
import { OwnRegistration } from '../../../src/actors/rendezvous/own-registration.js';
import { EngineError } from '../../../src/errors.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const EVENTS = new Set(['point.registered', 'point.failed', 'local.change', 'local.stop']);

export const rendezvousRegistrationDriver: LiveDriver = {
  model: modelOf('rendezvousRegistration'),
  reach: {
    // The point is heard only while it is asked.
    can: ({ type }, { state }) =>
      isDeadline(type) || (EVENTS.has(type) && (state === 'registering' || !type.startsWith('point.'))),
  },
  begin: (_, trace) => new Registering(trace),
};

class Registering implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #registration: OwnRegistration;
  #answer: { readonly taken: (seconds: number) => void; readonly refused: (error: EngineError) => void } | undefined;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const requests = {
      register: () => new Promise<number>((taken, refused) => (this.#answer = { taken, refused })),
      unregister: () => Promise.resolve(),
    };
    this.#registration = new OwnRegistration(this.#environment, requests, {
      namespace: 'meeting',
      ttlSeconds: undefined,
      onDelayed: () => undefined,
      onOver: () => undefined,
    });
    this.#environment.turns.post(() => this.#registration.start());
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    const { turns } = this.#environment;
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'point.registered') this.#answer?.taken(7200);
    else if (type === 'point.failed') {
      this.#answer?.refused(new EngineError('ERR_RENDEZVOUS_INVALID_TTL', 'remote', 'too short'));
    } else turns.post(() => (type === 'local.stop' ? this.#registration.stop() : this.#registration.changed()));
    await nextMacrotask();
    return 1;
  }

  async close() {
    this.#environment.turns.post(() => this.#registration.stop());
    await nextMacrotask();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}
