import { isDeepStrictEqual } from 'node:util';
import { Topic, type Bus } from '@manifold/bus';
import { StoreConflict, type Collection, type CollectionSpec, type Fields, type Store } from '@manifold/store';
import { everyRecord } from './every-record.js';
import { KeyedMutex } from '@manifold/turns';
import { serverKey } from './server-record.js';

/** A record that belongs to one registered server. Its collection has a unique index on (tenant, name). */
export type OfServer = Fields & { tenant: string; name: string };

/** Hears what another replica has learned of a server, or that there is nothing any more. */
type LearnedElsewhere<T> = (tenant: string, name: string, value: T | undefined) => void;

/**
 * What the gateway learned of its servers, one record each: `get` answers from memory what the store holds.
 * Writes for one server keep their order.
 */
export class LearnedRecords<T extends OfServer> {
  private readonly values = new Map<string, T>();
  private readonly writes = new KeyedMutex();
  private readonly collection: Collection<T>;
  private elsewhere: LearnedElsewhere<T> = () => undefined;
  private readonly learned: Topic<{ readonly tenant: string; readonly name: string }>;

  constructor(
    spec: CollectionSpec<T>,
    store: Store,
    private readonly bus: Bus,
  ) {
    this.collection = store.collection(spec);
    this.learned = new Topic(`servers.learned.${spec.name}`);
  }

  /**
   * Must have ended before anything else is called.
   * @param elsewhere from then on hears of other replicas, for as long as the process lives
   */
  async load(elsewhere: LearnedElsewhere<T> = () => undefined): Promise<readonly T[]> {
    this.elsewhere = elsewhere;
    this.bus.onAnnounced(this.learned, ({ tenant, name }) => this.reload(tenant, name));
    this.bus.onMissed(() => void this.reloadAll().catch(() => undefined)); // `onMissed` comes again
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
      await this.bus.announce(this.learned, { tenant: value.tenant, name: value.name });
    });
  }

  /** The same where nothing is known of the server yet; else what another replica has learned counts, here too. */
  putFirst(value: T): Promise<void> {
    const { tenant, name } = value;
    return this.writes.run(serverKey(tenant, name), async () => {
      if (!(await this.isInserted(value))) {
        const [stored] = await this.collection.find(identity<T>(tenant, name));
        return this.takeOver(tenant, name, stored?.value);
      }
      this.values.set(serverKey(tenant, name), value);
      await this.bus.announce(this.learned, { tenant, name });
    });
  }

  remove(tenant: string, name: string): Promise<void> {
    const key = serverKey(tenant, name);
    return this.writes.run(key, async () => {
      await this.collection.removeWhere(identity<T>(tenant, name));
      this.values.delete(key);
      await this.bus.announce(this.learned, { tenant, name });
    });
  }

  private reload(tenant: string, name: string): Promise<void> {
    return this.writes.run(serverKey(tenant, name), async () => {
      const [stored] = await this.collection.find(identity<T>(tenant, name));
      this.takeOver(tenant, name, stored?.value);
    });
  }

  private async reloadAll(): Promise<void> {
    const all = new Map(
      (await everyRecord(this.collection)).map(({ value }) => [serverKey(value.tenant, value.name), value]),
    );
    for (const known of [...this.values.values(), ...all.values()]) {
      const { tenant, name } = known;
      const stored = all.get(serverKey(tenant, name));
      if (!isDeepStrictEqual(stored, this.get(tenant, name))) this.takeOver(tenant, name, stored);
    }
  }

  private takeOver(tenant: string, name: string, value: T | undefined): void {
    if (value) this.values.set(serverKey(tenant, name), value);
    else this.values.delete(serverKey(tenant, name));
    this.elsewhere(tenant, name, value);
  }

  /** False: there is one already. */
  private async isInserted(value: T): Promise<boolean> {
    try {
      await this.collection.insert(value);
      return true;
    } catch (error) {
      if (error instanceof StoreConflict) return false;
      throw error;
    }
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
