/** A kept peer, whose dials end as the path wants, and whose connections come and go as it wants. */
import { Environment } from '../../../src/actors/environment.js';
import { KeptPeer } from '../../../src/actors/policy/kept-peer.js';
import type { KeepAliveEvent } from '../../../src/machines/keep-alive.js';
import type { TraceSink } from '../../../src/ports.js';
import { SeededRandom } from '../../../src/sim/seeded-random.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, type LiveDriver, type LiveRun } from './driver.js';

export const keepAliveDriver: LiveDriver = {
  model: modelOf('keepAlive'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_path, trace) => new Keeping(trace),
};

class Keeping implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #kept: KeptPeer;
  #failed: () => void = () => undefined;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: new SeededRandom(1),
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#kept = new KeptPeer({
      environment: this.#environment,
      peer: 'peer',
      // Fails whenever the path wants, without a microtask between.
      dial: () =>
        ({ then: (_: unknown, failed: () => void) => (this.#failed = failed) }) as unknown as Promise<unknown>,
    });
    this.#environment.turns.post(() => this.#kept.start(false));
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as KeepAliveEvent;
    const { turns } = this.#environment;
    if (isDeadline(event.type)) return fireDeadline(this.#clock);
    switch (event.type) {
      case 'peer.connected':
        turns.post(() => this.#kept.connected());
        break;
      case 'peer.disconnected':
        turns.post(() => this.#kept.disconnected());
        break;
      case 'dial.failed':
        this.#failed();
        break;
      case 'local.release':
        turns.post(() => this.#kept.release());
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#kept.release());
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}
