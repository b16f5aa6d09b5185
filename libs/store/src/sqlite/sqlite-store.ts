import { join } from 'node:path';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Config } from '@manifold/config';
import { CollectionRegistry } from '../collection-registry.js';
import type { Collection, CollectionSpec, Fields } from '../collection.js';
import { SealableStore } from '../sealable-store.js';
import { TimeOrderedIds } from '../time-ordered-ids.js';
import { SqliteCollection } from './sqlite-collection.js';
import { SqliteConnection } from './sqlite-connection.js';

/** Milliseconds between two deletions of expired records. */
const PURGE_INTERVAL = 10 * 60 * 1000;

/** Returns the path of the database file. */
export const sqliteFile = (dataDir: string): string => join(dataDir, 'manifold.db');

/**
 * The embedded store: one file, `<DATA_DIR>/manifold.db`. Several processes of one machine may open it at a time, such as the gateway and
 * the admin command.
 *
 * Lifecycle: opened by `onModuleInit` or the first use; closed for good by `onApplicationShutdown`.
 */
export class SqliteStore extends SealableStore implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(SqliteStore.name);
  private readonly connection: SqliteConnection;
  /** The connection for collections that are `replaceable`. */
  private readonly fasterConnection: SqliteConnection;
  private readonly collections = new CollectionRegistry<Pick<SqliteCollection<Fields>, 'purge'>>();
  protected readonly ids = new TimeOrderedIds();
  private purging?: NodeJS.Timeout;

  constructor({ dataDir }: Pick<Config, 'dataDir'>) {
    super();
    const file = sqliteFile(dataDir);
    this.connection = new SqliteConnection(file);
    this.fasterConnection = new SqliteConnection(file, 'NORMAL');
  }

  onModuleInit(): void {
    this.connection.open();
    this.purging = setInterval(() => this.purge(), PURGE_INTERVAL).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.purging);
    this.fasterConnection.close();
    this.connection.close();
  }

  async wipeRemains(): Promise<void> {
    this.connection.execute('vacuum; pragma wal_checkpoint(truncate);');
  }

  protected plainCollection<T extends Fields>(spec: CollectionSpec<T>): Collection<T> {
    const connection = spec.replaceable ? this.fasterConnection : this.connection;
    return this.collections.obtain(spec, () => new SqliteCollection<T>(connection, spec, this.ids));
  }

  async ping(): Promise<void> {
    this.connection.all('select 1');
  }

  private purge(): void {
    try {
      this.collections.all().forEach((collection) => collection.purge());
    } catch (error) {
      this.logger.warn({ msg: 'expired records could not be deleted', err: error });
    }
  }
}
