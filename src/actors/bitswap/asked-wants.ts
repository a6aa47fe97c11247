/**
 * What one peer was asked for: what it still remembers of our wants (it forgets them when it sends the block or says
 * have, not when it says dont-have), and, bounded, what it was asked before, which tells a late duplicate from a block
 * that nobody asked for.
 */
import type { WantType } from '../../wire/bitswap.js';
import { RenewedMap } from '../renewed.js';
import type { BlockKey } from './keys.js';

/** Where a want stands with a peer: asked and unanswered, or answered with dont-have. */
export type AskedState = WantType | 'lacks';

/** Wants by key, and the last ones that are no more. */
export class AskedWants {
  readonly #max: number;
  readonly #asked = new RenewedMap<BlockKey, AskedState>();
  /** Number of the session that wanted it, by key. */
  readonly #recent = new RenewedMap<BlockKey, number>();
  readonly #order: BlockKey[] = [];
  #next = 0;

  /** Remembers `max` wants that are no more. */
  constructor(max: number) {
    this.#max = max;
  }

  /** Wants that the peer remembers. */
  get size(): number {
    return this.#asked.size;
  }

  /** Whether the peer owes an answer. */
  owes(key: BlockKey): boolean {
    const state = this.#asked.get(key);
    return state !== undefined && state !== 'lacks';
  }

  /** Whether the peer may have heard of this want before. */
  knows(key: BlockKey): boolean {
    return this.#asked.has(key) || this.#recent.has(key);
  }

  /** Session that this peer was asked for, a while ago. */
  recentSession(key: BlockKey): number | undefined {
    return this.#recent.get(key);
  }

  set(key: BlockKey, state: AskedState): void {
    this.#asked.set(key, state);
  }

  /** The peer said dont-have to a want that it was asked; it remembers it. */
  lacks(key: BlockKey): void {
    if (this.#asked.has(key)) this.#asked.set(key, 'lacks');
  }

  /** The want that it has lacked for longest. */
  oldestLacked(): BlockKey | undefined {
    for (const [key, state] of this.#asked) if (state === 'lacks') return key;
    return undefined;
  }

  /** The peer remembers it no more, or will not after our cancel; answers whether it did. */
  settle(key: BlockKey, session: number): boolean {
    if (!this.#asked.delete(key)) return false;
    if (!this.#recent.has(key)) {
      const oldest = this.#order[this.#next];
      if (oldest !== undefined) this.#recent.delete(oldest);
      this.#order[this.#next] = key;
      this.#next = (this.#next + 1) % this.#max;
    }
    this.#recent.set(key, session);
    return true;
  }

  /** Unanswered wants. */
  *unanswered(): Iterable<readonly [BlockKey, WantType]> {
    for (const [key, state] of this.#asked) if (state !== 'lacks') yield [key, state];
  }

  clear(): void {
    this.#asked.clear();
  }
}
