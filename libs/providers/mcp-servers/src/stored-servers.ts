import { Injectable } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { Problem } from '@manifold/rest';
import { Store, StoreConflict, type Collection, type Stored } from '@manifold/store';
import { everyRecord } from './every-record.js';
import { SERVERS, type ServerRecord } from './server-record.js';

/** A server was registered, changed or deleted. */
const SERVER_CHANGED = new Topic<{ readonly tenant: string; readonly name: string }>('servers.changed');

/** The records of registered servers, which all replicas share. */
@Injectable()
export class StoredServers {
  private readonly records: Collection<ServerRecord>;

  constructor(
    store: Store,
    private readonly bus: Bus,
  ) {
    this.records = store.collection(SERVERS);
  }

  all(): Promise<Stored<ServerRecord>[]> {
    return everyRecord(this.records);
  }

  async find(tenant: string, name: string): Promise<Stored<ServerRecord> | undefined> {
    return (await this.records.find({ tenant, name }))[0];
  }

  /** @throws Problem 409 `server_already_exists` */
  async insert(record: ServerRecord): Promise<Stored<ServerRecord>> {
    try {
      return await this.records.insert(record);
    } catch (error) {
      throw error instanceof StoreConflict ? alreadyExists(record.name) : error;
    }
  }

  /** @throws Problem 409 `server_changed` when another replica was faster */
  async overwrite(id: string, revision: number, record: ServerRecord): Promise<Stored<ServerRecord>> {
    try {
      return await this.records.update(id, revision, record);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      const message = `Server ${record.name} was changed by somebody else at the same time`;
      throw new Problem(409, 'server_changed', message, { cause: error });
    }
  }

  async remove(id: string): Promise<void> {
    await this.records.remove(id);
  }

  /** Tells the other replicas. Resolves when they have taken the change over. */
  async announce(tenant: string, name: string): Promise<void> {
    await this.bus.announce(SERVER_CHANGED, { tenant, name });
  }

  /**
   * @param onChange called when another replica has announced a change
   * @param onMissed called when such announcements may have been missed
   */
  follow(onChange: (tenant: string, name: string) => Promise<void>, onMissed: () => void): Unsubscribe {
    const leave = [
      this.bus.onAnnounced(SERVER_CHANGED, ({ tenant, name }) => onChange(tenant, name)),
      this.bus.onMissed(onMissed),
    ];
    return () => leave.forEach((unsubscribe) => unsubscribe());
  }
}

export const alreadyExists = (name: string): Problem =>
  new Problem(409, 'server_already_exists', `Server with name ${name} already exists`);
