/** What a record may hold: JSON, nothing else. Dates are ISO strings or epoch milliseconds. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
export type Fields = { [key: string]: Json | undefined };

/** A combination of fields that `find` may search by. */
export interface IndexSpec<F extends string> {
  /** At least one, each `[a-z][A-Za-z0-9]*`. */
  readonly fields: readonly F[];
  /** The database lets no two records have equal values in all of the fields. */
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
  /** Lives in the database SECRETS_DBNAME where that is set (MongoDB only). */
  readonly secret?: boolean;
  /**
   * What is lost of it is made anew: SQLite writes it with synchronous=NORMAL, which costs a small part. It outlives the process that
   * dies; the last writes before the machine loses its power may be missing.
   */
  readonly replaceable?: boolean;
}

/** A stored record with what the store knows of it. */
export interface Stored<T extends Fields> {
  readonly id: string;
  /** Starts at 1 and grows by one with each update. */
  readonly revision: number;
  /** Epoch milliseconds from which on the record is gone. */
  readonly expiresAt?: number;
  /** A copy of the caller's own. Keys whose value was `undefined` are missing. */
  readonly value: T;
}

export interface FindOptions {
  /** At most this many records; 1,000 unless told. */
  readonly limit?: number;
  /** Continue after the record with this id, which may be gone by now. */
  readonly after?: string;
}

export interface WriteOptions {
  /** Epoch milliseconds from which on the record is gone. */
  readonly expiresAt?: number;
}

/**
 * The narrow document store. Everything that is acknowledged has been written durably (SQLite: WAL with synchronous=FULL, unless
 * the collection is `replaceable`; MongoDB: majority, journalled).
 *
 * A record whose time has come is gone at once: it is never returned or counted, and its id and its unique keys are free. Its bytes are
 * deleted within some minutes.
 *
 * Values nest less than 1,000 levels deep and have less than 16 MB of JSON (what the databases can index and hold).
 *
 * Errors: StoreConflict (unique key taken, id taken, revision passed by); StoreUnavailable (the database does not answer; a write that
 * ends like this may have happened); plain Error for a fault of the program, such as a search by fields that are no declared index.
 */
export interface Collection<T extends Fields> {
  get(id: string): Promise<Stored<T> | undefined>;
  /**
   * Records whose fields equal all of `where`, in ascending order of id. `where` names exactly the fields of one declared index, or is
   * empty; a value in it that is `undefined` is a plain Error, so that a forgotten value never widens a search.
   */
  find(where: Partial<T>, options?: FindOptions): Promise<Stored<T>[]>;
  /** @param options.id not empty, without NUL; minted unless given, so that later records of this process have greater ids */
  insert(value: T, options?: WriteOptions & { readonly id?: string }): Promise<Stored<T>>;
  /**
   * Replaces the value, if the record still has `revision`. Without `expiresAt` in the options the expiry stays as it was.
   * A record that is gone has no revision: StoreConflict too.
   */
  update(id: string, revision: number, value: T, options?: WriteOptions): Promise<Stored<T>>;
  /** @returns whether there was such a record */
  remove(id: string): Promise<boolean>;
  /** Removes the records whose fields equal all of `where` (as in `find`, not empty). @returns how many there were */
  removeWhere(where: Partial<T>): Promise<number>;
  /** Records that have not expired. `where` as in `find`. */
  count(where?: Partial<T>): Promise<number>;
}

/** The database behind the collections. Injectable by this class; StoreModule provides it. */
export abstract class Store {
  /** Costs nothing: the collection is prepared in the database when it is first used. Safe in constructors. */
  abstract collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T>;
  /** Answers when the database does; throws StoreUnavailable within two seconds when it does not. */
  abstract ping(): Promise<void>;
}

/** Somebody else was first. `unique`: a unique key or the id is taken; `revision`: the record has changed, or is gone. */
export class StoreConflict extends Error {
  constructor(
    readonly reason: 'unique' | 'revision',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'StoreConflict';
  }
}

/** The database cannot be reached or cannot serve: worth another try later. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}
