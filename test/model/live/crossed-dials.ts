/** Two connections with one peer, of which the surplus one has streams as the path wants. */
import { Subject } from 'rxjs';
import type { ConnectionActor } from '../../../src/actors/connection/connection-actor.js';
import { Environment } from '../../../src/actors/environment.js';
import { CrossedDials } from '../../../src/actors/swarm/crossed-dials.js';
import type { SwarmEvent } from '../../../src/actors/swarm/swarm-events.js';
import type { CrossedDialsEvent } from '../../../src/machines/crossed-dials.js';
import type { TraceSink } from '../../../src/ports.js';
import { VirtualClock } from '../../../src/sim/virtual-clock.js';
import type { ModelPath, ModelStep } from '../explore.js';
import { modelOf } from '../samples.js';
import { fireDeadline, isDeadline, typeAt, type LiveDriver, type LiveRun } from './driver.js';

const OWN = '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5';
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

export const crossedDialsDriver: LiveDriver = {
  model: modelOf('crossedDials'),
  reach: {
    can: ({ type }, { state }) => {
      // How busy it is is asked, and answered, in the turn in which the grace ends.
      if (state === 'judging') return type !== 'surplus.used' && type !== 'stranger.event' && !isDeadline(type);
      if (type === 'surplus.idle') return state === 'inUse';
      return type === 'surplus.used' || type === 'pair.parted' || isDeadline(type);
    },
  },
  begin: ({ steps }, trace) => new Crossing(steps, trace),
};

class Crossing implements LiveRun {
  readonly #clock = new VirtualClock();
  readonly #broken: string[] = [];
  readonly #environment: Environment;
  readonly #crossed: CrossedDials;
  readonly #streams = new Map<number, unknown>();
  readonly #kept = { isOpen: true };
  readonly #surplus: ConnectionActor;
  #idle: () => void = () => undefined;

  constructor(steps: ModelPath['steps'], trace: TraceSink) {
    this.#environment = new Environment({
      clock: this.#clock,
      random: {} as never,
      ciphers: {} as never,
      trace,
      onBroken: ({ code }) => this.#broken.push(code),
    });
    this.#crossed = new CrossedDials({
      environment: this.#environment,
      ownPeer: OWN,
      isOn: true,
      resources: { onceIdle: (_, idle) => (this.#idle = idle) },
      events: new Subject<SwarmEvent>(),
    });
    const connection = { remoteAddress: '/memory/peer', createdAtMs: 0, secured: { remotePeer: PEER } };
    const muxer = { streams: this.#streams };
    // The peer's id is the smaller one: what it dialed is kept.
    const kept = Object.assign(this.#kept, connection, {
      address: 'conn:1',
      role: 'listener',
      muxer: { streams: new Map() },
    });
    const surplus = { ...connection, address: 'conn:2', role: 'dialer', isOpen: true, muxer, close: () => undefined };
    this.#surplus = surplus as unknown as ConnectionActor;
    this.#decide(steps, 0);
    this.#environment.turns.post(() => this.#crossed.opened(this.#surplus, [kept as unknown as ConnectionActor]));
  }

  play(steps: readonly ModelStep[], at: number): number {
    const event = steps[at]?.event as CrossedDialsEvent;
    const { turns } = this.#environment;
    if (isDeadline(event.type)) {
      this.#decide(steps, at + 1);
      return fireDeadline(this.#clock);
    }
    // The answer came with the question.
    if (steps[at]?.from === 'judging') return 1;
    switch (event.type) {
      case 'surplus.idle':
        this.#streams.clear();
        this.#idle();
        break;
      case 'surplus.busy':
        break;
      case 'surplus.used':
        turns.post(() => this.#crossed.used(this.#surplus));
        break;
      case 'pair.parted':
        turns.post(() => this.#crossed.closed(this.#surplus));
        break;
      default:
        event satisfies never;
    }
    return 1;
  }

  close() {
    this.#environment.turns.post(() => this.#crossed.closed(this.#surplus));
    return { actors: this.#environment.liveActors, timers: this.#clock.pendingTimers, broken: this.#broken };
  }

  /** What the question that comes is answered with. */
  #decide(steps: readonly ModelStep[], next: number): void {
    this.#streams.clear();
    if (typeAt(steps, next) === 'surplus.busy') this.#streams.set(1, {});
    this.#kept.isOpen = typeAt(steps, next) !== 'pair.parted';
  }
}
