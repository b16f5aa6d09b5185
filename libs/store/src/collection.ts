/** What a record may hold: JSON, nothing else. Dates are ISO strings or epoch milliseconds. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json | undefined };
export type Fields = { [key: string]: Json | undefined };

/** Declares a collection: its name, and the fields that it can be searched by. */
export interface CollectionSpec<T extends Fields> {
  /** `[a-z][a-z_]*` */
  readonly name: string;
  /** Field combinations that `find` may use. `unique` ones are enforced by the database, under concurrency too. */
  readonly indexes?: readonly { readonly fields: readonly (keyof T & string)[]; readonly unique?: boolean }[];
  /** Lives in the database SECRETS_DBNAME where that is set (MongoDB only). */
  readonly secret?: boolean;
}

/** A stored record with what the store knows of it. */
export interface Stored<T extends Fields> {
  readonly id: string;
  /** Starts at 1 and grows by one with each update. */
  readonly revision: number;
  /** Epoch milliseconds after which the record is gone. */
  readonly expiresAt?: number;
  readonly value: T;
}

export interface FindOptions {
  /** At most this many records; 1,000 unless told. */
  readonly limit?: number;
  /** Continue after the record with this id. */
  readonly after?: string;
}

export interface WriteOptions {
  readonly expiresAt?: number;
}

/**
 * The narrow document store. Everything that is acknowledged has been written durably (SQLite: WAL with synchronous=FULL;
 * MongoDB: majority, journalled).
 *
 * Errors: StoreConflict (unique key taken, id taken, revision passed by), StoreUnavailable (the database does not answer).
 */
export interface Collection<T extends Fields> {
  get(id: string): Promise<Stored<T> | undefined>;
  /** Records whose fields equal all of `where`, in ascending order of id. `where` names the fields of one declared index, or is empty. */
  find(where: Partial<T>, options?: FindOptions): Promise<Stored<T>[]>;
  /** @param id minted (time-ordered) unless given */
  insert(value: T, options?: WriteOptions & { readonly id?: string }): Promise<Stored<T>>;
  /** Replaces the value, if the record still has `revision`. Without `expiresAt` in the options the expiry stays as it was. */
  update(id: string, revision: number, value: T, options?: WriteOptions): Promise<Stored<T>>;
  /** @returns whether there was such a record */
  remove(id: string): Promise<boolean>;
  /** Removes the records whose fields equal all of `where` (as in `find`, not empty). @returns how many there were */
  removeWhere(where: Partial<T>): Promise<number>;
  /** Records that have not expired. */
  count(where?: Partial<T>): Promise<number>;
}

/** The database behind the collections. */
export abstract class Store {
  abstract collection<T extends Fields>(spec: CollectionSpec<T>): Collection<T>;
  /** Answers when the database does; throws StoreUnavailable within two seconds when it does not. */
  abstract ping(): Promise<void>;
}

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

export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}
