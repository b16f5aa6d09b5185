import type { MongoConfig, RedisConfig } from '../model/config.js';
import { excludes } from '../model/faults.js';
import { matching, text } from '../model/parsers.js';
import { setting, settingGroup, type Values } from '../model/setting.js';

export const state = settingGroup({
  title: 'Database and replicas',
  about:
    'The state is in SQLite, in `DATA_DIR`, unless `MONGO_URL` or `MONGO_HOST` is set. Several replicas need MongoDB and Redis.',
  settings: {
    DATA_DIR: setting({
      parse: text,
      default: './data',
      meaning:
        'The folder that the gateway writes to: the SQLite database, the key of development, installed packages.',
    }),
    MONGO_URL: setting({
      parse: matching(/^mongodb(\+srv)?:\/\//, 'a URL that starts with mongodb:// or mongodb+srv://'),
      meaning: 'The connection string of MongoDB. It replaces SQLite.',
      secret: true,
      file: true,
    }),
    MONGO_HOST: setting({
      parse: text,
      meaning: '`host:port`, or several of them separated by commas: in the place of `MONGO_URL`.',
    }),
    MONGO_USER: setting({ parse: text, meaning: 'The user of MongoDB, with `MONGO_HOST`.' }),
    MONGO_PASS: setting({
      parse: text,
      meaning: 'The password of that user, with `MONGO_HOST`.',
      secret: true,
      file: true,
    }),
    MONGO_DBNAME: setting({ parse: text, default: 'mcp', meaning: 'The database in MongoDB.' }),
    MONGO_REPLICASET: setting({ parse: text, meaning: 'The replica set of MongoDB, with `MONGO_HOST`.' }),
    SECRETS_DBNAME: setting({
      parse: text,
      unset: '`MONGO_DBNAME`',
      meaning: 'The database in MongoDB that holds the sealed secrets.',
    }),
    REDIS_URL: setting({
      parse: matching(/^rediss?:\/\//, 'a URL that starts with redis:// or rediss://'),
      meaning:
        'The Redis over which replicas talk, such as `rediss://user:password@host:6379`. Without it there may be one process only.',
      secret: true,
      file: true,
    }),
    REDIS_PREFIX: setting({
      parse: matching(/^[\x21-\x7e]{1,64}$/, '1 to 64 printable characters'),
      default: 'manifold:',
      meaning: 'The names of all channels and keys in Redis begin with it, so that installations can share a Redis.',
    }),
  },
});

type StateValues = Values<typeof state>;

/** Returns the faults between these settings. */
export function stateFaults(values: StateValues): string[] {
  const { MONGO_URL: url, MONGO_HOST: host } = values;
  const faults: string[] = [];
  if (url !== undefined && host !== undefined) faults.push(excludes('MONGO_URL', 'MONGO_HOST'));
  if (values.MONGO_PASS !== undefined && values.MONGO_USER === undefined) {
    faults.push('MONGO_USER: is not set, but MONGO_PASS is; set the user of that password, too');
  }
  if (values.REDIS_URL !== undefined && url === undefined && host === undefined) {
    faults.push('REDIS_URL: is for several replicas, which need MongoDB; set MONGO_URL, too');
  }
  return faults;
}

export function mongoConfig(values: StateValues): MongoConfig | undefined {
  const url = values.MONGO_URL ?? mongoUrl(values);
  if (url === undefined) return undefined;
  return { url, dbName: values.MONGO_DBNAME, secretsDbName: values.SECRETS_DBNAME ?? values.MONGO_DBNAME };
}

function mongoUrl({ MONGO_HOST, MONGO_USER, MONGO_PASS, MONGO_REPLICASET }: StateValues): string | undefined {
  if (MONGO_HOST === undefined) return undefined;
  const password = MONGO_PASS === undefined ? '' : `:${encodeURIComponent(MONGO_PASS)}`;
  const credentials = MONGO_USER === undefined ? '' : `${encodeURIComponent(MONGO_USER)}${password}@`;
  const query = MONGO_REPLICASET === undefined ? '' : `?replicaSet=${encodeURIComponent(MONGO_REPLICASET)}`;
  return `mongodb://${credentials}${MONGO_HOST}/${query}`;
}

export const redisConfig = ({ REDIS_URL: url, REDIS_PREFIX: prefix }: StateValues): RedisConfig | undefined =>
  url === undefined ? undefined : { url, prefix };
