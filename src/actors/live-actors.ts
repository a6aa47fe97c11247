/**
 * The machine actors that live, in the order in which they were started. A chain through the actors themselves: each
 * costs two fields, and comes and goes without a table that has to be grown and left behind.
 */
import type { StateStay } from '../errors.js';

/** An actor, with its place in the chain. Only {@link LiveActors} touches that. */
export interface LiveActor {
  readonly address: string;
  /** Id of its machine. */
  readonly machine: string;
  /** Dotted path of the present state. */
  readonly state: string;
  /** The states that it went through, oldest first; the last one is the present one. */
  readonly stays: readonly StateStay[];
  previous: LiveActor | undefined;
  next: LiveActor | undefined;
}

/** The chain. */
export class LiveActors {
  #first: LiveActor | undefined;
  #last: LiveActor | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Adds one that is in no chain. */
  add(actor: LiveActor): void {
    actor.previous = this.#last;
    if (this.#last === undefined) this.#first = actor;
    else this.#last.next = actor;
    this.#last = actor;
    this.#count++;
  }

  /** Takes out one that was added. */
  remove(actor: LiveActor): void {
    const { previous, next } = actor;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    actor.previous = undefined;
    actor.next = undefined;
    this.#count--;
  }

  /** All of them, oldest first. Nobody may come or go meanwhile. */
  *all(): Iterable<LiveActor> {
    for (let actor = this.#first; actor !== undefined; actor = actor.next) yield actor;
  }
}
