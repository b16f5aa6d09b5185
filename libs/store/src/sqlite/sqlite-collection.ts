import {
  StoreConflictError,
  type Collection,
  type CollectionSpec,
  type Fields,
  type FindOptions,
  type Stored,
  type WriteOptions,
} from '../collection.js';
import { indexName, isId, searchConditions } from '../index-fields.js';
import type { TimeOrderedIds } from '../time-ordered-ids.js';
import { isDuplicate, type SqliteConnection } from './sqlite-connection.js';

interface Row {
  readonly id: string;
  readonly revision: number;
  readonly expires_at: number | null;
  readonly doc: string;
}

const ALIVE = '(expires_at is null or expires_at > ?)';

/** Returns the SQL expression of an indexed field: its JSON text, as `indexValue` writes it. A new index also covers existing rows. */
const expression = (field: string): string => `ifnull(doc -> '$.${field}', 'null')`;

/** A collection as a table with one row per record. Each operation is a synchronous statement; the promises only fulfil the contract. */
export class SqliteCollection<T extends Fields> implements Collection<T> {
  private readonly table: string;
  private prepared = false;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly spec: CollectionSpec<T>,
    private readonly ids: TimeOrderedIds,
  ) {
    this.table = `"${spec.name}"`;
  }

  async get(id: string): Promise<Stored<T> | undefined> {
    if (!isId(id)) return undefined;
    this.prepare();
    const sql = `select id, revision, expires_at, doc from ${this.table} where id = ? and ${ALIVE}`;
    const [row] = this.connection.all<Row>(sql, id, Date.now());
    return row && fromRow<T>(row);
  }

  async find(where: Partial<T>, { limit = 1000, after = '' }: FindOptions = {}): Promise<Stored<T>[]> {
    const [condition, values] = this.condition(where);
    this.prepare();
    const sql = `select id, revision, expires_at, doc from ${this.table} where ${condition} and id > ? order by id limit ?`;
    return this.connection.all<Row>(sql, ...values, after, limit).map((row) => fromRow<T>(row));
  }

  async insert(value: T, options: WriteOptions & { readonly id?: string } = {}): Promise<Stored<T>> {
    const row: Row = {
      id: options.id ?? this.ids.next(Date.now()),
      revision: 1,
      expires_at: options.expiresAt ?? null,
      doc: JSON.stringify(value),
    };
    if (!isId(row.id)) throw new Error(`A record of "${this.spec.name}" has an id that cannot be stored`);
    this.prepare();
    const sql = `insert into ${this.table} (id, revision, expires_at, doc) values (?, ?, ?, ?)`;
    this.writeUnique(() => this.connection.run(sql, row.id, row.revision, row.expires_at, row.doc));
    return fromRow<T>(row);
  }

  async update(id: string, revision: number, value: T, options: WriteOptions = {}): Promise<Stored<T>> {
    const doc = JSON.stringify(value);
    this.prepare();
    const sql = `update ${this.table} set revision = revision + 1, doc = ?, expires_at = coalesce(?, expires_at)
      where id = ? and revision = ? and ${ALIVE} returning id, revision, expires_at, doc`;
    const parameters = [doc, options.expiresAt ?? null, id, revision, Date.now()];
    const [row] = this.writeUnique(() => this.connection.all<Row>(sql, ...parameters));
    if (!row) throw new StoreConflictError('revision', `The record of "${this.spec.name}" has changed or is gone`);
    return fromRow<T>(row);
  }

  async remove(id: string): Promise<boolean> {
    if (!isId(id)) return false;
    this.prepare();
    return this.connection.run(`delete from ${this.table} where id = ? and ${ALIVE}`, id, Date.now()) > 0;
  }

  async removeWhere(where: Partial<T>): Promise<number> {
    const [condition, values] = this.condition(where);
    if (Object.keys(where).length === 0) throw new Error(`"${this.spec.name}" cannot be emptied`);
    this.prepare();
    return this.connection.run(`delete from ${this.table} where ${condition}`, ...values);
  }

  async count(where: Partial<T> = {}): Promise<number> {
    const [condition, values] = this.condition(where);
    this.prepare();
    const sql = `select count(*) as n from ${this.table} where ${condition}`;
    return this.connection.all<{ n: number }>(sql, ...values)[0].n;
  }

  /** Deletes expired records. @returns the number of deleted records */
  purge(): number {
    this.prepare();
    return this.connection.run(`delete from ${this.table} where expires_at <= ?`, Date.now());
  }

  private condition(where: Partial<T>): [sql: string, values: (string | number)[]] {
    const conditions = searchConditions(this.spec, where);
    const sql = [...conditions.map(([field]) => `${expression(field)} = ?`), ALIVE].join(' and ');
    return [sql, [...conditions.map(([, value]) => value), Date.now()]];
  }

  /**
   * Runs a write. Expired records keep their unique keys until they are purged, so after a conflict they are purged and the write is
   * repeated.
   */
  private writeUnique<Result>(write: () => Result): Result {
    try {
      return write();
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      if (this.purge() > 0) return this.writeUnique(write);
      throw new StoreConflictError('unique', `A record with the same key exists in "${this.spec.name}"`, {
        cause: error,
      });
    }
  }

  private prepare(): void {
    if (this.prepared) return;
    const { name, indexes = [] } = this.spec;
    const searches = indexes.map((index) => {
      const columns = [...index.fields.map(expression), ...(index.unique ? [] : ['id'])].join(', ');
      const kind = index.unique ? 'unique index' : 'index';
      return `create ${kind} if not exists "${name}.${indexName(index)}" on ${this.table} (${columns});`;
    });
    this.connection.execute(`
      create table if not exists ${this.table}
        (id text not null primary key, revision integer not null, expires_at integer, doc text not null);
      create index if not exists "${name}.expiry" on ${this.table} (expires_at) where expires_at is not null;
      ${searches.join('\n')}`);
    this.prepared = true;
  }
}

function fromRow<T extends Fields>({ id, revision, expires_at, doc }: Row): Stored<T> {
  return { id, revision, ...(expires_at !== null && { expiresAt: expires_at }), value: JSON.parse(doc) as T };
}
