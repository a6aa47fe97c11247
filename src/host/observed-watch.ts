/**
 * Where others see this node, kept up to date: what a peer saw stands while its connection is open, and for a while after;
 * when the last observers of an address are gone for so long, the node is told so without having to ask.
 */
import type { ConnectionActor } from '../actors/connection/connection-actor.js';
import type { Environment } from '../actors/environment.js';
import { ObservedAddresses, type Observation } from '../actors/peers/observed-addresses.js';

/** What changed, inside a turn. */
export interface ObservedListener {
  changed(added: readonly string[], gone: readonly string[]): void;
}

/** The observed addresses of one node. Call inside a turn. */
export class ObservedWatch {
  readonly #environment: Environment;
  readonly #listener: ObservedListener;
  readonly #observed: ObservedAddresses;
  /** What was seen on each open connection. */
  readonly #standing = new Map<ConnectionActor, Observation>();
  #confirmed: readonly string[] = [];
  #timer: unknown;

  /** `listening`: our listen addresses, without peer id. */
  constructor(environment: Environment, listening: () => readonly string[], listener: ObservedListener) {
    this.#environment = environment;
    this.#listener = listener;
    this.#observed = new ObservedAddresses(environment.limits, listening);
  }

  /** Addresses that enough others see this node at. */
  get confirmed(): readonly string[] {
    return this.#observed.confirmed(this.#environment.turns.nowMs);
  }

  /** The peer at the other end saw us at `observed`. */
  saw(connection: ConnectionActor, peer: string, observed: string): void {
    const { remoteAddress, role } = connection;
    const observation = { peer, remoteAddress, inbound: role === 'listener', observed };
    if (connection.isOpen) this.#standing.set(connection, observation);
    this.#observed.observe(observation, this.#environment.turns.nowMs);
    this.#compare();
  }

  /** It was seen until now, and is not any more. */
  closed(connection: ConnectionActor): void {
    const observation = this.#standing.get(connection);
    this.#standing.delete(connection);
    if (observation !== undefined) this.#observed.observe(observation, this.#environment.turns.nowMs);
  }

  /** Looks no more. */
  stop(): void {
    this.#environment.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#standing.clear();
  }

  /** Some of what was seen is old: what is still seen is not. */
  #refresh(): void {
    for (const observation of this.#standing.values()) {
      this.#observed.observe(observation, this.#environment.turns.nowMs);
    }
    this.#compare();
  }

  #compare(): void {
    const before = this.#confirmed;
    const now = this.confirmed;
    this.#confirmed = now;
    const added = now.filter((address) => !before.includes(address));
    const gone = before.filter((address) => !now.includes(address));
    if (added.length + gone.length > 0) this.#listener.changed(added, gone);
    this.#await();
  }

  /** Waits for the moment at which a confirmed address may be none any more; where there is none, for nothing. */
  #await(): void {
    const { clock, turns } = this.#environment;
    clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const oldestMs = this.#observed.oldestOf(this.#confirmed);
    if (oldestMs === undefined) return;
    // It counts up to the last moment of its life, and a millisecond later it does not.
    const delayMs = Math.max(0, oldestMs + this.#environment.limits.observedLifeMs - turns.nowMs) + 1;
    this.#timer = clock.setTimeout(() => turns.post(() => this.#refresh()), delayMs);
  }
}
