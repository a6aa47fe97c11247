/** How many peers of each group of addresses a routing table holds, in each bucket and in all. */

/** Bounds of {@link GroupCounts}. */
export interface GroupBounds {
  readonly perBucket: number;
  readonly inAll: number;
}

/** Counts, so that no one network fills a table. */
export class GroupCounts {
  readonly #bounds: GroupBounds;
  readonly #inAll = new Map<string, number>();
  readonly #inBuckets = new Map<string, number>();

  constructor(bounds: GroupBounds) {
    this.#bounds = bounds;
  }

  /** Whether one more peer of these groups may come into the bucket. */
  allow(bucket: number, groups: readonly string[]): boolean {
    return groups.every(
      (group) =>
        (this.#inAll.get(group) ?? 0) < this.#bounds.inAll &&
        (this.#inBuckets.get(`${bucket} ${group}`) ?? 0) < this.#bounds.perBucket,
    );
  }

  /** Counts a peer in (`1`) or out (`-1`). */
  count(bucket: number, groups: readonly string[], change: 1 | -1): void {
    for (const group of groups) {
      add(this.#inAll, group, change);
      add(this.#inBuckets, `${bucket} ${group}`, change);
    }
  }
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
