/** An answer as what it says of a part of the key space: whom it names there, and how far it names everybody. */
import { xor } from './providing/coverage.js';
import { headOf } from './providing/region-space.js';
import type { ToldPeer } from './query-path.js';

/** Distances are those of heads, the first 32 bits of keys. */
export interface Telling {
  /** The place that was asked about: the head of the target, or one beside it. */
  readonly head: number;
  /** Peer ids. */
  readonly named: ReadonlySet<string>;
  /** Up to this distance from the place, the peer knows nobody else. */
  readonly reach: number;
}

/** Farther than everybody. */
export const EVERYBODY = 0xffffffff;

/** What an answer about a place says; `isAll`: it names all that its peer knows, for these are fewer than k. */
export function tellingOf(head: number, told: readonly ToldPeer[], isAll: boolean): Telling {
  const named = new Set<string>();
  let farthest = 0;
  for (const { peer } of told) {
    named.add(peer.id);
    farthest = Math.max(farthest, xor(head, headOf(peer.key)));
  }
  return { head, named, reach: isAll ? EVERYBODY : farthest };
}
