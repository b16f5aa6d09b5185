import type { CollectionSpec, Fields, IndexSpec, Json } from './collection.js';

const COLLECTION_NAME = /^[a-z][a-z_]{0,49}$/;
const FIELD_NAME = /^[a-z][A-Za-z0-9]{0,49}$/;

/**
 * Checks the names of a collection and its indexed fields. They become parts of statements where parameters are not possible.
 * @throws Error for a name outside the grammar
 */
export function checkSpec<T extends Fields>({ name, indexes = [] }: CollectionSpec<T>): void {
  if (!COLLECTION_NAME.test(name)) throw new Error(`"${name}" is not a valid name for a collection`);
  for (const { fields } of indexes) {
    if (fields.length === 0) throw new Error(`An index of "${name}" has no fields`);
    const wrong = fields.find((field) => !FIELD_NAME.test(field));
    if (wrong !== undefined) throw new Error(`"${wrong}" is not a valid name for an indexed field of "${name}"`);
  }
}

/** Returns every field that an index of the collection names, once each. */
export const indexedFields = <T extends Fields>({ indexes = [] }: CollectionSpec<T>): string[] => [
  ...new Set(indexes.flatMap(({ fields }) => fields)),
];

/** Returns a stable name for an index. The same fields with and without `unique` are two indexes. */
export const indexName = ({ fields, unique }: IndexSpec<string>): string =>
  `${unique ? 'unique' : 'by'}_${fields.join('_')}`;

/**
 * Returns the text that an index holds for a field and that a search compares with. As text, no value can act as an operator or lose its
 * type.
 */
export const indexValue = (value: Json | undefined): string => JSON.stringify(value ?? null);

/**
 * Returns the conditions of a search.
 * @returns pairs of a declared field and its index value
 * @throws Error if no declared index has exactly these fields
 */
export function searchConditions<T extends Fields>(spec: CollectionSpec<T>, where: Partial<T>): [string, string][] {
  const entries = Object.entries(where);
  if (entries.length === 0) return [];
  const covers = ({ fields }: IndexSpec<string>) =>
    fields.length === entries.length && entries.every(([field]) => fields.includes(field));
  if (!spec.indexes?.some(covers)) {
    throw new Error(`"${spec.name}" has no index on (${Object.keys(where).join(', ')})`);
  }
  return entries.map(([field, value]) => {
    if (value === undefined) throw new Error(`A search in "${spec.name}" has no value for "${field}"`);
    return [field, indexValue(value)];
  });
}

/** Tells whether every database can store an id unchanged. NUL ends a text in SQLite, and a lone surrogate has no UTF-8. */
export const isId = (id: string): boolean => id !== '' && !/[\0\p{Cs}]/u.test(id);
