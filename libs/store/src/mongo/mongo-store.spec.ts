import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mongoose';
import { StoreUnavailableError, type CollectionSpec } from '../collection.js';
import { exerciseStore, openStore, type OpenStore } from '@manifold/store/testing';
import { eventually } from '../../../../test/support/eventually.js';
import { MongoStandIn } from '../../../../test/support/mongo-stand-in/index.js';
import { settlesWithin } from '../../../../test/support/settles-within.js';

const run = promisify(execFile);
const TESTING = resolve(import.meta.dirname, '../../testing');
const TYPESCRIPT = resolve(import.meta.dirname, '../../../../test/support/typescript.mjs');

const things: CollectionSpec<{ name: string }> = { name: 'things', indexes: [{ fields: ['name'], unique: true }] };

async function startStandIn(): Promise<MongoStandIn> {
  const server = new MongoStandIn();
  await server.start();
  return server;
}

exerciseStore('MongoStore on the stand-in', async () => {
  const server = await startStandIn();
  return { open: () => openStore({ MONGO_URL: server.url, SECRETS_DBNAME: 'vault' }), dispose: () => server.stop() };
});

const realServer = process.env.MONGO_URL;
if (realServer) {
  exerciseStore('MongoStore on MONGO_URL', async () => {
    const MONGO_DBNAME = `manifold_test_${randomBytes(6).toString('hex')}`;
    const dispose = async () => {
      const connection = await createConnection(realServer, { dbName: MONGO_DBNAME }).asPromise();
      await connection.dropDatabase();
      await connection.close();
    };
    return { open: () => openStore({ MONGO_URL: realServer, MONGO_DBNAME }), dispose };
  });
}

describe('MongoStore and a database in trouble', () => {
  let server: MongoStandIn;
  let opened: OpenStore;

  /** @returns the error of a promise that must fail, and whether it did within the time that it may take */
  const failure = async (promise: Promise<unknown>, ms = 2_500): Promise<{ error: unknown; inTime: boolean }> => {
    const [error, inTime] = await Promise.all([
      promise.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
      settlesWithin(ms, promise),
    ]);
    return { error, inTime };
  };
  const recovered = () =>
    eventually('MongoDB answers', async () => (await failure(opened.store.ping())).error === undefined);

  beforeEach(async () => {
    server = new MongoStandIn();
    await server.start();
  });

  afterEach(async () => {
    await opened.close();
    await server.stop();
  });

  it('starts without the database, says within two seconds that it is unavailable, and recovers by itself', async () => {
    await server.stop();
    opened = await openStore({ MONGO_URL: server.url });
    const early = await failure(opened.store.collection(things).insert({ name: 'a' }));
    const ping = await failure(opened.store.ping());
    expect(early.error).toBeInstanceOf(StoreUnavailableError);
    expect(ping.error).toBeInstanceOf(StoreUnavailableError);
    expect([early.inTime, ping.inTime]).toEqual([true, true]);

    await server.start();
    await recovered();
    await expect(opened.store.collection(things).insert({ name: 'a' })).resolves.toMatchObject({ revision: 1 });
  });

  it('stops within seconds while the database is away', async () => {
    await server.stop();
    const left = await openStore({ MONGO_URL: server.url });
    await failure(left.store.ping());
    expect(await failure(left.close(), 5_000)).toEqual({ error: undefined, inTime: true });
    await server.start();
    opened = await openStore({ MONGO_URL: server.url });
  });

  it('outlives a restart of the database', async () => {
    opened = await openStore({ MONGO_URL: server.url });
    const collection = opened.store.collection(things);
    await collection.insert({ name: 'a' });
    await server.stop();
    expect((await failure(collection.count())).error).toBeInstanceOf(StoreUnavailableError);
    await server.start();
    await recovered();
    expect(await collection.count()).toBe(1);
  });

  it('does not wait for a network that swallows everything', async () => {
    opened = await openStore({ MONGO_URL: server.url });
    const collection = opened.store.collection(things);
    const { id } = await collection.insert({ name: 'a' });
    server.silent = true;
    const failures = await Promise.all([
      failure(collection.get(id)),
      failure(collection.insert({ name: 'b' })),
      failure(opened.store.ping()),
    ]);
    for (const { error, inTime } of failures) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(inTime).toBe(true);
    }
    server.silent = false;
    await recovered();
    expect(await collection.find({ name: 'a' })).toHaveLength(1);
  });

  it('does not blame the database for a value that is too big', async () => {
    opened = await openStore({ MONGO_URL: server.url });
    const { error } = await failure(opened.store.collection(things).insert({ name: 'x'.repeat(17_000_000) }));
    expect(error).toMatchObject({ name: 'RangeError' });
  });
});

describe('MongoStore', () => {
  it('keeps collections of secrets in the database SECRETS_DBNAME', async () => {
    const server = await startStandIn();
    const opened = await openStore({ MONGO_URL: server.url, MONGO_DBNAME: 'plain', SECRETS_DBNAME: 'vault' });
    await opened.store.collection(things).insert({ name: 'a' });
    await opened.store.collection({ ...things, name: 'sealed', secret: true }).insert({ name: 'b' });
    const namespaces = [...server.collections].filter(([, collection]) => collection.find({}).length > 0);
    expect(namespaces.map(([namespace]) => namespace)).toEqual(['plain.things', 'vault.sealed']);
    await opened.close();
    await server.stop();
  });

  describe('in a process of its own, in Node’s own module system', () => {
    const start = (MONGO_URL: string, when: 'at-once' | 'after-failure') => {
      const args = ['--import', TYPESCRIPT, join(TESTING, 'src/store-round-trip.ts'), when];
      return run(process.execPath, args, { env: { MONGO_URL } });
    };

    it('works, and ends by itself', async () => {
      const server = await startStandIn();
      expect((await start(server.url, 'at-once')).stdout).toBe('there and back');
      expect(server.received).toContain('insert');
      await server.stop();
    });

    it('survives a first connection that fails while nobody asks for it', async () => {
      const server = await startStandIn();
      await server.stop();
      expect((await start(server.url, 'after-failure')).stdout).toBe('StoreUnavailableError');
    });
  });
});
