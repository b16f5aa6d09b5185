import { existsSync } from 'node:fs';
import type { Config } from '@manifold/config';
import { sqliteFile } from './sqlite/sqlite-store.js';

/**
 * Tells whether a gateway has ever used the configured database. Does not create it.
 * @throws StoreUnavailableError
 */
export async function databaseExists({ mongo, dataDir }: Pick<Config, 'mongo' | 'dataDir'>): Promise<boolean> {
  if (!mongo) return existsSync(sqliteFile(dataDir));
  const { mongoDatabaseExists } = await import('./mongo/mongo-database.js');
  return mongoDatabaseExists(mongo);
}
