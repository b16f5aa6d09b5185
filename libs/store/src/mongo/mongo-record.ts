import { Schema } from 'mongoose';
import type { CollectionSpec, Fields, Json, Stored } from '../collection.js';
import { indexName, indexValue, indexedFields } from '../index-fields.js';

/**
 * A record in MongoDB. The value is one JSON text, so that keys with dots and dollars, their order and `__proto__` are kept unchanged. The
 * indexed fields are copied beside it.
 */
export interface MongoRecord {
  readonly _id: string;
  readonly revision: number;
  readonly expiresAt: Date | null;
  /** Indexed field → `indexValue`. */
  readonly key: Readonly<Record<string, string>>;
  readonly doc: string;
}

/** Returns the schema of a collection with its declared indexes. MongoDB itself deletes expired records (TTL index). */
export function recordSchema<T extends Fields>(spec: CollectionSpec<T>): Schema<MongoRecord> {
  const schema = new Schema<MongoRecord>(
    {
      _id: { type: String, required: true },
      revision: { type: Number, required: true },
      expiresAt: { type: Date, default: null },
      key: { type: Schema.Types.Mixed, required: true },
      doc: { type: String, required: true },
    },
    {
      collection: spec.name,
      autoCreate: false,
      autoIndex: false,
      bufferCommands: false,
      minimize: false,
      versionKey: false,
    },
  );
  schema.index({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });
  for (const index of spec.indexes ?? []) {
    const fields = index.fields.map((field) => [`key.${field}`, 1] as const);
    const order = index.unique ? [] : [['_id', 1] as const];
    schema.index(Object.fromEntries([...fields, ...order]), { name: indexName(index), unique: index.unique ?? false });
  }
  return schema;
}

/** Returns the fields that a write stores for a value. */
export function recordContent<T extends Fields>(spec: CollectionSpec<T>, value: T): Pick<MongoRecord, 'key' | 'doc'> {
  const fields: Readonly<Record<string, Json | undefined>> = value;
  const key = Object.fromEntries(indexedFields(spec).map((field) => [field, indexValue(fields[field])]));
  return { key, doc: JSON.stringify(value) };
}

export function fromRecord<T extends Fields>({ _id, revision, expiresAt, doc }: MongoRecord): Stored<T> {
  return { id: _id, revision, ...(expiresAt && { expiresAt: expiresAt.getTime() }), value: JSON.parse(doc) as T };
}
