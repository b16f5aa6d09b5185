import { mongo } from 'mongoose';

/** A record of the other gateway. Its members are not checked. */
export type OriginalRecord = Readonly<Record<string, unknown>>;

/** All records of the other gateway that can be brought over. */
export interface OriginalRecords {
  readonly servers: readonly OriginalRecord[];
  readonly packages: readonly OriginalRecord[];
  readonly secrets: readonly OriginalRecord[];
  readonly tokens: readonly OriginalRecord[];
}

export interface OriginalPlace {
  /** A URL of MongoDB. It may contain a password. */
  readonly url: string;
  /** Its MONGO_DBNAME. Default: the database that the URL names. */
  readonly database?: string;
  /** Its SECRETS_DBNAME, which is the name of a collection there. */
  readonly secrets: string;
}

const ANSWER_LIMIT_MS = 10_000;

/**
 * Reads the records. Nothing is written.
 * @throws Error if the database is not reached, or has no such records
 */
export async function readOriginal({ url, database, secrets }: OriginalPlace): Promise<OriginalRecords> {
  const client = new mongo.MongoClient(url, {
    serverSelectionTimeoutMS: ANSWER_LIMIT_MS,
    readPreference: 'primaryPreferred',
  });
  const name = database ?? databaseIn(url);
  if (name === undefined) throw new Error('--database is needed: MONGO_DBNAME of the other gateway');
  try {
    const all = (collection: string): Promise<OriginalRecord[]> =>
      client.db(name).collection(collection).find().toArray();
    const records = {
      servers: await all('mcp'),
      packages: await all('packages'),
      secrets: await all(secrets),
      tokens: await all('mcpOAuthTokens'),
    };
    if (Object.values(records).every(({ length }) => length === 0)) {
      throw new Error(`The database ${name} has no servers, packages, secrets or OAuth tokens of mcp-api`);
    }
    return records;
  } finally {
    await client.close();
  }
}

/** Returns the database that a URL of MongoDB names. Such a URL may have several hosts. */
const databaseIn = (url: string): string | undefined => /^[^:]+:\/\/[^/]+\/([^/?]+)/.exec(url)?.[1];
