import type { CollectionSpec, Fields, IndexSpec, Json } from './collection.js';

const COLLECTION_NAME = /^[a-z][a-z_]{0,49}$/;
const FIELD_NAME = /^[a-z][A-Za-z0-9]{0,49}$/;

/**
 * Both become parts of statements, where they cannot be parameters.
 * @throws Error for a name outside the grammar
 */
export function checkSpec<T extends Fields>({ name, indexes = [] }: CollectionSpec<T>): void {
  if (!COLLECTION_NAME.test(name)) throw new Error(`"${name}" is no name for a collection`);
  for (const { fields } of indexes) {
    if (fields.length === 0) throw new Error(`An index of "${name}" has no fields`);
    const wrong = fields.find((field) => !FIELD_NAME.test(field));
    if (wrong !== undefined) throw new Error(`"${wrong}" is no name for an indexed field of "${name}"`);
  }
}

/** Every field that an index of the collection names, once each. */
export const indexedFields = <T extends Fields>({ indexes = [] }: CollectionSpec<T>): string[] => [
  ...new Set(indexes.flatMap(({ fields }) => fields)),
];

/** A stable name for an index. A change from plain to unique is another index. */
export const indexName = ({ fields, unique }: IndexSpec<string>): string =>
  `${unique ? 'unique' : 'by'}_${fields.join('_')}`;

/** What an index holds of a field, and what a search compares with: text, so that no value can act as an operator or lose its type. */
export const indexValue = (value: Json | undefined): string => JSON.stringify(value ?? null);

/**
 * The conditions of a search.
 * @returns pairs of a declared field and its index value
 * @throws Error where no declared index has exactly these fields
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

/** Ids that every database keeps as they are. NUL ends a text in SQLite, and a lone surrogate has no UTF-8. */
export const isId = (id: string): boolean => id !== '' && !/[\0\p{Cs}]/u.test(id);
