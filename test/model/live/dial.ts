/** A dial, with connections that come to what the path wants. */
import type { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { Environment } from '../../../src/actors/environment.js';
import { DialAttempt } from '../../../src/actors/swarm/dial-attempt.js';
import { EngineError } from '../../../src/errors.js';
import type { DialEvent } from '../../../src/machines/dial.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import type { LiveDriver, LiveRun } from './driver.js';

export const dialDriver: LiveDriver = {
  model: modelOf('dial'),
  reach: { can: ({ type }) => type !== 'stranger.event' },
  begin: (_path, trace) => new Dialing(trace),
};

class Dialing implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #attempt: DialAttempt;
  readonly #connection = { close: () => undefined } as unknown as ConnectionActor;

  constructor(trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#attempt = new DialAttempt({
      environment: this.#environment,
      address: 'dial:1',
      addresses: ['/memory/a', '/memory/b'],
      connect: () => this.#connection,
      onDone: () => undefined,
    });
    this.#attempt.join().catch(() => undefined);
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as DialEvent;
    const { turns } = this.#environment;
    switch (event.type) {
      case 'connection.opened':
        turns.post(() => this.#attempt.opened(this.#connection));
        break;
      case 'connection.failed':
        turns.post(() => this.#attempt.failed(new EngineError('ERR_TRANSPORT_REFUSED', 'remote', 'refused')));
        break;
      case 'local.cancel':
        this.#attempt.cancel();
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#attempt.cancel();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }
}
