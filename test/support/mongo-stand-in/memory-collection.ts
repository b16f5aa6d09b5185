import { deserialize, serialize, type Document } from 'bson';
import { aggregate, find, update } from 'mingo';

export interface Index {
  readonly key: Readonly<Record<string, unknown>>;
  readonly name: string;
  readonly unique?: boolean;
}

/** A unique index refused a write, in the words of a server. */
export class DuplicateKey extends Error {
  readonly code = 11000;

  constructor(index: Index) {
    super(`E11000 duplicate key error index: ${index.name}`);
  }
}

const PRIMARY: Index = { key: { _id: 1 }, name: '_id_', unique: true };

/** A collection in memory. Each operation is atomic, because nothing here waits. */
export class MemoryCollection {
  readonly indexes: Index[] = [PRIMARY];
  private documents: Document[] = [];

  /** @param limit 0: all of them */
  find(filter: Document, limit = 0, sort?: Record<string, 1 | -1>): Document[] {
    const cursor = find<Document>(this.documents, filter);
    if (sort) cursor.sort(sort);
    if (limit > 0) cursor.limit(limit);
    return cursor.all();
  }

  aggregate(pipeline: Document[]): Document[] {
    return aggregate(this.documents, pipeline);
  }

  insert(document: Document): void {
    this.checkUnique(document);
    this.documents.push(document);
  }

  /** @returns the document before and after the change */
  modify(filter: Document, change: Document): { before: Document; after: Document } | undefined {
    const [before] = this.find(filter, 1);
    if (!before) return undefined;
    const after = deserialize(serialize(before)); // a deep copy
    update(after, change);
    this.checkUnique(after, before);
    this.documents[this.documents.indexOf(before)] = after;
    return { before, after };
  }

  /** @param limit 0: all of them. @returns how many there were */
  remove(filter: Document, limit: number): number {
    const doomed = new Set(this.find(filter, limit));
    this.documents = this.documents.filter((document) => !doomed.has(document));
    return doomed.size;
  }

  private checkUnique(document: Document, except?: Document): void {
    for (const index of this.indexes.filter(({ unique }) => unique)) {
      const paths = Object.keys(index.key).map((path) => path.split('.'));
      const taken = (other: Document) => paths.every((path) => valueAt(document, path) === valueAt(other, path));
      if (this.documents.some((other) => other !== except && taken(other))) throw new DuplicateKey(index);
    }
  }
}

/** A missing field is indexed as null. Scalars only: MongoStore indexes nothing else. */
const valueAt = (document: Document, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Document | undefined)?.[name], document) ?? null;
