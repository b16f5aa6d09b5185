import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exerciseStore, openStore } from '@manifold/store/testing';

exerciseStore('SqliteStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'manifold-sqlite-'));
  return {
    open: () => openStore({ DATA_DIR: folder }),
    dispose: () => rm(folder, { recursive: true }),
  };
});
