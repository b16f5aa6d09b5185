import { LRUCache } from 'lru-cache';
import { countsOfCache } from '@manifold/metrics';
import { isWithin, type CacheMemory, type Load } from './cache-memory.js';
import type { RecordKeys } from './record-keys.js';

/** How much a cache keeps of what was used last. */
export interface RecentLimits {
  /** Name of the cache in the metrics, in snake case. */
  readonly name: string;
  /** Maximum number of keys with a value. */
  readonly max: number;
  /**
   * Maximum number of keys without a value that are remembered; none unless given. They have their own memory, so a flood of unknown keys
   * evicts no known ones.
   */
  readonly maxAbsent?: number;
  /** Milliseconds, counted from the read, for which an entry is kept. No limit unless given. */
  readonly ttl?: number;
}

interface Entry<Key, Value> {
  readonly key: Key;
  readonly value: Promise<Value | undefined>;
  /** The value, once it is there. */
  settled?: Value;
}

/**
 * Keeps the values that were used last. A key is loaded when it is used, once for any number of concurrent look-ups.
 *
 * An invalidated key is forgotten. If it is being loaded, the result is not kept: the load may have read the state before the change.
 */
export class RecentMemory<Key, Value> implements CacheMemory<Key, Value> {
  private readonly values: LRUCache<string, Entry<Key, Value>>;
  private readonly absent: LRUCache<string, Entry<Key, Value>> | undefined;
  private readonly loading = new Map<string, Entry<Key, Value>>();
  private readonly counts: ReturnType<typeof countsOfCache>;
  private closed = false;

  constructor(
    private readonly keys: Pick<RecordKeys<never, Key>, 'text' | 'exact'>,
    private readonly load: Load<Key, Value>,
    { name, max, maxAbsent, ttl }: RecentLimits,
  ) {
    this.values = new LRUCache({ max, ttl });
    this.absent = maxAbsent === undefined ? undefined : new LRUCache({ max: maxAbsent, ttl });
    this.counts = countsOfCache(name);
  }

  peek(key: Key): Value | undefined {
    return this.values.peek(this.keys.text(key))?.settled;
  }

  get(key: Key): Promise<Value | undefined> {
    const text = this.keys.text(key);
    const entry = this.values.get(text) ?? this.absent?.get(text) ?? this.loading.get(text);
    (entry ? this.counts.hits : this.counts.misses).add();
    return (entry ?? this.startLoad(key, text)).value;
  }

  known(): Key[] {
    return [...this.values.values()].map(({ key }) => key);
  }

  put(key: Key, value: Value | undefined): void {
    const text = this.keys.text(key);
    this.forget(text);
    if (value !== undefined) this.values.set(text, { key, value: Promise.resolve(value), settled: value });
  }

  async invalidate(scope: Partial<Key>): Promise<void> {
    const exact = this.keys.exact(scope);
    if (exact) return this.forget(this.keys.text(exact));
    for (const entries of [this.values, this.absent, this.loading]) {
      for (const [text, { key }] of [...(entries?.entries() ?? [])]) if (isWithin(key, scope)) entries?.delete(text);
    }
  }

  async invalidateAll(): Promise<void> {
    for (const entries of [this.values, this.absent, this.loading]) entries?.clear();
  }

  /** The key is forgotten after the write, also after a failed one: it may have taken effect. */
  async write<Result>(key: Key, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } finally {
      this.forget(this.keys.text(key));
    }
  }

  close(): void {
    this.closed = true;
    void this.invalidateAll();
  }

  private startLoad(key: Key, text: string): Entry<Key, Value> {
    const start = performance.now();
    const entry: Entry<Key, Value> = { key, value: this.load(key) };
    if (this.closed) return entry;
    this.loading.set(text, entry);
    const settle = (keep: () => void): void => {
      if (this.loading.get(text) !== entry) return;
      this.loading.delete(text);
      keep();
    };
    entry.value.then(
      (value) =>
        settle(() => {
          entry.settled = value;
          (value === undefined ? this.absent : this.values)?.set(text, entry, { start });
        }),
      () => settle(() => undefined),
    );
    return entry;
  }

  private forget(text: string): void {
    this.values.delete(text);
    this.absent?.delete(text);
    this.loading.delete(text);
  }
}
