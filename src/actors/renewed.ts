/**
 * A map and a set for what comes and goes by the thousand a second, such as the streams of a busy connection.
 *
 * V8 gives a map another table whenever additions and deletions have used up the one it has, and the old table keeps its
 * entries and points to the new one. Once one of them has grown old, it and all that followed it survive every minor
 * collection, with all that was ever in them, until the next major one: each stream that is over is copied twice, at a
 * fifth of what it costs (`npm run bench -- --rows streams`). So the whole map is replaced now and then, which leaves the
 * chain behind.
 */

/** Deletions after which the map is replaced: few enough to be young still, and a copy of what is there is cheap. */
const RENEW_AFTER = 256;

/** As `Map`. A loop that adds while it goes may not see what it adds; none of ours does. */
export class RenewedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  #map = new Map<Key, Value>();
  #deleted = 0;

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    return this.#map.get(key);
  }

  has(key: Key): boolean {
    return this.#map.has(key);
  }

  set(key: Key, value: Value): this {
    // Not while deleting: loops that delete what they pass go on over one and the same map.
    if (this.#deleted >= RENEW_AFTER && this.#map.size <= RENEW_AFTER) this.#renew();
    this.#map.set(key, value);
    return this;
  }

  delete(key: Key): boolean {
    const wasThere = this.#map.delete(key);
    if (wasThere) this.#deleted++;
    return wasThere;
  }

  clear(): void {
    this.#map = new Map();
    this.#deleted = 0;
  }

  keys(): MapIterator<Key> {
    return this.#map.keys();
  }

  values(): MapIterator<Value> {
    return this.#map.values();
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#map.entries();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.#map.entries();
  }

  forEach(take: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    this.#map.forEach((value, key) => take(value, key, this));
  }

  #renew(): void {
    this.#map = new Map(this.#map);
    this.#deleted = 0;
  }
}

/** As `Set`, on a {@link RenewedMap}. */
export class RenewedSet<Value> {
  readonly #map = new RenewedMap<Value, true>();

  get size(): number {
    return this.#map.size;
  }

  has(value: Value): boolean {
    return this.#map.has(value);
  }

  add(value: Value): this {
    this.#map.set(value, true);
    return this;
  }

  delete(value: Value): boolean {
    return this.#map.delete(value);
  }

  [Symbol.iterator](): MapIterator<Value> {
    return this.#map.keys();
  }
}
