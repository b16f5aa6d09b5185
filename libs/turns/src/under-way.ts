/** Holds a value until it is taken. */
interface Place<V> {
  value?: V;
}

/**
 * A Map for what is under way: entries come and go with every call.
 *
 * A Map of V8 keeps what it held when it last grew or shrank, and is itself kept by the table before it, until the old generation is
 * collected: with it, much of each request outlives the cheap collections of the young one. Here only empty places stay behind.
 */
export class UnderWay<K, V> {
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

  /** @returns what was there */
  take(key: K): V | undefined {
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

  /** In the order in which they came. What is taken meanwhile is left out. */
  *values(): Generator<V> {
    for (const { value } of this.places.values()) if (value !== undefined) yield value;
  }
}
