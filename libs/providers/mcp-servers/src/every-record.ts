import type { Collection, Fields, Stored } from '@manifold/store';

const PAGE = 1_000;

/** Reads a whole collection, page by page. */
export async function everyRecord<T extends Fields>(collection: Collection<T>): Promise<Stored<T>[]> {
  const all: Stored<T>[] = [];
  for (;;) {
    const page = await collection.find({}, { limit: PAGE, after: all.at(-1)?.id });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
