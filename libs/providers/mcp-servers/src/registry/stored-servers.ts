import { Injectable, Logger } from '@nestjs/common';
import { Bus, Topic, type Unsubscribe } from '@manifold/bus';
import { ProblemError } from '@manifold/rest';
import { Store, StoreConflictError, type Collection, type Stored, findAll } from '@manifold/store';
import { destinationOf, SERVERS, type ServerRecord } from '@manifold/mcp-hosting';

/** Announces that a server was registered, changed or deleted. */
const SERVER_CHANGED = new Topic<{ readonly tenant: string; readonly name: string }>('servers.changed');

/** The stored records of registered servers. All replicas share them. */
@Injectable()
export class StoredServers {
  private readonly logger = new Logger(StoredServers.name);
  private readonly records: Collection<ServerRecord>;

  constructor(
    store: Store,
    private readonly bus: Bus,
  ) {
    this.records = store.collection(SERVERS);
  }

  async all(): Promise<Stored<ServerRecord>[]> {
    return (await findAll(this.records)).map((stored) => this.complete(stored));
  }

  async find(tenant: string, name: string): Promise<Stored<ServerRecord> | undefined> {
    const [stored] = await this.records.find({ tenant, name });
    return stored && this.complete(stored);
  }

  /** @throws ProblemError 409 `server_already_exists` */
  async insert(record: ServerRecord): Promise<Stored<ServerRecord>> {
    try {
      return await this.records.insert(record);
    } catch (error) {
      throw error instanceof StoreConflictError ? alreadyExists(record.name) : error;
    }
  }

  /** @throws ProblemError 409 `server_changed` if another replica has changed the record first */
  async overwrite(id: string, revision: number, record: ServerRecord): Promise<Stored<ServerRecord>> {
    try {
      return await this.records.update(id, revision, record);
    } catch (error) {
      if (!(error instanceof StoreConflictError)) throw error;
      const message = `Server ${record.name} was changed by another request at the same time: read it again and repeat the change`;
      throw new ProblemError(409, 'server_changed', message, { cause: error });
    }
  }

  async remove(id: string): Promise<void> {
    await this.records.remove(id);
  }

  /** Announces a change to the other replicas. Resolves when they have applied it. */
  async announce(tenant: string, name: string): Promise<void> {
    await this.bus.announce(SERVER_CHANGED, { tenant, name });
  }

  /** Adds what older records do not have. A server whose confidential settings do not open must not run without them: it is disabled. */
  private complete({ value, ...stored }: Stored<ServerRecord>): Stored<ServerRecord> {
    const { tenant, name, transport, destination = destinationOf(transport) } = value;
    if (!stored.isUnreadable) return { ...stored, value: { ...value, destination } };
    this.logger.error({
      msg: 'confidential settings of a server cannot be opened: give them anew',
      tenant,
      server: name,
    });
    return { ...stored, value: { ...value, destination, enabled: false } };
  }

  /**
   * Subscribes to changes by other replicas.
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

export const alreadyExists = (name: string): ProblemError =>
  new ProblemError(409, 'server_already_exists', `Server with name ${name} already exists`);
