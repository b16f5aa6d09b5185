import { Test, type TestingModule } from '@nestjs/testing';
import { BusModule } from '@manifold/bus';
import { Config, ConfigModule } from '@manifold/config';
import { confidentialFields, Store, StoreModule, type CollectionSpec, type Fields } from '@manifold/store';
import { openStore, temporaryStore, type OpenStore } from '@manifold/store/testing';
import { Keyring } from './keyring.js';
import { SecretsRotation } from './rotation/secrets-rotation.service.js';
import { recordsWithConfidentialFields } from './sealed-records.js';
import { SealingUpgrade } from './sealing-upgrade.service.js';
import { SecretsModule } from './secrets.module.js';

type Letter = { to: string; body?: string };
const PLAIN = { name: 'letters' } satisfies CollectionSpec<Letter>;
const LETTERS: CollectionSpec<Letter> = { ...PLAIN, confidential: confidentialFields<Letter>({ body: undefined }) };
const SEALED = [recordsWithConfidentialFields(LETTERS)];
const VALUE: Letter = { to: 'alice', body: 'canary-of-a-letter' };

describe('The confidential fields of a store with a keyring', () => {
  let folder: OpenStore;
  let module: TestingModule;
  let store: Store;

  beforeEach(async () => {
    folder = await temporaryStore();
    const secrets = { ...folder.config.secrets, refreshMs: 10 };
    const imports = [ConfigModule.forRoot(new Config({ ...folder.config, secrets })), StoreModule, SecretsModule];
    module = await Test.createTestingModule({ imports: [...imports, BusModule] }).compile();
    store = module.get(Store);
  });
  afterEach(async () => {
    await module.close();
    await folder.close();
  });

  /** The records as whoever reads the database sees them. */
  async function asStored(): Promise<string> {
    const other = await openStore({ DATA_DIR: folder.config.dataDir });
    const records = await other.store.collection<Fields>(PLAIN).find({});
    await other.close();
    return JSON.stringify(records);
  }

  it('are sealed before the modules are initialized, and open afterwards', async () => {
    const { id } = await store.collection(LETTERS).insert(VALUE);
    await module.init();
    expect(await store.collection(LETTERS).get(id)).toMatchObject({ value: VALUE, keyId: module.get(Keyring).current });
    expect(await asStored()).not.toContain('canary');
  });

  it('are sealed anew when keys are rotated', async () => {
    await module.init();
    const { id, keyId } = await store.collection(LETTERS).insert(VALUE);
    await store.collection(LETTERS).insert({ to: 'nobody' });
    const rotation = module.get(SecretsRotation);
    const work = { collections: SEALED, note: () => undefined, now: Date.now };
    expect((await rotation.plan(work)).counts).toEqual([{ collection: 'letters', records: 1, others: 0 }]);
    const result = await rotation.rotate(work);
    expect(result).toMatchObject({ resealed: 1, unreadable: [] });
    expect(result.keyId).not.toBe(keyId);
    expect(await store.collection(LETTERS).get(id)).toMatchObject({ value: VALUE, keyId: result.keyId });
  });

  it('are sealed at the start if an earlier version wrote them', async () => {
    const earlier = await openStore({ DATA_DIR: folder.config.dataDir });
    const { id } = await earlier.store.collection<Letter>(PLAIN).insert(VALUE);
    await earlier.close();
    expect(await asStored()).toContain('canary');
    const upgrade = module.get(SealingUpgrade);
    await upgrade.run(SEALED);
    await upgrade.run(SEALED);
    expect(await asStored()).not.toContain('canary');
    expect(await store.collection(LETTERS).get(id)).toMatchObject({ value: VALUE, revision: 2 });
  });
});
