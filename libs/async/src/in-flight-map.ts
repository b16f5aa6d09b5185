/** A holder of one value, emptied when the value is removed. */
interface Place<V> {
  value?: V;
}

/**
 * A map for entries in flight, which come and go with every call.
 *
 * After a Map of V8 has grown or shrunk, its old table still refers to the entries of that time, until the old generation is collected.
 * With a plain Map, much of each request would therefore survive the cheap young-generation collections. In this map only empty holders
 * survive.
 */
export class InFlightMap<K, V> {
  private readonly places = new Map<K, Place<V>>();

  get size(): number {
    return this.places.size;
  }

  has(key: K): boolean {
    return this.places.has(key);
  }

  get(key: K): V | undefined {
    return this.places.get(key)?.value;
  }

  set(key: K, value: V): void {
    this.places.set(key, { value });
  }

  /** @returns the removed value */
  remove(key: K): V | undefined {
    const place = this.places.get(key);
    if (!place) return undefined;
    this.places.delete(key);
    const { value } = place;
    place.value = undefined;
    return value;
  }

  keys(): MapIterator<K> {
    return this.places.keys();
  }

  /** Yields the values in insertion order. Entries that are removed during the iteration are skipped. */
  *values(): Generator<V> {
    for (const { value } of this.places.values()) if (value !== undefined) yield value;
  }
}
