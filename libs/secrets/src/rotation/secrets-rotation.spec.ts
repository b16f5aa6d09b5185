import { join } from 'node:path';
import { Test, type TestingModule } from '@nestjs/testing';
import Database from 'libsql';
import { BusModule } from '@manifold/bus';
import { Config, ConfigModule } from '@manifold/config';
import { Store, StoreModule } from '@manifold/store';
import { openStore, temporaryStore, type OpenStore } from '@manifold/store/testing';
import { principal, WatchedStore } from '../../testing/src/index.js';
import { DataKeys, type DataKeysRecord } from '../data-keys.js';
import { Keyring } from '../keyring.js';
import { SecretsModule } from '../secrets.module.js';
import type { SecretOwner } from '../secret-record.js';
import { SEALED_SECRETS, SecretsService } from '../secrets.service.js';
import { RETIRED_KEY_GRACE_MS, SecretsRotation, type RotationWork } from './secrets-rotation.service.js';

const KEY = 'bMVdTGr0MJNqH6nVJkZcW3v8sBqzXyPu';
const NEW_KEY = 'k3sVfY1uQ9xTzR7wLmNcB5hJdGpEaX2o';

interface Replica {
  readonly store: WatchedStore;
  readonly keyring: Keyring;
  readonly secrets: SecretsService;
  readonly rotation: SecretsRotation;
  close(): Promise<void>;
}

const owner = (user: string): SecretOwner => ({ principal: principal(user), app: 'github' });
const work = (more: Partial<RotationWork> = {}): RotationWork => ({
  collections: [SEALED_SECRETS],
  note: () => undefined,
  now: Date.now,
  ...more,
});

