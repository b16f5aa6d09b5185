import { LRUCache } from 'lru-cache';

const MAX_VALUES = 500;
/** Maximum number of objects in all sources, at some 500 bytes each. */
const MAX_ITEMS = 50_000;

/**
 * Cache of values that are computed from arrays; the key is the identity of the arrays. Providers return lists from memory, mostly the
 * same array to all principals. An index over the lists is therefore rebuilt only when one of them has changed.
 */
export class IdentityCache<V extends object> {
  private readonly values = new LRUCache<string, V>({ max: MAX_VALUES, maxSize: MAX_ITEMS });
  private readonly numbers = new WeakMap<object, number>();
  private lastNumber = 0;

  /** @param variant the rest of the key: the value must depend only on the sources and the variant */
  of(sources: readonly (readonly unknown[])[], variant: string, make: () => V): V {
    const key = `${sources.map((source) => this.numberOf(source)).join('.')} ${variant}`;
    const known = this.values.get(key);
    if (known) return known;
    const made = make();
    const size = sources.reduce((sum, { length }) => sum + length, 1);
    if (size <= MAX_ITEMS) this.values.set(key, made, { size });
    return made;
  }

  private numberOf(source: object): number {
    const known = this.numbers.get(source);
    if (known !== undefined) return known;
    this.lastNumber += 1;
    this.numbers.set(source, this.lastNumber);
    return this.lastNumber;
  }
}
