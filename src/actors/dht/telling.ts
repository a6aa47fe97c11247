/** An answer as what it says of a part of the key space: whom it names there, and how far it names everybody. */
import { xor } from './providing/coverage.js';
import { headOf } from './providing/region-space.js';
import type { ToldPeer } from './query-path.js';

/** Distances are those of heads, the first 32 bits of keys. */
export interface Telling {
  /** The place that was asked about: the head of the target, or one beside it. */
  readonly head: number;
  /** Up to this distance from the place, the peer knows nobody else. */
  readonly reach: number;
  names(peer: string): boolean;
}

/** Farther than everybody. */
export const EVERYBODY = 0xffffffff;

/** What an answer about a place says; `isAll`: it names all that its peer knows, for these are fewer than k. */
export function tellingOf(head: number, told: readonly ToldPeer[], isAll: boolean): Telling {
  return new Answered(head, told, isAll);
}

/** Nothing is worked out before somebody asks: where nobody is gone, nobody does. */
class Answered implements Telling {
  readonly head: number;
  readonly #told: readonly ToldPeer[];
  #reach: number | undefined;

  constructor(head: number, told: readonly ToldPeer[], isAll: boolean) {
    this.head = head;
    this.#told = told;
    this.#reach = isAll ? EVERYBODY : undefined;
  }

  get reach(): number {
    const { head } = this;
    return (this.#reach ??= this.#told.reduce((most, { peer }) => Math.max(most, xor(head, headOf(peer.key))), 0));
  }

  names(peer: string): boolean {
    return this.#told.some(({ peer: { id } }) => id === peer);
  }
}