describe('SecretsRotation', () => {
  let opened: OpenStore;
  const replicas: Replica[] = [];

  beforeEach(async () => {
    opened = await temporaryStore();
  });

  afterEach(async () => {
    for (const replica of replicas.splice(0)) await replica.close();
    await opened.close();
  });

  /** A process of its own, as far as keys and the connection to the database go. */
  async function start({ keys = [KEY], refreshMs = 100, dataDir = opened.config.dataDir } = {}): Promise<Replica> {
    const other = await openStore({ DATA_DIR: dataDir });
    const secrets = { ...opened.config.secrets, keys, refreshMs };
    const store = new WatchedStore(other.store);
    const module: TestingModule = await Test.createTestingModule({
      imports: [
        ConfigModule.forRoot(new Config({ ...opened.config, dataDir, secrets })),
        StoreModule,
        SecretsModule,
        BusModule,
      ],
    })
      .overrideProvider(Store)
      .useValue(store)
      .compile();
    await module.init().catch(async (error: unknown) => {
      await other.close();
      throw error;
    });
    const replica: Replica = {
      store,
      keyring: module.get(Keyring),
      secrets: module.get(SecretsService),
      rotation: module.get(SecretsRotation),
      close: async () => {
        await module.close();
        await other.close();
      },
    };
    replicas.push(replica);
    return replica;
  }

  const storedKeys = async (): Promise<DataKeysRecord> => (await new DataKeys(opened.store).read())!;
  const database = <T>(use: (open: Database.Database) => T): T => {
    const open = new Database(join(opened.config.dataDir, 'manifold.db'));
    try {
      return use(open);
    } finally {
      open.close();
    }
  };
  const keyIdsOfSecrets = (): string[] =>
    database((open) => {
      const rows = open.prepare("select distinct doc ->> '$.keyId' as id from secrets").all() as { id: string }[];
      return rows.map(({ id }) => id);
    });

  async function fill({ secrets }: Replica, count: number): Promise<string[]> {
    const users = Array.from({ length: count }, (_, index) => `user-${index}`);
    for (const user of users) await secrets.set(owner(user), 'TOKEN', `of ${user}`);
    return users;
  }

  const opens = async ({ secrets }: Replica, users: readonly string[]): Promise<void> => {
    for (const user of users) expect(await secrets.open(owner(user), 'here')).toEqual({ TOKEN: `of ${user}` });
  };

  it('seals 10,000 secrets anew under reads and writes of another process, of which none fails', async () => {
    const [gateway, admin] = [await start(), await start()];
    await gateway.secrets.set(owner('user-0'), 'TOKEN', 'of user-0');
    const { keyId: before } = await storedKeys();
    database((open) => {
      const [row] = open.prepare('select doc from secrets').all() as { doc: string }[];
      const insert = open.prepare('insert into secrets (id, revision, expires_at, doc) values (?, 1, null, ?)');
      open.exec('begin');
      for (let index = 1; index < 10_000; index += 1) {
        const { tenant, issuer, app, name } = JSON.parse(row!.doc) as Record<string, string>;
        const [user, context] = [`user-${index}`, [tenant!, issuer!, `user-${index}`, app!, name!]];
        const doc = { tenant, issuer, subject: user, app, name, ...gateway.keyring.seal(`of ${user}`, context) };
        insert.run(`id-${index}`, JSON.stringify(doc));
      }
      open.exec('commit');
    });

    let isOver = false;
    const rotating = admin.rotation.rotate(work()).finally(() => (isOver = true));
    let [reads, writes] = [0, 0];
    const wrong: unknown[] = [];
    while (!isOver) {
      const user = `user-${(reads * 7919) % 10_000}`;
      const { TOKEN } = await gateway.secrets.open(owner(user), 'here');
      if (TOKEN !== `of ${user}`) wrong.push([user, TOKEN]);
      reads += 1;
      if (reads % 50 === 0) await gateway.secrets.set(owner(user), 'TOKEN', `of ${user}`).then(() => (writes += 1));
      await new Promise(setImmediate);
    }
    const { resealed, unreadable, keyId } = await rotating;

    expect(wrong).toEqual([]);
    expect(reads).toBeGreaterThan(10);
    expect(resealed + writes).toBeGreaterThanOrEqual(10_000);
    expect(unreadable).toEqual([]);
    expect(keyId).not.toBe(before);
    expect(keyIdsOfSecrets()).toEqual([keyId]);
    expect(await storedKeys()).toMatchObject({ keyId, previous: [{ keyId: before, retiredAt: expect.any(Number) }] });
  });

  it.each<[step: string, operation: string, nth: number]>([
    ['has announced the key', 'keys.update', 1],
    ['has put it to use', 'keys.update', 2],
    ['has sealed some secrets anew', 'secrets.update', 7],
    ['has retired the old key', 'keys.update', 3],
  ])('goes on where one ended that %s, and a backup of that moment opens', async (_step, operation, nth) => {
    const gateway = await start();
    const users = await fill(gateway, 40);
    const admin = await start();
    let count = 0;
    admin.store.beforeAnswer = (name) => {
      if (name === operation) count += 1;
      return count >= nth ? Promise.reject(new Error('killed')) : Promise.resolve();
    };
    await expect(admin.rotation.rotate(work())).rejects.toThrow('killed');
    await admin.close();
    replicas.splice(replicas.indexOf(admin), 1);
    const backup = await temporaryStore();
    const file = join(backup.config.dataDir, 'restored');
    database((open) => open.exec(`vacuum into '${join(backup.config.dataDir, 'restored.db')}'`));
    await import('node:fs/promises').then(async ({ mkdir, rename }) => {
      await mkdir(file);
      await rename(`${file}.db`, join(file, 'manifold.db'));
    });

    await opens(await start({ dataDir: file }), users);
    await opens(await start(), users); // the same data after the crash
    const { resealed } = await (await start()).rotation.rotate(work());
    expect(resealed).toBeLessThanOrEqual(40);
    const { keyId, next, previous } = await storedKeys();
    expect(next).toBeUndefined();
    // One key more than before, or two where nothing was left to go on with.
    expect(previous).toHaveLength(operation === 'keys.update' && nth === 3 ? 2 : 1);
    expect(previous!.every(({ retiredAt }) => retiredAt !== undefined)).toBe(true);
    expect(keyIdsOfSecrets()).toEqual([keyId]);
    await opens(gateway, users);
    await (await start({ dataDir: file })).rotation.rotate(work());
    await opens(await start({ dataDir: file }), users);
    for (const replica of replicas.splice(0)) await replica.close();
    await backup.close();
  });

  it('lets every process know the key before anybody seals under it', async () => {
    const [first, second, admin] = [await start(), await start(), await start()];
    let isChecked = false;
    let updates = 0;
    admin.store.beforeAnswer = async (name) => {
      if (name !== 'keys.update' || ++updates !== 2) return; // the key has been put to use
      await first.keyring.reload();
      const { keyId, sealed } = first.keyring.seal('a cursor', ['purpose']);
      expect(keyId).toBe((await storedKeys()).keyId);
      expect(second.keyring.unseal(keyId, sealed, ['purpose'])).toBe('a cursor');
      isChecked = true;
    };
    await admin.rotation.rotate(work());
    expect(isChecked).toBe(true);
  });

  it('reads the keys again for a text of the store under a key that it has not heard of', async () => {
    const late = await start({ refreshMs: 60_000 });
    const admin = await start();
    await admin.rotation.rotate(work());
    await admin.secrets.set(owner('ann'), 'TOKEN', 'new');
    late.store.operations.length = 0;
    expect(await late.secrets.open(owner('ann'), 'here')).toEqual({ TOKEN: 'new' });
    expect(late.store.operations.filter((name) => name === 'keys.get')).toHaveLength(1);
  });

  it('does not read the keys for each id that a client has invented', async () => {
    const gateway = await start({ refreshMs: 60_000 });
    gateway.store.operations.length = 0;
    const ids = Array.from({ length: 200 }, (_, index) => index.toString(16).padStart(16, '0'));
    for (const id of ids) expect(() => gateway.keyring.unseal(id, 'AAAA', [])).toThrow('The key is not known');
    await expect(gateway.keyring.open({ keyId: ids[0]!, sealed: 'AAAA' }, [])).rejects.toThrow('The key is not known');
    expect(gateway.store.operations.filter((name) => name === 'keys.get')).toHaveLength(1);
  });

  it('does not undo what somebody writes at the same time', async () => {
    const [gateway, admin] = [await start(), await start()];
    await fill(gateway, 3);
    let isWritten = false;
    admin.store.beforeAnswer = async (name) => {
      if (name !== 'secrets.find' || isWritten) return;
      isWritten = true;
      await gateway.secrets.set(owner('user-1'), 'TOKEN', 'newer');
      await gateway.secrets.delete(owner('user-2'), 'TOKEN');
    };
    const { keyId } = await admin.rotation.rotate(work());
    expect(isWritten).toBe(true);
    const fresh = await start();
    expect(await fresh.secrets.open(owner('user-1'), 'here')).toEqual({ TOKEN: 'newer' });
    expect(await fresh.secrets.open(owner('user-2'), 'here')).toEqual({});
    expect(keyIdsOfSecrets()).toEqual([keyId]);
  });

  it('uses no key that a process with another master key refuses', async () => {
    const gateway = await start();
    const users = await fill(gateway, 2);
    const { keyId } = await storedKeys();
    const admin = await start({ keys: [NEW_KEY, KEY] });
    await expect(admin.rotation.rotate(work())).rejects.toThrow('Give all of them the same SECRETS_KEY first');
    expect(await storedKeys()).toMatchObject({ keyId });
    expect((await storedKeys()).next).toBeUndefined();
    await gateway.secrets.set(owner('user-3'), 'TOKEN', 'of user-3');
    await opens(gateway, [...users, 'user-3']);
  });

  it('wraps all data keys under the master key in use, after which older ones are not needed', async () => {
    const first = await start();
    const users = await fill(first, 3);
    await first.close();
    replicas.length = 0;
    const admin = await start({ keys: [NEW_KEY, KEY] });
    await admin.rotation.rotate(work());
    await opens(await start({ keys: [NEW_KEY] }), users);
    const after = await storedKeys();
    await expect(start({ keys: [KEY] })).rejects.toThrow('start with the SECRETS_KEY that was used before');
    expect(await storedKeys()).toEqual(after);
    const ids = [after.masterKeyId, ...after.previous!.map(({ masterKeyId }) => masterKeyId)];
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
  });

  it('starts with both keys without writing anything', async () => {
    await fill(await start(), 1);
    const before = await storedKeys();
    const gateway = await start({ keys: [NEW_KEY, KEY] });
    expect(gateway.store.writes).toEqual([]);
    expect(await storedKeys()).toEqual(before);
  });

  it('keeps a retired key for a day, for what clients carry, and removes it then', async () => {
    const [gateway, admin] = [await start(), await start()];
    await fill(gateway, 2);
    const { keyId, sealed } = gateway.keyring.seal('a state', []);
    await admin.rotation.rotate(work());
    expect((await start()).keyring.unseal(keyId, sealed, [])).toBe('a state');
    expect(await admin.rotation.prune(work())).toMatchObject({ pruned: 0, resealed: 0 });

    const now = () => Date.now() + RETIRED_KEY_GRACE_MS;
    expect(await admin.rotation.prune(work({ now }))).toMatchObject({ pruned: 1, resealed: 0 });
    expect((await storedKeys()).previous).toEqual([]);
    await opens(gateway, ['user-0', 'user-1']);
    expect(gateway.keyring.unseal(keyId, sealed, [])).toBe('a state'); // what it holds in memory stays good
    const fresh = await start();
    expect(() => fresh.keyring.unseal(keyId, sealed, [])).toThrow('The key is not known');
    await opens(fresh, ['user-0', 'user-1']);
  });

  it('seals anew what a late writer left under a retired key before that is removed', async () => {
    const [late, admin] = [await start({ refreshMs: 60_000 }), await start()];
    await admin.rotation.rotate(work());
    await late.secrets.set(owner('ann'), 'TOKEN', 'late');
    const now = () => Date.now() + RETIRED_KEY_GRACE_MS;
    expect(await admin.rotation.prune(work({ now }))).toMatchObject({ pruned: 1, resealed: 1 });
    expect(await (await start()).secrets.open(owner('ann'), 'here')).toEqual({ TOKEN: 'late' });
  });

  it('names records that do not open, leaves them as they are and is not held up', async () => {
    const gateway = await start();
    const users = await fill(gateway, 3);
    // A record that somebody moved to another user (threat 39).
    database((open) =>
      open.exec(`update secrets set id = 'moved', doc = json_set(doc, '$.subject', 'eve')
        where doc ->> '$.subject' = 'user-1'`),
    );
    const { unreadable, resealed } = await gateway.rotation.rotate(work());
    expect({ unreadable, resealed }).toEqual({ unreadable: ['secrets moved'], resealed: 2 });
    await opens(await start(), [users[0]!, users[2]!]);
    await expect(gateway.secrets.open(owner('eve'), 'here')).rejects.toThrow('cannot be read');
  });

  it('counts beforehand what it would do, and writes nothing', async () => {
    await fill(await start(), 5);
    const admin = await start({ keys: [NEW_KEY, KEY] });
    const plan = await admin.rotation.plan(work());
    expect(plan).toEqual({
      isUnfinished: false,
      counts: [{ collection: 'secrets', records: 5, others: 0 }],
      rewrapped: 1,
      pruned: 0,
    });
    expect(admin.store.writes).toEqual([]);
  });
});
