import { LRUCache } from 'lru-cache';

const MAX_VALUES = 500;
/** Objects in all sources, at some 500 bytes each. */
const MAX_ITEMS = 50_000;

/**
 * What was made of the same objects is made once. Providers answer lists from memory, mostly the very same array to all principals, so
 * that an index over them is made when one of them has changed.
 */
export class IdentityCache<V extends object> {
  private readonly values = new LRUCache<string, V>({ max: MAX_VALUES, maxSize: MAX_ITEMS });
  private readonly numbers = new WeakMap<object, number>();
  private lastNumber = 0;

  /** @param variant of what is made of the sources: together with them it decides the value */
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
