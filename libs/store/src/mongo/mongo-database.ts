import { createConnection } from 'mongoose';
import type { MongoConfig } from '@manifold/config';
import { connectOptions } from './mongo-connection.js';
import { askDatabase, DEADLINE_AT_START } from './mongo-errors.js';

/** Tells whether the database has collections. MongoDB creates a database with its first collection. @throws StoreUnavailableError */
export async function mongoDatabaseExists(config: MongoConfig): Promise<boolean> {
  const connection = createConnection();
  try {
    return await askDatabase(async () => {
      await connection.openUri(config.url, connectOptions(config));
      const databases = [connection, connection.useDb(config.secretsDbName)];
      const lists = await Promise.all(databases.map(({ db }) => db!.listCollections({}, { nameOnly: true }).toArray()));
      return lists.flat().length > 0;
    }, DEADLINE_AT_START);
  } finally {
    await connection.close();
  }
}
