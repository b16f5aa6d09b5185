import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '@manifold/config';
import { sqliteFile, type Store } from '@manifold/store';

/** Milliseconds that the gateway waits for the database at its start: both are often started together. */
const AWAITED_MS = 15_000;
const RETRY_MS = 500;

/** Returns the name of the database for people, without a password. */
export function databaseName({ mongo, dataDir }: Pick<Config, 'mongo' | 'dataDir'>): string {
  return mongo ? `MongoDB at ${hostsOf(mongo.url)}, database ${mongo.dbName}` : `SQLite, ${sqliteFile(dataDir)}`;
}

/** Returns the hosts of a connection string: the part after the last `@`, because a password may contain an unencoded `@`. */
const hostsOf = (url: string): string => url.replace(/^.*@|^[a-z+]+:\/\//s, '').replace(/[/?].*$/s, '');

/** Resolves when the database answers. @throws StoreUnavailableError if it does not answer in time */
export async function untilDatabaseAnswers(store: Store, log: Logger): Promise<void> {
  const deadline = performance.now() + AWAITED_MS;
  for (let tries = 0; ; tries += 1) {
    try {
      return await store.ping();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      if (tries === 0) log.warn('the database does not answer yet: waiting for it');
      await pause(RETRY_MS);
    }
  }
}
