export {
  Store,
  StoreConflict,
  StoreUnavailable,
  type Collection,
  type CollectionSpec,
  type Fields,
  type FindOptions,
  type IndexSpec,
  type Json,
  type Stored,
  type WriteOptions,
} from './collection.js';
export { backUpSqlite } from './sqlite/sqlite-backup.js';
export { SqliteStore } from './sqlite/sqlite-store.js';
export { StoreModule } from './store.module.js';
