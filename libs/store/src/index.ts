// Collections of records on SQLite or MongoDB, behind one interface.
// Every library that keeps state uses it. Its users see no SQL, no MongoDB queries and no driver.
export {
  Store,
  StoreConflictError,
  StoreUnavailableError,
  type Collection,
  type CollectionSpec,
  type Confidential,
  type Fields,
  type FindOptions,
  type IndexSpec,
  type Json,
  type Sealed,
  type Sealer,
  type Stored,
  type WriteOptions,
} from './collection.js';
export { confidentialFields } from './confidential-fields.js';
export { databaseExists } from './database-exists.js';
export { backUpSqlite } from './sqlite/sqlite-backup.js';
export { sqliteFile, SqliteStore } from './sqlite/sqlite-store.js';
export { StoreModule } from './store.module.js';
export { findAll } from './find-all.js';
export { changeRecord, type RecordPlace } from './change-record.js';
export { CachedCollection, type CacheOptions } from './cached/cached-collection.js';
export type { ChangeFeed, ChangeTopic } from './cached/change-feed.js';
export { byFields, byId } from './cached/record-keys.js';
