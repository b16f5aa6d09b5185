import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { ConfigModule, loadConfig, type Config } from '@manifold/config';
import { Store } from '../../src/collection.js';
import { StoreModule } from '../../src/store.module.js';

export interface OpenStore {
  readonly store: Store;
  readonly config: Config;
  /** As SIGTERM does. */
  close(): Promise<void>;
}

/** Opens the store that these variables choose, as the gateway does: through StoreModule, with Nest's lifecycle. */
export async function openStore(environment: Readonly<Record<string, string>>): Promise<OpenStore> {
  const config = loadConfig(environment);
  const module = await Test.createTestingModule({ imports: [ConfigModule.forRoot(config), StoreModule] }).compile();
  await module.init();
  return { store: module.get(Store), config, close: () => module.close() };
}

/** A new SQLite store in a folder of its own, which goes when it is closed. */
export async function temporaryStore(): Promise<OpenStore> {
  const folder = await mkdtemp(join(tmpdir(), 'manifold-store-'));
  const opened = await openStore({ DATA_DIR: folder });
  const close = async () => {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...opened, close };
}
