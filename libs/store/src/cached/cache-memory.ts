/** The memory of a `CachedCollection`: it holds the whole collection, or the values that were used last. */
export interface CacheMemory<Key, Value> {
  /** Returns the value from memory, without a read. */
  peek(key: Key): Value | undefined;
  /** Returns the value from memory if it is there, otherwise from the store. */
  get(key: Key): Promise<Value | undefined>;
  /** Returns the keys that have a value in memory. */
  known(): Key[];
  /** Puts a value into memory alone. */
  put(key: Key, value: Value | undefined): void;
  /** Makes sure that later look-ups find what the store now has for these keys: those whose fields equal the scope. */
  invalidate(scope: Partial<Key>): Promise<void>;
  /** The same for all keys, after changes may have been missed. */
  invalidateAll(): Promise<void>;
  /**
   * Runs a write of one key.
   * @param valueOf returns the value that the key has after the write
   */
  write<Result>(key: Key, work: () => Promise<Result>, valueOf: (result: Result) => Value | undefined): Promise<Result>;
  /** Ends the use of the memory: nothing tells it of changes any more. */
  close(): void;
}

/** Reads the value of a key from the store. */
export type Load<Key, Value> = (key: Key) => Promise<Value | undefined>;

/** Returns whether the key has all fields of the scope. */
export const isWithin = <Key>(key: Key, scope: Partial<Key>): boolean =>
  Object.entries(scope).every(([field, value]) => key[field as keyof Key] === value);
