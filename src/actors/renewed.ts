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

/** Most connections are idle: a map of nothing is none. */
const NOTHING: ReadonlyMap<never, never> = new Map<never, never>();

/** As `Map`. A loop that adds while it goes may not see what it adds; none of ours does. */
export class RenewedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  #map: Map<Key, Value> | undefined;
  #deleted = 0;

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  set(key: Key, value: Value): this {
    let map = this.#map;
    // Not while deleting: loops that delete what they pass go on over one and the same map.
    if (map === undefined || (this.#deleted >= RENEW_AFTER && map.size <= RENEW_AFTER)) {
      map = new Map(map);
      this.#map = map;
      this.#deleted = 0;
    }
    map.set(key, value);
    return this;
  }

  delete(key: Key): boolean {
    const map = this.#map;
    if (map?.delete(key) !== true) return false;
    this.#deleted++;
    if (map.size === 0) this.clear();
    return true;
  }

  clear(): void {
    this.#map = undefined;
    this.#deleted = 0;
  }

  keys(): MapIterator<Key> {
    return this.#entries.keys();
  }

  values(): MapIterator<Value> {
    return this.#entries.values();
  }

  entries(): MapIterator<[Key, Value]> {
    return this.#entries.entries();
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.#entries.entries();
  }

  forEach(take: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    this.#entries.forEach((value, key) => take(value, key, this));
  }

  get #entries(): ReadonlyMap<Key, Value> {
    return this.#map ?? NOTHING;
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
