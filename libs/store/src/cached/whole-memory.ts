import { isDeepStrictEqual } from 'node:util';
import { KeyedMutex } from '@manifold/async';
import type { CacheMemory, Load } from './cache-memory.js';
import type { RecordKeys } from './record-keys.js';

interface Entry<Key, Value> {
  readonly key: Key;
  readonly value: Value;
}

/** The values of a whole collection, by the text of their key. */
export type Entries<Key, Value> = ReadonlyMap<string, Entry<Key, Value>>;

/**
 * Keeps the values of a whole collection. Look-ups never read the store.
 *
 * An invalidated key is read again, and its old value is in use until then. Writes and reads of one key run one after another, so the
 * result of the last one counts.
 */
export class WholeMemory<Key, Value> implements CacheMemory<Key, Value> {
  private readonly values = new Map<string, Entry<Key, Value>>();
  private readonly turns = new KeyedMutex();
  /** The keys whose write or read has begun and not ended: one entry for each of these tasks. */
  private readonly running = new Set<{ readonly text: string }>();
  /** The keys that had such a task since the last read of the collection began. */
  private touched = new Set<string>();
  private reading?: Promise<void>;
  private isReadWanted = false;
  private isLoaded = false;

  /** @param onReread called for a key whose value differs when the collection is read again */
  constructor(
    private readonly keys: Pick<RecordKeys<never, Key>, 'text' | 'exact'>,
    private readonly load: Load<Key, Value>,
    private readonly loadAll: () => Promise<Entries<Key, Value>>,
    private readonly onReread: (key: Key) => void,
  ) {}

  peek(key: Key): Value | undefined {
    return this.values.get(this.keys.text(key))?.value;
  }

  async get(key: Key): Promise<Value | undefined> {
    return this.peek(key);
  }

  known(): Key[] {
    return [...this.values.values()].map(({ key }) => key);
  }

  put(key: Key, value: Value | undefined): void {
    if (value === undefined) this.values.delete(this.keys.text(key));
    else this.values.set(this.keys.text(key), { key, value });
  }

  invalidate(scope: Partial<Key>): Promise<void> {
    const key = this.keys.exact(scope);
    return key ? this.reread(key) : this.invalidateAll();
  }

  /** Reads the collection, the first time too. One read runs at a time; calls during a read lead to one more read after it. */
  invalidateAll(): Promise<void> {
    this.isReadWanted = true;
    this.reading ??= this.readWhileWanted();
    return this.reading;
  }

  write<Result>(
    key: Key,
    work: () => Promise<Result>,
    valueOf: (result: Result) => Value | undefined,
  ): Promise<Result> {
    return this.inTurn(key, async () => {
      const result = await work();
      this.put(key, valueOf(result));
      return result;
    });
  }

  close(): void {
    // The last state stays in use until the process ends.
  }

  private reread(key: Key): Promise<void> {
    return this.inTurn(key, async () => this.put(key, await this.load(key)));
  }

  private inTurn<Result>(key: Key, task: () => Promise<Result>): Promise<Result> {
    const running = { text: this.keys.text(key) };
    this.running.add(running);
    this.touched.add(running.text);
    return this.turns.run(running.text, task).finally(() => this.running.delete(running));
  }

  private async readWhileWanted(): Promise<void> {
    try {
      while (this.isReadWanted) {
        this.isReadWanted = false;
        try {
          await this.readAll();
          this.isLoaded = true;
        } catch (error) {
          if (!this.isReadWanted) throw error;
        }
      }
    } finally {
      this.reading = undefined; // at once: a later call begins the next read
    }
  }

  /** Takes in the whole collection. A key that was written or read meanwhile may be newer in memory, so it is read again on its own. */
  private async readAll(): Promise<void> {
    const touched = new Set([...this.running].map(({ text }) => text));
    this.touched = touched;
    const all = await this.loadAll();
    for (const [text, { key }] of new Map([...this.values, ...all])) {
      const before = this.peek(key);
      if (touched.has(text)) await this.reread(key);
      else this.put(key, all.get(text)?.value);
      if (this.isLoaded && !isDeepStrictEqual(this.peek(key), before)) this.onReread(key);
    }
  }
}
