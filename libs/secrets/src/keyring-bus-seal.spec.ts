import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '@manifold/config';
import { openStore, temporaryStore, type OpenStore } from '@manifold/store/testing';
import { WatchedStore } from '../testing/src/index.js';
import { DataKeys } from './data-keys.js';
import { Keyring } from './keyring.js';
import { KeyringBusSeal } from './keyring-bus-seal.js';
import { masterKeySource } from './master-keys/choose-source.js';

const KEY = 'bMVdTGr0MJNqH6nVJkZcW3v8sBqzXyPu';
const MESSAGE = '{"topic":"sse.posted","body":"a word in confidence"}';

describe('A message between replicas', () => {
  const open: OpenStore[] = [];
  const started: Keyring[] = [];

  afterEach(async () => {
    for (const keyring of started.splice(0)) keyring.onApplicationShutdown();
    for (const store of open.splice(0).reverse()) await store.close();
  });

  /** A replica of an installation, which its database stands for. */
  async function replica({ config, store }: OpenStore): Promise<KeyringBusSeal> {
    const own = new Config({ ...config, secrets: { ...config.secrets, keys: [KEY] } });
    const keyring = new Keyring(masterKeySource(own), new DataKeys(store), own);
    started.push(keyring);
    await keyring.onModuleInit();
    return new KeyringBusSeal(keyring);
  }

  async function installation(): Promise<OpenStore> {
    const opened = await temporaryStore();
    open.push(opened);
    return opened;
  }

  it('is read by another replica, and by nobody else', async () => {
    const first = await installation();
    const same = await openStore({ DATA_DIR: first.config.dataDir });
    open.push(same);
    const [one, two] = [await replica(first), await replica(same)];
    const sealed = one.seal(MESSAGE, 'manifold:all');

    expect(await two.open(sealed, 'manifold:all')).toBe(MESSAGE);
    for (const text of [sealed, Buffer.from(sealed.split('.')[1]!, 'base64').toString('latin1')]) {
      expect(text).not.toContain('confidence');
    }
    // With the same SECRETS_KEY, but data keys of its own.
    await expect((await replica(await installation())).open(sealed, 'manifold:all')).rejects.toThrow('not known');
  });

  it('does not wait for the messages of another installation, of which there may be many', async () => {
    const opened = await installation();
    const watched = new WatchedStore(opened.store);
    const [seal, stranger] = [await replica({ ...opened, store: watched }), await replica(await installation())];
    const foreign = Array.from({ length: 100 }, (_, number) => stranger.seal(`${number}`, 'manifold:all'));
    await expect(seal.open(foreign[0]!, 'manifold:all')).rejects.toThrow('not known');
    const reads = watched.operations.length;
    for (const message of foreign) await expect(seal.open(message, 'manifold:all')).rejects.toThrow('not known');
    await sleep(0);
    expect(watched.operations).toHaveLength(reads);
  });

  it('opens as it was said, and where it was said', async () => {
    const seal = await replica(await installation());
    const sealed = seal.seal(MESSAGE, 'manifold:all');
    await expect(seal.open(sealed, 'manifold:replica:x')).rejects.toThrow();
    await expect(seal.open(sealed.slice(0, -8), 'manifold:all')).rejects.toThrow();
    await expect(seal.open(MESSAGE, 'manifold:all')).rejects.toThrow();
    await expect(seal.open('', 'manifold:all')).rejects.toThrow();
  });
});
