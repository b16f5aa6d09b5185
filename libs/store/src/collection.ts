/** The content of a record: JSON, nothing else. Dates are ISO strings or epoch milliseconds. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
export type Fields = { [key: string]: Json | undefined };

/** A combination of fields that `find` may search by. */
export interface IndexSpec<F extends string> {
  /** At least one field name, each `[a-z][A-Za-z0-9]*`. */
  readonly fields: readonly F[];
  /** Whether the database refuses two records with equal values in all of the fields. */
  readonly unique?: boolean;
}

/**
 * Declares a collection: its name, and the fields that it can be searched by.
 *
 * Indexed values are equal when their JSON is the same: `1`, `"1"` and `true` differ. A field that is missing equals `null`, and `null`
 * counts like any value, in unique indexes too.
 */
export interface CollectionSpec<T extends Fields> {
  /** `[a-z][a-z_]*`. One name has one declaration in a store. */
  readonly name: string;
  readonly indexes?: readonly IndexSpec<keyof T & string>[];
  /** Whether the collection is stored in the database SECRETS_DBNAME, if that is set (MongoDB only). */
  readonly secret?: boolean;
  /**
   * Whether lost records can be created again. SQLite then writes with synchronous=NORMAL, at a small part of the cost. The records survive
   * the end of the process, but a loss of power may lose the last writes.
   */
  readonly replaceable?: boolean;
  /** The fields that are stored sealed only. The store refuses to write them while it has no sealer. */
  readonly confidential?: Confidential<T>;
}

/** Declares which part of a record is confidential. */
export interface Confidential<T extends Fields> {
  /**
   * Splits a value. Indexed fields stay in the open part.
   * @returns the part that may be stored in the clear, and the confidential part; undefined if the value has none
   */
  split(value: T): { readonly open: Fields; readonly confidential?: Json };
  /** Undoes `split`. */
  join(open: Fields, confidential: Json): T;
}

/** Text sealed under a key. */
export type Sealed = { keyId: string; sealed: string };

/** Seals and opens texts. The keyring of the secrets implements it. */
export interface Sealer {
  /** @param context must be the same when the text is opened */
  seal(plain: string, context: readonly string[]): Promise<Sealed>;
  /** @throws StoreUnavailableError if the keys cannot be read; Error for another key, another context or a changed text */
  open(sealed: Sealed, context: readonly string[]): Promise<string>;
}

/** A stored record with its metadata. */
export interface Stored<T extends Fields> {
  readonly id: string;
  /** Starts at 1 and grows by one with each update. */
  readonly revision: number;
  /** Epoch milliseconds from which on the record is gone. */
  readonly expiresAt?: number;
  /** A copy of the stored value. Keys whose value was `undefined` are missing. */
  readonly value: T;
  /** Id of the key under which the confidential fields are sealed. Missing if the record has none. */
  readonly keyId?: string;
  /** Set if the confidential fields do not open: the record was moved or changed, or its key is lost. `value` is then the open part. */
  readonly isUnreadable?: true;
}

export interface FindOptions {
  /** The largest number of records; 1,000 unless given. */
  readonly limit?: number;
  /** The id after which to continue. The record with this id may no longer exist. */
  readonly after?: string;
}

export interface WriteOptions {
  /** Epoch milliseconds from which on the record is gone. */
  readonly expiresAt?: number;
}

/**
 * A minimal document store. Every acknowledged write is durable (SQLite: WAL with synchronous=FULL, unless the collection is `replaceable`;
 * MongoDB: majority, journalled).
 *
 * A record that has expired is never returned or counted, and its id and unique keys are free at once. Its bytes are deleted within some
 * minutes.
 *
 * Values nest less than 1,000 levels deep and have less than 16 MB of JSON (what the databases can index and hold).
 *
 * Errors: StoreConflictError (unique key taken, id taken, revision outdated). StoreUnavailableError (the database does not answer; a write
 * that fails like this may still have been applied). Plain Error for a programming error, such as a search by fields without a declared
 * index.
 */
export interface Collection<T extends Fields> {
  get(id: string): Promise<Stored<T> | undefined>;
  /**
   * Returns the records whose fields equal all of `where`, in ascending order of id. `where` names exactly the fields of one declared
   * index, or is empty. A value that is `undefined` throws a plain Error, so that a forgotten value never widens a search.
   */
  find(where: Partial<T>, options?: FindOptions): Promise<Stored<T>[]>;
  /**
   * Inserts a record.
   * @param options.id not empty, without NUL. Unless given, an id is generated, so that later records of this process have greater ids
   */
  insert(value: T, options?: WriteOptions & { readonly id?: string }): Promise<Stored<T>>;
  /**
   * Replaces the value, if the record still has `revision`. Without `expiresAt` in the options the expiry does not change.
   * Throws StoreConflictError if the record has another revision or no longer exists.
   */
  update(id: string, revision: number, value: T, options?: WriteOptions): Promise<Stored<T>>;
  /** Removes a record. @returns whether it existed */
  remove(id: string): Promise<boolean>;
  /** Removes the records whose fields equal all of `where` (as in `find`, not empty). @returns the number of removed records */
  removeWhere(where: Partial<T>): Promise<number>;
  /** Counts the records that have not expired. `where` as in `find`. */
  count(where?: Partial<T>): Promise<number>;
}

/** The database of the collections. Injectable by this class; StoreModule provides it. */
export abstract class Store {
  /** Returns a collection. The call is cheap and safe in constructors: the collection is created in the database at its first use. */
  abstract collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T>;
  /** Sets what seals confidential fields. */
  abstract sealWith(sealer: Sealer): void;
  /** Seals records that an earlier version has written in the clear. @returns the number of sealed records */
  abstract sealExisting<T extends Fields>(spec: CollectionSpec<T>): Promise<number>;
  /** Deletes what the database file still has of overwritten and deleted records. Without effect on MongoDB. */
  abstract wipeRemains(): Promise<void>;
  /** Resolves when the database answers; throws StoreUnavailableError within two seconds when it does not. */
  abstract ping(): Promise<void>;
}

/**
 * Error: a write conflicts with another one. `unique`: a unique key or the id is taken; `revision`: the record has changed, or no longer
 * exists.
 */
export class StoreConflictError extends Error {
  constructor(
    readonly reason: 'unique' | 'revision',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StoreConflictError';
  }
}

/** Error: the database cannot be reached or cannot serve now. The operation may be repeated later. */
export class StoreUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailableError';
  }
}
