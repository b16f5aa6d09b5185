import { Global, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Config } from '@manifold/config';
import { Store } from './collection.js';
import { SqliteStore } from './sqlite/sqlite-store.js';

/** MongoDB where it is configured, else SQLite. Mongoose is loaded only where it is used: it costs memory and start-up time. */
async function chooseStore(config: Config, loader: LazyModuleLoader): Promise<Store> {
  if (!config.mongo) return new SqliteStore(config);
  const { MongoStore } = await import('./mongo/mongo-store.js');
  const { MongoStoreModule } = await import('./mongo/mongo-store.module.js');
  const module = await loader.load(() => MongoStoreModule);
  return module.get(MongoStore);
}

/** Hands the `Store` to every module. */
@Global()
@Module({
  providers: [{ provide: Store, inject: [Config, LazyModuleLoader], useFactory: chooseStore }],
  exports: [Store],
})
export class StoreModule {}
