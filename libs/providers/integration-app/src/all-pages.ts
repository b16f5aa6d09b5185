import { ProviderError } from '@manifold/tool-provider';
import { isObject } from '@manifold/backend-api';

const MOST_PAGES = 200;
const MOST_ITEMS = 10_000;

interface Page {
  readonly items: readonly unknown[];
  /** Where the next page begins. The last one has none. */
  readonly cursor?: string;
}

/**
 * The items of all pages of a list.
 * @param fetchPage gets the cursor of the page before, none for the first
 * @throws ProviderError also for a list without an end: the same cursor twice, or more pages or items than any user has
 */
export async function allPages(fetchPage: (cursor?: string) => Promise<unknown>): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let page = pageOf(await fetchPage());
  for (;;) {
    items.push(...page.items);
    const { cursor } = page;
    if (cursor === undefined) return items;
    if (seen.has(cursor)) throw rejected('repeats a page of a list without end');
    if (seen.size === MOST_PAGES || items.length > MOST_ITEMS) throw rejected('lists more than can be used');
    seen.add(cursor);
    page = pageOf(await fetchPage(cursor));
  }
}

function pageOf(answer: unknown): Page {
  if (!isObject(answer) || !Array.isArray(answer.items)) throw rejected('answered with something that is no list');
  const { items, cursor } = answer;
  return { items, cursor: typeof cursor === 'string' && cursor !== '' ? cursor : undefined };
}

const rejected = (what: string): ProviderError => new ProviderError('upstream_rejected', `Integration.app ${what}`);
