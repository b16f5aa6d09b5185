import { Global, Module } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Config } from '@manifold/config';
import { Store } from './collection.js';
import { SqliteStore } from './sqlite/sqlite-store.js';

/** Chooses MongoDB if it is configured, otherwise SQLite. Mongoose costs memory and start-up time, so it is loaded only when it is used. */
async function chooseStore(config: Config, loader: LazyModuleLoader): Promise<Store> {
  if (!config.mongo) return new SqliteStore(config);
  const { MongoStore } = await import('./mongo/mongo-store.js');
  const { MongoStoreModule } = await import('./mongo/mongo-store.module.js');
  const module = await loader.load(() => MongoStoreModule);
  return module.get(MongoStore);
}

/** Provides the `Store` to every module. */
@Global()
@Module({
  providers: [{ provide: Store, inject: [Config, LazyModuleLoader], useFactory: chooseStore }],
  exports: [Store],
})
export class StoreModule {}
