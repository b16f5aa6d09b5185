import { LRUCache } from 'lru-cache';
import { countsOfCache } from '@manifold/metrics';

const { hits, misses } = countsOfCache('secrets');

/** Whose, and of which server: what one load reads. */
export interface CacheScope {
  readonly tenant: string;
  readonly app: string;
  /** Stands for the whole scope, the user included. */
  readonly key: string;
}

interface Entry<V> {
  readonly scope: CacheScope;
  /** What was loaded, or the load that is under way. */
  readonly value: Promise<V>;
}

/**
 * Remembers what was loaded for each owner. Loads of one owner are shared while they run. What `forget` is told of is not remembered,
 * loads that are under way included: they may have read what was there before the write.
 */
export class OwnerCache<V> {
  private readonly entries: LRUCache<string, Entry<V>>;

  constructor(max: number) {
    this.entries = new LRUCache({ max });
  }

  get(scope: CacheScope, load: () => Promise<V>): Promise<V> {
    const known = this.entries.get(scope.key);
    (known ? hits : misses).add();
    if (known) return known.value;
    const entry: Entry<V> = { scope, value: load() };
    this.entries.set(scope.key, entry);
    entry.value.catch(() => this.drop(entry));
    return entry.value;
  }

  /** What is remembered, or on its way. */
  peek(scope: CacheScope): Promise<V> | undefined {
    return this.entries.peek(scope.key)?.value;
  }

  forget(scope: CacheScope): void {
    this.entries.delete(scope.key);
  }

  clear(): void {
    this.entries.clear();
  }

  /** Forgets all users' entries of a server. */
  forgetApp(tenant: string, app: string): void {
    for (const { scope } of [...this.entries.values()]) {
      if (scope.tenant === tenant && scope.app === app) this.forget(scope);
    }
  }

  /** A failure is not remembered. */
  private drop(entry: Entry<V>): void {
    if (this.entries.peek(entry.scope.key) === entry) this.entries.delete(entry.scope.key);
  }
}
