/** Trimming of a connection manager: of one connection too many, which is protected until the path wants it to go. */
import { Subject } from 'rxjs';
import type { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { Environment } from '../../../src/actors/environment.js';
import { ConnectionManager } from '../../../src/actors/policy/connection-manager.js';
import type { ConnectionTrimEvent } from '../../../src/machines/connection-trim.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const PEER = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';

export const connectionTrimDriver: LiveDriver = {
  model: modelOf('connectionTrim'),
  reach: {
    can: ({ type }, { state }) => {
      if (type === 'trim.done') return state === 'trimming';
      // A round is over in the turn in which it begins: nobody can stop it in the middle.
      if (type === 'local.stop') return state === 'awaitingCheck';
      return type === 'connections.within' || isDeadline(type);
    },
  },
  begin: ({ steps }, trace) => new Trimming(steps, trace),
};

class Trimming implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #events = new Subject<{ readonly type: string }>();
  readonly #manager: ConnectionManager;
  #connections: ConnectionActor[] = [];

  constructor(steps: ModelPath['steps'], trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    const connections = (): readonly ConnectionActor[] => this.#connections;
    this.#manager = new ConnectionManager(
      this.#environment,
      {
        events$: this.#events,
        get connections() {
          return connections();
        },
        connectionTo: () => this.#connections[0],
        dial: () => Promise.reject(new Error('nobody dials')),
      },
      { highWater: 0, lowWater: 0, graceMs: 0 },
    );
    const connection = {
      address: 'conn:1',
      createdAtMs: 0,
      secured: { remotePeer: PEER },
      close: () => this.#leave(),
    } as unknown as ConnectionActor;
    this.#connections = [connection];
    this.#decide(steps, 0);
    this.#environment.turns.post(() => this.#events.next({ type: 'connection.opened' }));
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as ConnectionTrimEvent;
    if (isDeadline(event.type)) {
      this.#decide(steps, at + 1);
      return fireDeadline(this.#clock);
    }
    switch (event.type) {
      case 'trim.done':
        break;
      case 'connections.within':
        this.#environment.turns.post(() => this.#leave());
        break;
      case 'local.stop':
        this.#manager.stop();
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#manager.stop();
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  /** Whether the round that comes leaves the connection. */
  #decide(steps: readonly ModelStep[], next: number): void {
    if (typeAt(steps, next) === 'connections.within') this.#manager.tags.unprotect(PEER, 'path');
    else this.#manager.tags.protect(PEER, 'path');
  }

  #leave(): void {
    this.#connections = [];
    this.#events.next({ type: 'connection.closed' });
  }
}
