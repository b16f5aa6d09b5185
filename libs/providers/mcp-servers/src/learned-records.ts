import { StoreConflict, type Collection, type Fields } from '@manifold/store';
import { everyRecord } from './every-record.js';
import { KeyedMutex } from '@manifold/turns';
import { serverKey } from './server-record.js';

/** A record that belongs to one registered server. Its collection has a unique index on (tenant, name). */
export type OfServer = Fields & { tenant: string; name: string };

/**
 * What the gateway learned of its servers, one record each: `get` answers from memory what the store holds.
 * Writes for one server keep their order.
 */
export class LearnedRecords<T extends OfServer> {
  private readonly values = new Map<string, T>();
  private readonly writes = new KeyedMutex();

  constructor(private readonly collection: Collection<T>) {}

  /** Must have ended before anything else is called. */
  async load(): Promise<readonly T[]> {
    const all = (await everyRecord(this.collection)).map(({ value }) => value);
    for (const value of all) this.values.set(serverKey(value.tenant, value.name), value);
    return all;
  }

  get(tenant: string, name: string): T | undefined {
    return this.values.get(serverKey(tenant, name));
  }

  put(value: T): Promise<void> {
    const key = serverKey(value.tenant, value.name);
    return this.writes.run(key, async () => {
      await this.write(value);
      this.values.set(key, value);
    });
  }

  remove(tenant: string, name: string): Promise<void> {
    const key = serverKey(tenant, name);
    return this.writes.run(key, async () => {
      await this.collection.removeWhere(identity<T>(tenant, name));
      this.values.delete(key);
    });
  }

  private async write(value: T): Promise<void> {
    try {
      await this.upsert(value);
    } catch (error) {
      // Another replica wrote in between: what was learned last counts.
      if (!(error instanceof StoreConflict)) throw error;
      await this.upsert(value);
    }
  }

  private async upsert(value: T): Promise<void> {
    const [known] = await this.collection.find(identity<T>(value.tenant, value.name));
    if (known) await this.collection.update(known.id, known.revision, value);
    else await this.collection.insert(value);
  }
}

const identity = <T extends OfServer>(tenant: string, name: string): Partial<T> => ({ tenant, name }) as Partial<T>;
