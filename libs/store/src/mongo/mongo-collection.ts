import type { Model, QueryFilter } from 'mongoose';
import {
  StoreConflictError,
  type Collection,
  type CollectionSpec,
  type Fields,
  type FindOptions,
  type Stored,
  type WriteOptions,
} from '../collection.js';
import { isId, searchConditions } from '../index-fields.js';
import type { TimeOrderedIds } from '../time-ordered-ids.js';
import type { MongoConnection } from './mongo-connection.js';
import { isDuplicate, askDatabase } from './mongo-errors.js';
import { fromRecord, recordContent, recordSchema, type MongoRecord } from './mongo-record.js';

type Filter = QueryFilter<MongoRecord>;

/** Hides expired records until the TTL monitor deletes them. It runs once a minute. */
const alive = (): Filter => ({ expiresAt: { $not: { $lte: new Date() } } });

/** A collection of MongoDB with one document per record. */
export class MongoCollection<T extends Fields> implements Collection<T> {
  private preparing?: Promise<Model<MongoRecord>>;

  constructor(
    private readonly connection: MongoConnection,
    private readonly spec: CollectionSpec<T>,
    private readonly ids: TimeOrderedIds,
  ) {}

  async get(id: string): Promise<Stored<T> | undefined> {
    if (!isId(id)) return undefined;
    const record = await this.use((model) => model.findOne({ ...alive(), _id: id }).lean<MongoRecord>());
    return record ? fromRecord<T>(record) : undefined;
  }

  async find(where: Partial<T>, { limit = 1000, after = '' }: FindOptions = {}): Promise<Stored<T>[]> {
    const filter = { ...this.filter(where), _id: { $gt: after } };
    const records = await this.use((model) => model.find(filter).sort({ _id: 1 }).limit(limit).lean<MongoRecord[]>());
    return records.map((record) => fromRecord<T>(record));
  }

  async insert(value: T, options: WriteOptions & { readonly id?: string } = {}): Promise<Stored<T>> {
    const record: MongoRecord = {
      _id: options.id ?? this.ids.next(Date.now()),
      revision: 1,
      expiresAt: options.expiresAt === undefined ? null : new Date(options.expiresAt),
      ...recordContent(this.spec, value),
    };
    if (!isId(record._id)) throw new Error(`A record of "${this.spec.name}" has an id that cannot be stored`);
    await this.writeUnique((model) => model.insertOne(record));
    return fromRecord<T>(record);
  }

  async update(id: string, revision: number, value: T, options: WriteOptions = {}): Promise<Stored<T>> {
    const change = {
      $inc: { revision: 1 },
      $set: {
        ...recordContent(this.spec, value),
        ...(options.expiresAt !== undefined && { expiresAt: new Date(options.expiresAt) }),
      },
    };
    const record = await this.writeUnique((model) =>
      model
        .findOneAndUpdate({ ...alive(), _id: id, revision }, change, { returnDocument: 'after' })
        .lean<MongoRecord>(),
    );
    if (!record) throw new StoreConflictError('revision', `The record of "${this.spec.name}" has changed or is gone`);
    return fromRecord<T>(record);
  }

  async remove(id: string): Promise<boolean> {
    if (!isId(id)) return false;
    const { deletedCount } = await this.use((model) => model.deleteOne({ ...alive(), _id: id }));
    return deletedCount > 0;
  }

  async removeWhere(where: Partial<T>): Promise<number> {
    const filter = this.filter(where);
    if (Object.keys(where).length === 0) throw new Error(`"${this.spec.name}" cannot be emptied`);
    const { deletedCount } = await this.use((model) => model.deleteMany(filter));
    return deletedCount;
  }

  async count(where: Partial<T> = {}): Promise<number> {
    const filter = this.filter(where);
    return this.use((model) => model.countDocuments(filter));
  }

  private filter(where: Partial<T>): Filter {
    const conditions = searchConditions(this.spec, where).map(([field, value]) => [`key.${field}`, value]);
    return { ...alive(), ...Object.fromEntries(conditions) };
  }

  /**
   * Runs a write. Expired records keep their unique keys until they are purged, so after a conflict they are purged and the write is
   * repeated.
   */
  private async writeUnique<Result>(write: (model: Model<MongoRecord>) => PromiseLike<Result>): Promise<Result> {
    try {
      return await this.use(write);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const { deletedCount } = await this.use((model) => model.deleteMany({ expiresAt: { $lte: new Date() } }));
      if (deletedCount > 0) return this.writeUnique(write);
      throw new StoreConflictError('unique', `A record with the same key exists in "${this.spec.name}"`, {
        cause: error,
      });
    }
  }

  private use<Result>(operation: (model: Model<MongoRecord>) => PromiseLike<Result>): Promise<Result> {
    return askDatabase(async () => operation(await this.prepared()), this.connection.deadlineMs);
  }

  private prepared(): Promise<Model<MongoRecord>> {
    this.preparing ??= this.prepare().catch((error: unknown) => {
      this.preparing = undefined;
      throw error;
    });
    return this.preparing;
  }

  private async prepare(): Promise<Model<MongoRecord>> {
    const { name, secret } = this.spec;
    const connection = await this.connection.ready(secret);
    const known = connection.models[name] as Model<MongoRecord> | undefined;
    const model = known ?? connection.model<MongoRecord>(name, recordSchema(this.spec));
    await model.createIndexes();
    return model;
  }
}
