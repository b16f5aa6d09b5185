import type { Fields, Stored } from '../collection.js';
import type { RecordPlace } from '../change-record.js';

/** Maps the keys of a cache to records, or to groups of records. */
export interface RecordKeys<T extends Fields, Key> {
  /** Names a key in memory. Different keys have different texts. */
  text(key: Key): string;
  /** Returns the id, or the fields to search by. */
  place(key: Key): RecordPlace<T>;
  /** Returns the key of a record. */
  of(stored: Stored<T>): Key;
  /** Returns the scope as a key if it has all fields of one. */
  exact(scope: Partial<Key>): Key | undefined;
}

/** Keys that are fields of the records: those of one index, so that the records of a key can be searched for. */
export function byFields<T extends Fields, Field extends keyof T & string>(
  ...fields: readonly [Field, ...Field[]]
): RecordKeys<T, Pick<T, Field>> {
  const [first] = fields;
  return {
    text:
      fields.length === 1
        ? (key) => String(key[first])
        : (key) => JSON.stringify(fields.map((field): unknown => key[field])),
    place: (key) => key as Partial<T>,
    of: ({ value }) => Object.fromEntries(fields.map((field) => [field, value[field]])) as Pick<T, Field>,
    exact: (scope) => (fields.every((field) => scope[field] !== undefined) ? (scope as Pick<T, Field>) : undefined),
  };
}

/** Keys that are the ids of the records, in a field of this name. */
export function byId<T extends Fields, Field extends string>(field: Field): RecordKeys<T, Record<Field, string>> {
  return {
    text: (key) => key[field],
    place: (key) => key[field],
    of: ({ id }) => ({ [field]: id }) as Record<Field, string>,
    exact: (scope) => (scope[field] === undefined ? undefined : (scope as Record<Field, string>)),
  };
}
