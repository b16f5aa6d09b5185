import type { Collection, Fields, Stored } from './collection.js';

const PAGE = 1_000;

/** Reads all records whose fields equal all of `where`, page by page. Without `where`, it reads the whole collection. */
export async function findAll<T extends Fields>(
  collection: Collection<T>,
  where: Partial<T> = {},
): Promise<Stored<T>[]> {
  const all: Stored<T>[] = [];
  for (;;) {
    const page = await collection.find(where, { limit: PAGE, after: all.at(-1)?.id });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
