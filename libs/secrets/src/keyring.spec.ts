import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Config } from '@manifold/config';
import type { Store } from '@manifold/store';
import { openStore, temporaryStore, type OpenStore } from '@manifold/store/testing';
import { WatchedStore } from '../testing/src/index.js';
import { DataKeys } from './data-keys.js';
import { Keyring } from './keyring.js';
import { masterKeySource } from './master-keys/choose-source.js';
import { WrongSecretsKeyError } from './secrets-errors.js';

const KEY = 'bMVdTGr0MJNqH6nVJkZcW3v8sBqzXyPu';
const OTHER_KEY = 'k3sVfY1uQ9xTzR7wLmNcB5hJdGpEaX2o';

describe('Keyring', () => {
  let opened: OpenStore;
  let store: WatchedStore;
  const started: Keyring[] = [];

  beforeEach(async () => {
    opened = await temporaryStore();
    store = new WatchedStore(opened.store);
  });

  afterEach(async () => {
    for (const keyring of started.splice(0)) keyring.onApplicationShutdown();
    await opened.close();
  });

  const config = (...keys: string[]) =>
    new Config({ ...opened.config, secrets: { ...opened.config.secrets, keys, refreshMs: 100 } });
  const keyFile = () => join(opened.config.dataDir, 'secrets.key');

  const keyringOf = (on: Store, ...keys: string[]) =>
    new Keyring(masterKeySource(config(...keys)), new DataKeys(on), config(...keys));

  async function start(...keys: string[]): Promise<Keyring> {
    const keyring = keyringOf(store, ...keys);
    started.push(keyring);
    await keyring.onModuleInit();
    return keyring;
  }

  it('opens after a restart what it sealed before', async () => {
    const { keyId, sealed } = (await start(KEY)).seal('token', ['a']);
    expect((await start(KEY)).unseal(keyId, sealed, ['a'])).toBe('token');
    expect(await readdir(opened.config.dataDir)).not.toContain('secrets.key');
  });

  it('makes a key for this user only where development has none, and uses it again', async () => {
    const { keyId, sealed } = (await start()).seal('token', []);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
    const key = await readFile(keyFile(), 'utf8');
    expect(Buffer.from(key.trim(), 'base64url')).toHaveLength(32);
    expect((await start()).unseal(keyId, sealed, [])).toBe('token');
    expect(await readFile(keyFile(), 'utf8')).toBe(key);
    expect((await readdir(opened.config.dataDir)).filter((name) => name.startsWith('secrets'))).toEqual([
      'secrets.key',
    ]);
  });

  it('does not start with another key than before, and writes nothing (threat 44)', async () => {
    await start(KEY);
    const before = await stored();
    store.operations.length = 0;
    await expect(start(OTHER_KEY)).rejects.toThrow(WrongSecretsKeyError);
    await expect(start(OTHER_KEY)).rejects.toThrow('start with the SECRETS_KEY that was used before');
    expect(store.writes).toEqual([]);
    expect(await stored()).toEqual(before);
  });

  it('does not make a new key where the one of the stored secrets is missing', async () => {
    await start();
    await rm(keyFile());
    store.operations.length = 0;
    await expect(start()).rejects.toThrow(/key is missing.*secrets\.key/);
    await expect(stat(keyFile())).rejects.toThrow('ENOENT');
    expect(store.writes).toEqual([]);
  });

  it.each(['', 'short', 'x'.repeat(44), '\0'.repeat(43)])('refuses a key file that holds %j', async (content) => {
    await writeFile(keyFile(), content);
    await expect(start()).rejects.toThrow(/does not contain a (?:valid )?key/);
    expect(store.writes).toEqual([]);
    expect(await readFile(keyFile(), 'utf8')).toBe(content);
  });

  it('agrees with every process that starts at the same time on the same empty store', async () => {
    const others = await Promise.all([1, 2, 3, 4].map(() => openStore({ DATA_DIR: opened.config.dataDir })));
    const keyrings = others.map((other) => keyringOf(other.store));
    await Promise.all(keyrings.map((keyring) => keyring.onModuleInit()));
    const { keyId, sealed } = keyrings[0].seal('token', []);
    for (const keyring of [...keyrings, await start()]) expect(keyring.unseal(keyId, sealed, [])).toBe('token');
    for (const keyring of keyrings) keyring.onApplicationShutdown();
    await Promise.all(others.map(({ close }) => close()));
  });

  it('refuses the loser of such a start that has another key', async () => {
    const results = await Promise.allSettled([start(KEY), start(OTHER_KEY)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'WrongSecretsKeyError' },
    });
  });

  it('binds what it seals to the key’s id', async () => {
    const keyring = await start(KEY);
    const { keyId, sealed } = keyring.seal('token', ['a']);
    expect(() => keyring.unseal('0000000000000000', sealed, ['a'])).toThrow('The key is not known');
    expect(() => keyring.unseal(keyId, sealed, ['a', keyId])).toThrow();
  });

  it('does not seal before it was started', () => {
    expect(() => keyringOf(store, KEY).seal('token', [])).toThrow('has not been started');
  });

  const stored = () => opened.store.collection({ name: 'keys', secret: true }).find({});
});
