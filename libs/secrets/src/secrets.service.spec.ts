import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsoleLogger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { BusModule } from '@manifold/bus';
import { ConfigModule } from '@manifold/config';
import { Store, StoreModule, type Collection } from '@manifold/store';
import { temporaryStore, type OpenStore } from '@manifold/store/testing';
import { principal, WatchedStore } from '../testing/src/index.js';
import { SecretsModule } from './secrets.module.js';
import { SecretsService } from './secrets.service.js';

type Row = Record<'tenant' | 'issuer' | 'subject' | 'app' | 'name' | 'keyId' | 'sealed', string> & {
  destination?: string;
};

const CANARY = 'canary-5Yx0Qm2v';
/** The collection's own declaration: a database has one of a name. */
const SPEC = {
  name: 'secrets',
  secret: true,
  indexes: [
    { fields: ['tenant', 'issuer', 'subject', 'app', 'name'] as const, unique: true },
    { fields: ['tenant', 'issuer', 'subject', 'app'] as const },
    { fields: ['tenant', 'app'] as const },
  ],
};
const ann = { principal: principal('ann'), app: 'github' };

describe('SecretsService', () => {
  let opened: OpenStore;
  let store: WatchedStore;
  let module: TestingModule;
  let secrets: SecretsService;

  /** A gateway process on the same data. */
  async function start(): Promise<void> {
    store = new WatchedStore(opened.store);
    module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(opened.config), StoreModule, BusModule, SecretsModule],
    })
      .overrideProvider(Store)
      .useValue(store)
      .compile();
    await module.init();
    secrets = module.get(SecretsService);
    store.operations.length = 0;
  }

  beforeEach(async () => {
    opened = await temporaryStore();
    await start();
  });

  afterEach(async () => {
    await module.close();
    await opened.close();
  });

  /** The records as whoever reads and writes the database sees them. */
  const rows = (): Collection<Row> => opened.store.collection<Row>(SPEC);

  async function tamper(change: Partial<Row>): Promise<void> {
    const [row] = await rows().find({});
    await rows().update(row.id, row.revision, { ...row.value, ...change });
  }

  describe('secrets with a destination', () => {
    const [old, other] = ['https://a.example', 'https://b.example'];

    it('are asleep at another one until their owner confirms it, or sets them again', async () => {
      await secrets.set(ann, 'TOKEN', 'one', old);
      await secrets.set(ann, 'KEY', 'two', old);
      expect(await secrets.open(ann, other)).toEqual({});
      expect(await secrets.asleep(ann, other)).toEqual(['TOKEN', 'KEY']);
      expect(await secrets.list(ann)).toEqual(['TOKEN', 'KEY']);

      await secrets.set(ann, 'KEY', 'new', other);
      expect(await secrets.open(ann, other)).toEqual({ KEY: 'new' });
      await secrets.confirm(ann, other, ['TOKEN']);
      expect(await secrets.asleep(ann, other)).toEqual([]);
      expect(await secrets.open(ann, other)).toEqual({ TOKEN: 'one', KEY: 'new' });
      expect(await secrets.open(ann, old)).toEqual({});
    });

    it('wake up when the server is there again', async () => {
      await secrets.set(ann, 'TOKEN', 'one', old);
      await secrets.open(ann, other);
      expect(await secrets.open(ann, old)).toEqual({ TOKEN: 'one' });
    });

    it('cannot be moved to another one in the database', async () => {
      await secrets.set(ann, 'TOKEN', CANARY, old);
      await tamper({ destination: other });
      await expect(secrets.open(ann, other)).rejects.toMatchObject({ name: 'SecretUnreadableError' });
    });

    it('get the one that the server had, if an earlier version stored them', async () => {
      const bob = { ...ann, principal: principal('bob') };
      await secrets.set(ann, 'TOKEN', 'of ann');
      await secrets.set(bob, 'TOKEN', 'of bob');
      expect(await secrets.open(ann, old)).toEqual({ TOKEN: 'of ann' });
      await secrets.bind('acme', 'github', 'https://of-a-stranger.example');
      expect(await secrets.open(ann, old)).toEqual({ TOKEN: 'of ann' });
      await secrets.bind(ann.principal.tenant, 'github', old);
      await secrets.bind(ann.principal.tenant, 'github', other);
      expect(await secrets.open(ann, other)).toEqual({});
      expect(await secrets.open(bob, other)).toEqual({});
      expect(await secrets.open(bob, old)).toEqual({ TOKEN: 'of bob' });
    });
  });

  it('binds the secrets of many users, of whom one has a secret that does not open', async () => {
    const owners = Array.from({ length: 30 }, (_, index) => ({ principal: principal(`user-${index}`), app: 'github' }));
    await Promise.all(owners.map((owner, index) => secrets.set(owner, 'TOKEN', `of ${index}`)));
    const first = (await rows().find({})).find(({ value }) => value.subject === 'user-0');
    await rows().update(first!.id, first!.revision, {
      ...first!.value,
      sealed: `${first!.value.sealed.slice(0, -4)}AAAA`,
    });
    await secrets.bind(ann.principal.tenant, 'github', 'https://old.test');
    const values = await Promise.all(owners.slice(1).map((owner) => secrets.open(owner, 'https://old.test')));
    expect(values).toEqual(owners.slice(1).map((_, index) => ({ TOKEN: `of ${index + 1}` })));
    const others = await Promise.all(owners.slice(1).map((owner) => secrets.open(owner, 'https://new.test')));
    expect(others.every((found) => Object.keys(found).length === 0)).toBe(true);
  });

  it('opens what was set, after a restart too', async () => {
    await secrets.set(ann, 'TOKEN', 'one');
    await secrets.set(ann, '__proto__', 'two');
    await module.close();
    await start();
    const values = await secrets.open(ann, 'here');
    expect(Object.entries(values).sort()).toEqual(
      [
        ['TOKEN', 'one'],
        ['__proto__', 'two'],
      ].sort(),
    );
    expect(Object.getPrototypeOf(values)).toBeNull();
    expect(Object.isFrozen(values)).toBe(true);
  });

  it('overwrites, and keeps one record for each name', async () => {
    await secrets.set(ann, 'TOKEN', 'one');
    await secrets.set(ann, 'TOKEN', '');
    expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: '' });
    expect(await rows().count()).toBe(1);
  });

  it('deletes, and says whether there was something', async () => {
    await secrets.set(ann, 'TOKEN', 'one');
    expect(await secrets.delete(ann, 'OTHER')).toBe(false);
    expect(await secrets.delete(ann, 'TOKEN')).toBe(true);
    expect(await secrets.delete(ann, 'TOKEN')).toBe(false);
    expect(await secrets.open(ann, 'here')).toEqual({});
  });

  it('opens more secrets than one page of the store holds', async () => {
    const names = Array.from({ length: 1003 }, (_, index) => `NAME_${index}`);
    await Promise.all(names.map((name) => secrets.set(ann, name, name)));
    expect(Object.keys(await secrets.open(ann, 'here'))).toHaveLength(1003);
  });

  it('keeps owners apart that differ in one field, or whose fields run together (threat 41)', async () => {
    const owners = [
      ann,
      { ...ann, app: 'github.com' },
      { ...ann, app: 'git' },
      { principal: principal('ann', 'https://two.test'), app: 'github' },
      { principal: principal('ann', 'https://one.test', 'other'), app: 'github' },
      { principal: principal('bob'), app: 'github' },
      { principal: principal('a'), app: 'b.c' },
      { principal: principal('a.b'), app: 'c' },
      { principal: principal('ann","github'), app: '' },
    ];
    await Promise.all(owners.map((owner, index) => secrets.set(owner, 'TOKEN', `value ${index}`)));
    const values = await Promise.all(owners.map((owner) => secrets.open(owner, 'here')));
    expect(values).toEqual(owners.map((_, index) => ({ TOKEN: `value ${index}` })));
    await secrets.delete(owners[3], 'TOKEN');
    expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'value 0' });
  });

  it('does not mix names that run together', async () => {
    await secrets.set(ann, 'a', 'one');
    await secrets.set(ann, 'a.b', 'two');
    await secrets.delete(ann, 'a');
    expect(await secrets.open(ann, 'here')).toEqual({ 'a.b': 'two' });
  });

  describe('and somebody who writes to the database (threats 39 and 40)', () => {
    const mallory = (change: Partial<{ tenant: string; issuer: string; subject: string; app: string }>) => ({
      principal: principal(change.subject ?? 'ann', change.issuer ?? 'https://one.test', change.tenant ?? 'default'),
      app: change.app ?? 'github',
    });

    it.each([{ tenant: 'other' }, { issuer: 'https://two.test' }, { subject: 'mallory' }, { app: 'evil' }])(
      'does not open a record that was moved to %j',
      async (change) => {
        await secrets.set(ann, 'TOKEN', CANARY);
        await tamper(change);
        await expect(secrets.open(mallory(change), 'here')).rejects.toMatchObject({
          name: 'SecretUnreadableError',
          app: change.app ?? 'github',
          secretName: 'TOKEN',
        });
      },
    );

    it.each([{ name: 'SHOWN' }, { keyId: '0123456789abcdef' }, { sealed: '' }, { sealed: 'AAAA' }])(
      'does not open a record that was changed to %j',
      async (change) => {
        await secrets.set(ann, 'TOKEN', CANARY);
        await tamper(change);
        await expect(secrets.open(ann, 'here')).rejects.toMatchObject({
          app: 'github',
          secretName: change.name ?? 'TOKEN',
        });
      },
    );

    it('does not open a record whose sealed text came from another name of the same user', async () => {
      await secrets.set(ann, 'TOKEN', CANARY);
      const [{ value }] = await rows().find({});
      await secrets.set(ann, 'PASSWORD', 'x');
      const [, other] = await rows().find({});
      await rows().update(other.id, other.revision, { ...other.value, sealed: value.sealed });
      await expect(secrets.open(ann, 'here')).rejects.toMatchObject({ secretName: 'PASSWORD' });
    });

    it('does not open a record whose tag was cut to four bytes', async () => {
      await secrets.set(ann, 'TOKEN', CANARY);
      const [{ value }] = await rows().find({});
      const bytes = Buffer.from(value.sealed, 'base64');
      await tamper({ sealed: bytes.subarray(0, -12).toString('base64') });
      await expect(secrets.open(ann, 'here')).rejects.toMatchObject({ name: 'SecretUnreadableError' });
    });

    it('finds no value in the files of the database', async () => {
      await secrets.set(ann, 'TOKEN', CANARY);
      const files = await readdir(opened.config.dataDir);
      expect(files).toContain('manifold.db-wal');
      for (const file of files) {
        const bytes = await readFile(join(opened.config.dataDir, file));
        expect(bytes.includes(CANARY)).toBe(false);
        expect(bytes.includes(Buffer.from(CANARY).toString('base64').slice(0, 16))).toBe(false);
      }
    });
  });

  it('shows no value in what is logged, errors with their causes included (threat 43)', async () => {
    const output: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((chunk) => output.push(String(chunk)) > 0),
    );
    await module.close();
    await start();
    await secrets.set(ann, 'TOKEN', CANARY);
    await secrets.open(ann, 'here');
    await tamper({ app: 'github', keyId: 'x' });
    await secrets.set({ ...ann, app: 'other' }, 'TOKEN', CANARY);
    await secrets.delete(ann, 'OTHER');
    const error = await secrets.open(ann, 'here').catch((reason: unknown) => reason);
    new ConsoleLogger().error({ msg: 'A call failed', err: error });
    for (const spy of spies) spy.mockRestore();
    expect(output.join('')).toContain('The key is not known');
    expect(output.join('')).not.toContain(CANARY);
  });

  describe('and its cache', () => {
    it('reads the database once for any number of calls, for users without secrets too', async () => {
      await secrets.set(ann, 'TOKEN', 'one');
      store.operations.length = 0;
      for (let call = 0; call < 5; call += 1) await secrets.open(ann, 'here');
      expect(store.operations).toEqual(['secrets.find']);
      const nobody = { ...ann, app: 'none' };
      for (let call = 0; call < 5; call += 1) expect(await secrets.open(nobody, 'here')).toEqual({});
      expect(store.operations).toEqual(['secrets.find', 'secrets.find']);
    });

    it('reads the database once for calls that come at the same time', async () => {
      await secrets.set(ann, 'TOKEN', 'one');
      store.operations.length = 0;
      const values = await Promise.all(Array.from({ length: 50 }, () => secrets.open(ann, 'here')));
      expect(values).toEqual(Array(50).fill({ TOKEN: 'one' }));
      expect(store.operations).toEqual(['secrets.find']);
    });

    it('shows each write to the next call', async () => {
      expect(await secrets.open(ann, 'here')).toEqual({});
      await secrets.set(ann, 'TOKEN', 'one');
      expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'one' });
      await secrets.set(ann, 'TOKEN', 'two');
      expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'two' });
      await secrets.delete(ann, 'TOKEN');
      expect(await secrets.open(ann, 'here')).toEqual({});
    });

    it('does not remember what a load read before a write that ended meanwhile', async () => {
      await secrets.set(ann, 'TOKEN', 'old');
      let release = () => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const started = new Promise<void>((resolve) => {
        store.beforeAnswer = () => {
          store.beforeAnswer = undefined;
          resolve();
          return held;
        };
      });
      const early = secrets.open(ann, 'here');
      await started;
      await secrets.set(ann, 'TOKEN', 'new');
      expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'new' });
      release();
      expect(await early).toEqual({ TOKEN: 'old' });
      expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'new' });
    });

    it('does not remember a failure, and forgets the owner when a write ends in one', async () => {
      await secrets.set(ann, 'TOKEN', 'one');
      store.beforeAnswer = () => Promise.reject(new Error('cut'));
      await expect(secrets.open(ann, 'here')).rejects.toThrow('cut');
      store.beforeAnswer = undefined;
      expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'one' });

      store.beforeAnswer = (operation) =>
        operation === 'secrets.update' ? Promise.reject(new Error('cut')) : Promise.resolve();
      await expect(secrets.set(ann, 'TOKEN', 'two')).rejects.toThrow('cut');
      expect(await secrets.open(ann, 'here')).toEqual({ TOKEN: 'two' });
    });

    it('deletes all users’ secrets of a server, and no other server’s', async () => {
      const owners = ['github', 'gitlab'].flatMap((app) =>
        ['ann', 'bob'].map((user) => ({ principal: principal(user), app })),
      );
      const elsewhere = { principal: principal('ann', 'https://one.test', 'other'), app: 'github' };
      for (const owner of [...owners, elsewhere]) {
        await secrets.set(owner, 'TOKEN', 'one');
        await secrets.open(owner, 'here');
      }
      await secrets.deleteApp('default', 'github');
      const left = await Promise.all([...owners, elsewhere].map((owner) => secrets.open(owner, 'here')));
      expect(left.map((values) => Object.keys(values).length)).toEqual([0, 0, 1, 1, 1]);
      expect(await rows().count()).toBe(3);
    });
  });

  it('lets parallel writers of one secret all succeed, with one of their values in the end', async () => {
    const values = Array.from({ length: 50 }, (_, index) => `value ${index}`);
    await Promise.all(values.map((value) => secrets.set(ann, 'TOKEN', value)));
    expect(values).toContain((await secrets.open(ann, 'here')).TOKEN);
    expect(await rows().count()).toBe(1);
  });

  it('never mixes users who call at the same time', async () => {
    const users = Array.from({ length: 30 }, (_, index) => ({ principal: principal(`user ${index}`), app: 'github' }));
    await Promise.all(users.map((owner) => secrets.set(owner, 'ME', owner.principal.subject)));
    const calls = Array.from({ length: 300 }, (_, index) => users[index % 30]);
    const seen = await Promise.all(calls.map((owner) => secrets.open(owner, 'here')));
    expect(seen.map(({ ME }) => ME)).toEqual(calls.map((owner) => owner.principal.subject));
  });

  it('opens only the secrets that are wanted', async () => {
    await secrets.set(ann, 'TOKEN', 'one');
    await secrets.set(ann, 'KEY', 'two');
    expect({ ...(await secrets.open(ann, 'here', ['KEY', 'OTHER'])) }).toEqual({ KEY: 'two' });
    expect({ ...(await secrets.open(ann, 'here', [])) }).toEqual({});
  });

  describe('names', () => {
    const names = async (): Promise<string[]> => [...(await secrets.namesOf('default', 'github'))].sort();
    const bob = { principal: principal('bob'), app: 'github' };

    it('are those of all users of the tenant, for this server', async () => {
      await secrets.set(ann, 'TOKEN', 'one');
      await secrets.set(bob, 'KEY', 'two');
      await secrets.set({ ...ann, app: 'gitlab' }, 'ELSEWHERE', 'three');
      await secrets.set({ principal: principal('ann', 'https://one.test', 'other'), app: 'github' }, 'FOREIGN', 'four');
      expect(await names()).toEqual(['KEY', 'TOKEN']);
    });

    it('follow what is set and deleted, and are read again only when they may differ', async () => {
      await secrets.set(ann, 'TOKEN', 'one');
      expect(await names()).toEqual(['TOKEN']);
      const finds = () => store.operations.filter((operation) => operation === 'secrets.find').length;
      const reads = async (task: () => Promise<unknown>): Promise<number> => {
        await task();
        const before = finds();
        await names();
        return finds() - before;
      };
      expect(await reads(() => secrets.set(bob, 'TOKEN', 'two'))).toBe(0);
      expect(await reads(() => secrets.set(bob, 'KEY', 'three'))).toBe(1);
      expect(await names()).toEqual(['KEY', 'TOKEN']);
      await secrets.delete(bob, 'KEY');
      expect(await names()).toEqual(['TOKEN']);
      await secrets.deleteApp('default', 'github');
      expect(await names()).toEqual([]);
    });
  });

  it('tells whose secrets have changed, after which they are opened anew', async () => {
    const seen: string[] = [];
    let opened: Promise<Readonly<Record<string, string>>> | undefined;
    const stop = secrets.onChanged((owner) => {
      seen.push(`${owner.principal.subject} ${owner.app}`);
      opened = secrets.open(owner, 'here');
    });
    await secrets.open(ann, 'here');
    await secrets.set(ann, 'TOKEN', 'new');
    expect(await opened).toMatchObject({ TOKEN: 'new' });
    await secrets.delete(ann, 'TOKEN');
    expect({ ...(await opened) }).toEqual({});
    stop();
    await secrets.set(ann, 'TOKEN', 'newer');
    expect(seen).toEqual(['ann github', 'ann github']);
  });
});
