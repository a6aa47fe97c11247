/** Discovery by random walk: looks up a random key now and then, and tells of every peer that is met. */
import { Subject, Subscription, type Observable } from 'rxjs';
import { randomWalkMachine, type RandomWalkEffect } from '../../machines/random-walk.js';
import type { DiscoveredPeer, Discovery, Router } from '../../routing/router.js';
import type { Environment } from '../environment.js';
import { spawnMachine, type MachineActor } from '../spawn.js';

/** Options of a {@link RandomWalk}. */
export interface RandomWalkOptions {
  /** Default `limits.randomWalkIntervalMs`. */
  readonly intervalMs?: number;
  /** Default `limits.randomWalkTimeoutMs`. */
  readonly timeoutMs?: number;
}

/** Bytes of a random key: as many as a hash has. */
const KEY_BYTES = 32;

/** Walks with `router.closestPeers`; what it finds is told under the router's name. */
export class RandomWalk implements Discovery {
  readonly name = 'random-walk';
  readonly #environment: Environment;
  readonly #router: Router;
  readonly #options: RandomWalkOptions;
  readonly #peers = new Subject<DiscoveredPeer>();
  #machine: MachineActor<typeof randomWalkMachine> | undefined;
  #walk = new Subscription();
  #walks = 0;

  constructor(environment: Environment, router: Router, options: RandomWalkOptions = {}) {
    this.#environment = environment;
    this.#router = router;
    this.#options = options;
  }

  /** The peers that were met. Emits inside a turn. */
  get peers$(): Observable<DiscoveredPeer> {
    return this.#peers;
  }

  /** How many walks were begun. */
  get walks(): number {
    return this.#walks;
  }

  /** Rests first: who joins a network looks itself up, which finds more. */
  start(): void {
    if (this.#machine !== undefined) return;
    const { randomWalkIntervalMs, randomWalkTimeoutMs } = this.#environment.limits;
    const { intervalMs = randomWalkIntervalMs, timeoutMs = randomWalkTimeoutMs } = this.#options;
    this.#machine = spawnMachine(this.#environment, randomWalkMachine, {
      address: 'discovery/random-walk',
      input: { intervalMs, timeoutMs },
      perform: (effect) => this.#perform(effect),
      broken: () => this.#drop(),
    });
    this.#machine.start();
  }

  /** Walks now; does nothing while a walk is under way, or before the start. */
  walk(): void {
    this.#environment.turns.post(() => this.#machine?.send({ type: 'local.walk' }));
  }

  /** Ends it; resolves at once. */
  stop(): Promise<void> {
    this.#machine?.send({ type: 'local.stop' });
    this.#machine = undefined;
    return Promise.resolve();
  }

  #perform(effect: RandomWalkEffect): void {
    switch (effect.type) {
      case 'begin.walk':
        this.#begin();
        return;
      case 'drop.walk':
        this.#drop();
        return;
      case 'report.stopped':
      case 'report.failed':
        // A chart that heard what it does not expect is reported by whoever runs it; the node goes on without walks.
        return;
      default:
        effect satisfies never;
    }
  }

  #drop(): void {
    this.#walk.unsubscribe();
    this.#walk = new Subscription();
  }

  #begin(): void {
    this.#walks++;
    const { turns, random } = this.#environment;
    const machine = this.#machine;
    const ended = (): void => {
      turns.post(() => {
        // A walk that was dropped at its time has nothing to say any more.
        if (walk === this.#walk) machine?.send({ type: 'walk.ended' });
      });
    };
    const key = random.bytes('random-walk', KEY_BYTES).slice();
    // Nobody hears how it ended: a network that does not answer is one that is not there yet.
    const walk = new Subscription();
    this.#walk = walk;
    const met = this.#router.closestPeers?.(key);
    if (met === undefined) ended();
    else {
      walk.add(
        met.subscribe({
          next: ({ source, peer }) => {
            turns.post(() => this.#peers.next({ source, peer }));
          },
          complete: ended,
          error: ended,
        }),
      );
    }
  }
}
