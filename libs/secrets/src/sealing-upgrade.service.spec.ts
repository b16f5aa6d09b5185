import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { confidentialFields, type CollectionSpec, type Store } from '@manifold/store';
import { openStore, ReversingSealer, temporaryStore, type OpenStore } from '@manifold/store/testing';
import { recordsWithConfidentialFields } from './sealed-records.js';
import { SealingUpgrade } from './sealing-upgrade.service.js';

type Letter = { to: string; body?: string };
const confidential = confidentialFields<Letter>({ body: undefined });
const LETTERS = { name: 'letters' } satisfies CollectionSpec<Letter>;
const CARDS = { name: 'cards' } satisfies CollectionSpec<Letter>;
const SEALED = [LETTERS, CARDS].map((spec) => recordsWithConfidentialFields<Letter>({ ...spec, confidential }));

describe('The upgrade of a database with settings in the clear', () => {
  let folder: OpenStore;
  let opened: OpenStore;
  let wipes: jest.SpyInstance;
  let reads: jest.SpyInstance;

  /** Starts a process on the database, which does the upgrade. */
  async function start(
    prepare: (seal: Store['sealExisting']) => void = () => undefined,
    collections = SEALED,
  ): Promise<void> {
    opened = await openStore({ DATA_DIR: folder.config.dataDir });
    opened.store.sealWith(new ReversingSealer('k1'));
    const seal = opened.store.sealExisting.bind(opened.store);
    wipes = jest.spyOn(opened.store, 'wipeRemains');
    reads = jest.spyOn(opened.store, 'sealExisting');
    prepare(seal);
    try {
      await new SealingUpgrade(opened.store).run(collections);
    } finally {
      await opened.close();
    }
  }
  const file = (): string => {
    const names = readdirSync(folder.config.dataDir).filter((name) => name.startsWith('manifold.db'));
    return names.map((name) => readFileSync(join(folder.config.dataDir, name), 'latin1')).join('');
  };

  beforeEach(async () => {
    folder = await temporaryStore();
    const earlier = await openStore({ DATA_DIR: folder.config.dataDir });
    for (const spec of [LETTERS, CARDS]) {
      const body = `canary-of-${spec.name}-${'x'.repeat(9000)}`;
      for (const to of ['a', 'b', 'c']) await earlier.store.collection<Letter>(spec).insert({ to, body });
    }
    await earlier.close();
  });
  afterEach(() => folder.close());

  it('wipes the file once: later starts find nothing to seal', async () => {
    expect(file()).toContain('canary');
    await start();
    expect([reads.mock.calls.length, wipes.mock.calls.length]).toEqual([2, 1]);
    expect(file()).not.toContain('canary');
    await start();
    expect([reads.mock.calls.length, wipes.mock.calls.length]).toEqual([2, 0]);
  });

  it('seals what a restored backup of an earlier version brings back, and wipes again', async () => {
    await start();
    const earlier = await openStore({ DATA_DIR: folder.config.dataDir });
    await earlier.store.collection<Letter>(LETTERS).insert({ to: 'd', body: 'canary-of-a-backup' });
    await earlier.close();
    expect(file()).toContain('canary');
    await start();
    expect(wipes).toHaveBeenCalledTimes(1);
    expect(file()).not.toContain('canary');
  });

  it('continues at the next start where it was interrupted while records were sealed', async () => {
    const killed = start((seal) => {
      reads.mockImplementation((spec: CollectionSpec<Letter>) =>
        spec.name === 'cards' ? Promise.reject(new Error('killed')) : seal(spec),
      );
    });
    await expect(killed).rejects.toThrow('killed');
    await start();
    expect([reads.mock.calls.length, wipes.mock.calls.length]).toEqual([2, 1]);
    expect(file()).not.toContain('canary');
    await start();
    expect(wipes).not.toHaveBeenCalled();
  });

  it('wipes the file at the next start where it was interrupted before, and nothing is left to seal', async () => {
    await start(() => void wipes.mockRejectedValueOnce(new Error('the database is locked')));
    await start();
    expect(wipes).toHaveBeenCalledTimes(1);
    expect(file()).not.toContain('canary');
    await start();
    expect(wipes).not.toHaveBeenCalled();
  });

  it('seals what a later version declares as confidential, and wipes again', async () => {
    await start(undefined, [SEALED[0]!]);
    expect(file()).toContain('canary-of-cards');
    await start();
    expect(wipes).toHaveBeenCalledTimes(1);
    expect(file()).not.toContain('canary');
  });

  it('does not rewrite a database in which there was nothing to seal', async () => {
    await start();
    const another = await temporaryStore();
    const wipe = jest.spyOn(another.store, 'wipeRemains');
    await new SealingUpgrade(another.store).run(SEALED);
    expect(wipe).not.toHaveBeenCalled();
    await another.close();
  });
});
