import { deserialize, serialize, type Document } from 'bson';
import { aggregate, find, update } from 'mingo';

export interface Index {
  readonly key: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly unique?: boolean;
}

/** Error: a unique index refused a write; with the message of a real server. */
export class DuplicateKeyError extends Error {
  readonly code = 11000;

  constructor(index: Index) {
    super(`E11000 duplicate key error index: ${index.name}`);
  }
}

const PRIMARY: Index = { key: { _id: 1 }, name: '_id_', unique: true };

/** A collection in memory. Each operation is atomic because it is synchronous. */
export class MemoryCollection {
  readonly indexes: Index[] = [PRIMARY];
  /** The documents by `_id`, in insertion order. Lookups by id are as fast as in a database. */
  private readonly documents = new Map<unknown, Document>();

  /** Whether a command has created the collection and not only named it. */
  get isUsed(): boolean {
    return this.indexes.length > 1 || this.documents.size > 0;
  }

  /** @param limit 0: all of them */
  find(filter: Document, limit = 0, sort?: Record<string, 1 | -1>): Document[] {
    const cursor = find<Document>(this.candidates(filter), filter);
    if (sort) cursor.sort(sort);
    if (limit > 0) cursor.limit(limit);
    return cursor.all();
  }

  aggregate(pipeline: Document[]): Document[] {
    return aggregate([...this.documents.values()], pipeline);
  }

  insert(document: Document): void {
    this.checkUnique(document);
    this.documents.set(document._id, document);
  }

  /** @returns the document before and after the change */
  modify(filter: Document, change: Document): { before: Document; after: Document } | undefined {
    const [before] = this.find(filter, 1);
    if (!before) return undefined;
    const after = deserialize(serialize(before)); // a deep copy
    update(after, change);
    this.checkUnique(after, before);
    this.documents.set(before._id, after);
    return { before, after };
  }

  /** @param limit 0: all of them. @returns the number of removed documents */
  remove(filter: Document, limit: number): number {
    const doomed = this.find(filter, limit);
    for (const { _id } of doomed) this.documents.delete(_id);
    return doomed.length;
  }

  private candidates({ _id: id }: Document): Document[] {
    if (typeof id !== 'string') return [...this.documents.values()];
    const document = this.documents.get(id);
    return document ? [document] : [];
  }

  private checkUnique(document: Document, except?: Document): void {
    const before = this.documents.get(document._id);
    if (before && before !== except) throw new DuplicateKeyError(PRIMARY);
    for (const index of this.indexes.filter((one) => one.unique && one !== PRIMARY)) {
      const paths = Object.keys(index.key).map((path) => path.split('.'));
      const taken = (other: Document) => paths.every((path) => valueAt(document, path) === valueAt(other, path));
      for (const other of this.documents.values())
        if (other !== except && taken(other)) throw new DuplicateKeyError(index);
    }
  }
}

/**
 * Returns the indexed value of a field. A missing field is indexed as null. Only scalars are supported, because MongoStore indexes nothing
 * else.
 */
const valueAt = (document: Document, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Document | undefined)?.[name], document) ?? null;
