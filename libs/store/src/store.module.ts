import { setTimeout as pause } from 'node:timers/promises';
import { Global, Logger, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Config } from '@manifold/config';
import { Store } from './collection.js';
import { SqliteStore } from './sqlite/sqlite-store.js';

/** Milliseconds for which a database may be away when the gateway starts: both are often started together. */
const AWAITED_MS = 15_000;
const RETRY_MS = 500;

/** MongoDB where it is configured, else SQLite. Mongoose is loaded only where it is used: it costs memory and start-up time. */
async function chooseStore(config: Config, loader: LazyModuleLoader): Promise<Store> {
  if (!config.mongo) return new SqliteStore(config);
  const { MongoStore } = await import('./mongo/mongo-store.js');
  const { MongoStoreModule } = await import('./mongo/mongo-store.module.js');
  const module = await loader.load(() => MongoStoreModule);
  const store = module.get(MongoStore);
  await untilThere(store, Date.now() + AWAITED_MS);
  return store;
}

/** @throws StoreUnavailable at the deadline */
async function untilThere(store: Store, deadline: number): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await store.ping();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      if (tries === 0) new Logger('Store').warn({ msg: 'MongoDB does not answer yet: waiting for it' });
      await pause(RETRY_MS);
    }
  }
}

/** Hands the `Store` to every module. */
@Global()
@Module({
  providers: [{ provide: Store, inject: [Config, LazyModuleLoader], useFactory: chooseStore }],
  exports: [Store],
})
export class StoreModule {}
