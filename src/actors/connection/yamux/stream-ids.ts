/**
 * The ids a peer has used for its streams. They ascend, but not strictly: go takes an id and sends its SYN from many
 * goroutines at once, so a lower id may follow a higher one. Used ids are remembered as one high mark and the gaps below
 * it, so that memory stays bounded however many streams come and go.
 */

/** What a new id is: free, used before, or not the peer's to use. */
export type StreamIdFinding = 'free' | 'used' | 'wrongParity';

/** Ids of one parity. */
export class YamuxStreamIds {
  readonly #parity: number;
  readonly #maxGaps: number;
  /** The lowest id above all used ones. */
  #next: number;
  /** Unused stretches below `#next`, ascending: first and last id of each. */
  #gaps: (readonly [first: number, last: number])[] = [];

  /** `first` is the lowest id (1 or 2); beyond `maxGaps` the lowest gap counts as used. */
  constructor(first: 1 | 2, maxGaps: number) {
    this.#parity = first % 2;
    this.#next = first;
    this.#maxGaps = maxGaps;
  }

  /** Gaps remembered. */
  get gapCount(): number {
    return this.#gaps.length;
  }

  /** Looks an id up, and marks it used if it was free. */
  use(id: number): StreamIdFinding {
    if (id === 0 || id % 2 !== this.#parity) return 'wrongParity';
    if (id >= this.#next) {
      if (id > this.#next) this.#gaps.push([this.#next, id - 2]);
      if (this.#gaps.length > this.#maxGaps) this.#gaps.shift();
      this.#next = id + 2;
      return 'free';
    }
    const index = this.#gaps.findIndex(([first, last]) => first <= id && id <= last);
    const gap = this.#gaps[index];
    if (gap === undefined) return 'used';
    const [first, last] = gap;
    const rest: (readonly [number, number])[] = [];
    if (first < id) rest.push([first, id - 2]);
    if (id < last) rest.push([id + 2, last]);
    this.#gaps.splice(index, 1, ...rest);
    if (this.#gaps.length > this.#maxGaps) this.#gaps.shift();
    return 'free';
  }
}
