import { isObject } from '@manifold/async';
import { ProviderError } from '@manifold/tool-provider';

const MOST_PAGES = 200;
const MOST_ITEMS = 10_000;

interface Page {
  readonly items: readonly unknown[];
  /** The cursor of the next page. The last page has none. */
  readonly cursor?: string;
}

/**
 * Returns the items of all pages of a list.
 * @param fetchPage gets the cursor from the previous page; undefined for the first page
 * @throws ProviderError also for an endless list: a repeated cursor, or too many pages or items
 */
export async function allPages(fetchPage: (cursor?: string) => Promise<unknown>): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let page = pageOf(await fetchPage());
  for (;;) {
    items.push(...page.items);
    const { cursor } = page;
    if (cursor === undefined) return items;
    if (seen.has(cursor)) throw rejected('sent the same page of a list twice');
    if (seen.size === MOST_PAGES || items.length > MOST_ITEMS) throw rejected('sent a list that is too long');
    seen.add(cursor);
    page = pageOf(await fetchPage(cursor));
  }
}

function pageOf(answer: unknown): Page {
  if (!isObject(answer) || !Array.isArray(answer.items)) throw rejected('sent an answer that is not a list');
  const { items, cursor } = answer;
  return { items, cursor: typeof cursor === 'string' && cursor !== '' ? cursor : undefined };
}

const rejected = (what: string): ProviderError => new ProviderError('upstream_rejected', `Integration.app ${what}`);
