import { StoreConflictError, type Collection, type Fields, type Stored } from '../collection.js';
import { changeRecord } from '../change-record.js';
import { findAll } from '../find-all.js';
import type { CacheMemory } from './cache-memory.js';
import type { ChangeFeed, ChangeTopic } from './change-feed.js';
import { RecentMemory, type RecentLimits } from './recent-memory.js';
import type { RecordKeys } from './record-keys.js';
import { WholeMemory, type Entries } from './whole-memory.js';

export interface CacheOptions<T extends Fields, Key, Value, Change> {
  /** In a collection that is kept as a whole, a key stands for one record. */
  readonly keys: RecordKeys<T, Key>;
  /** Makes the value of a key from its records. Without records it may return undefined, for an absent value. */
  readonly decode: (records: readonly Stored<T>[]) => Value | undefined;
  /** Topic of the changes of this collection. */
  readonly topic: ChangeTopic<Change>;
  /** Returns what a change concerns: one key, or all keys whose fields equal the scope. */
  readonly scopeOf: (change: Change) => Partial<Key>;
  /** Limits of a cache that keeps what was used last. Unless given, it keeps the whole collection, and `load` must be called at the start. */
  readonly recent?: RecentLimits;
  /** Called after each announced change, when look-ups find the new state. `isHere`: this process has made the change. */
  readonly onChanged?: (change: Change, isHere: boolean) => void;
  /** Called for each key of a whole collection whose value was found to differ after announcements may have been missed. */
  readonly onReread?: (key: Key) => void;
}

/**
 * Caches the records of a collection that several processes share.
 *
 * Lifecycle: 1. The constructor subscribes to the changes of other processes. 2. `load` reads the collection, if it is kept as a whole.
 * 3. `close` ends the subscriptions; a cache of recent values then keeps nothing more.
 *
 * Consistency: after an announcement, or when announcements may have been missed, look-ups find what the store has then. A read that began
 * before a change never replaces the state after it. Every write here is announced, also one that failed and may have taken effect.
 *
 * Errors: those of the store.
 */
export class CachedCollection<T extends Fields, Key, Value, Change = Key> {
  private readonly memory: CacheMemory<Key, Value>;
  private readonly subscriptions: readonly (() => void)[];

  constructor(
    private readonly collection: Collection<T>,
    private readonly feed: ChangeFeed,
    private readonly options: CacheOptions<T, Key, Value, Change>,
  ) {
    const { keys, recent, topic, onReread = () => undefined } = options;
    const load = (key: Key): Promise<Value | undefined> => this.read(key);
    this.memory = recent
      ? new RecentMemory(keys, load, recent)
      : new WholeMemory(keys, load, () => this.readAll(), onReread);
    this.subscriptions = [
      feed.onAnnounced(topic, (change) => this.takeIn(change)),
      feed.onMissed(() => void this.memory.invalidateAll().catch(() => undefined)), // it is called again
    ];
  }

  /** Reads the collection into memory, if it is kept as a whole. @returns the keys that have a value in memory */
  async load(): Promise<readonly Key[]> {
    await this.memory.invalidateAll();
    return this.memory.known();
  }

  /** Returns the value from memory, without a read of the store. */
  peek(key: Key): Value | undefined {
    return this.memory.peek(key);
  }

  /** Returns the value, from memory if it is there. */
  get(key: Key): Promise<Value | undefined> {
    return this.memory.get(key);
  }

  /** Reads all records from the store, in ascending order of id. */
  all(): Promise<Stored<T>[]> {
    return findAll(this.collection);
  }

  /**
   * Changes or creates the record of a key, as `changeRecord` does, and announces it. Only for keys that stand for one record.
   * @returns the record that was written; undefined if `next` returned undefined
   */
  change(change: Change, next: (value: T | undefined) => T | undefined): Promise<Stored<T> | undefined> {
    return this.write(change, (key) => changeRecord(this.collection, this.options.keys.place(key), next));
  }

  /**
   * Runs a write of the record of a key, and announces it. Only for keys that stand for one record.
   * @param work returns the record that was written; undefined if nothing was
   */
  async write<Result extends Stored<T> | undefined>(
    change: Change,
    work: (key: Key) => Promise<Result>,
  ): Promise<Result> {
    const key = this.keyOf(change);
    const stored = await this.attempt(change, () =>
      this.memory.write(
        key,
        () => work(key),
        (written) => (written ? this.options.decode([written]) : this.memory.peek(key)),
      ),
    );
    if (stored) await this.announce(change);
    return stored;
  }

  /** Removes the records that a change concerns, and announces it. @returns whether there were any */
  async remove(change: Change): Promise<boolean> {
    const scope = this.options.scopeOf(change);
    const key = this.options.keys.exact(scope);
    const isRemoved = await this.attempt(change, async () => {
      if (key)
        return this.memory.write(
          key,
          () => this.removeAt(key),
          () => undefined,
        );
      const count = await this.collection.removeWhere(scope as Partial<T>);
      await this.memory.invalidate(scope);
      return count > 0;
    });
    await this.announce(change);
    return isRemoved;
  }

  /** Takes in and announces a change that this process has written to the collection itself. */
  async changed(change: Change): Promise<void> {
    try {
      await this.memory.invalidate(this.options.scopeOf(change));
    } finally {
      await this.announce(change);
    }
  }

  /** Makes sure that later look-ups find what the store now has. Announces nothing. */
  invalidate(scope: Partial<Key>): Promise<void> {
    return this.memory.invalidate(scope);
  }

  /** Puts a value into memory alone, such as one that is being stored. */
  put(key: Key, value: Value): void {
    this.memory.put(key, value);
  }

  close(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.memory.close();
  }

  private async attempt<Result>(change: Change, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      // A write that conflicts has not been applied. Any other failed write may have been.
      if (!(error instanceof StoreConflictError)) await this.changed(change).catch(() => undefined);
      throw error;
    }
  }

  private async announce(change: Change): Promise<void> {
    this.options.onChanged?.(change, true);
    await this.feed.announce(this.options.topic, change);
  }

  private async takeIn(change: Change): Promise<void> {
    await this.memory.invalidate(this.options.scopeOf(change));
    this.options.onChanged?.(change, false);
  }

  private keyOf(change: Change): Key {
    const key = this.options.keys.exact(this.options.scopeOf(change));
    if (key === undefined) throw new Error('A write concerns the record of one key');
    return key;
  }

  private async removeAt(key: Key): Promise<boolean> {
    const place = this.options.keys.place(key);
    if (typeof place === 'string') return this.collection.remove(place);
    return (await this.collection.removeWhere(place)) > 0;
  }

  private async read(key: Key): Promise<Value | undefined> {
    const place = this.options.keys.place(key);
    if (typeof place !== 'string') return this.options.decode(await findAll(this.collection, place));
    const stored = await this.collection.get(place);
    return this.options.decode(stored ? [stored] : []);
  }

  private async readAll(): Promise<Entries<Key, Value>> {
    const { keys, decode } = this.options;
    const entries = new Map<string, { key: Key; value: Value }>();
    for (const stored of await this.all()) {
      const key = keys.of(stored);
      const value = decode([stored]);
      if (value !== undefined) entries.set(keys.text(key), { key, value });
    }
    return entries;
  }
}
