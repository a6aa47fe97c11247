/** The ping monitor of one connection, whose pings end as the path wants. */
import { Environment } from '../../../src/actors/environment.js';
import { ConnectionMonitor } from '../../../src/actors/swarm/ping-monitor.js';
import { EngineError } from '../../../src/errors.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

export const pingMonitorDriver: LiveDriver = {
  model: modelOf('pingMonitor'),
  reach: {
    can: ({ type }, { state }) =>
      type.startsWith('ping.') ? state === 'pinging' : type === 'local.stop' || isDeadline(type),
  },
  begin: (_, trace) => new Monitoring(trace),
};

class Monitoring implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #monitor: ConnectionMonitor;
  #ping!: { readonly resolve: (roundTripMs: number) => void; readonly reject: (error: EngineError) => void };

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#monitor = new ConnectionMonitor(this.#environment, {
      address: 'conn:1/ping-monitor',
      maxFailures: 2,
      restMs: () => 10_000,
      ping: () => new Promise((resolve, reject) => (this.#ping = { resolve, reject })),
      measured: () => undefined,
      ended: () => undefined,
    });
    this.#monitor.start();
  }

  async play(steps: readonly ModelStep[], at: number): Promise<number> {
    const type = typeAt(steps, at);
    if (isDeadline(type)) return fireDeadline(this.#clock);
    if (type === 'local.stop') this.#monitor.stop();
    else if (type === 'ping.echoed') this.#ping.resolve(3);
    else {
      const code = type === 'ping.failed' ? 'ERR_PING_TIMEOUT' : 'ERR_MULTISTREAM_NO_OVERLAP';
      this.#ping.reject(new EngineError(code, 'remote', 'no ping'));
    }
    // What is told comes by promises.
    for (let hop = 0; hop < 4; hop++) await Promise.resolve();
    return 1;
  }

  close() {
    this.#monitor.stop();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}
