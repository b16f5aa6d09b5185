export {
  Store,
  StoreConflict,
  StoreUnavailable,
  type Collection,
  type CollectionSpec,
  type Fields,
  type FindOptions,
  type Json,
  type Stored,
  type WriteOptions,
} from './collection.js';
