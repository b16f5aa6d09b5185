import { LRUCache } from 'lru-cache';
import type { Catalogue } from '../catalogue/catalogue.js';
import { ToolSearch } from './tool-search.js';

/** Maximum number of tools in all indexes, at about 2 KB of heap each. */
const MAX_TOOLS = 30_000;
const MAX_SEARCHES = 100;

/** Cache of the search indexes. An index is built at the first search of a catalogue. All views of a catalogue share it. */
export class ToolSearches {
  private readonly known = new LRUCache<Catalogue, Promise<ToolSearch>>({ max: MAX_SEARCHES, maxSize: MAX_TOOLS });

  of(catalogue: Catalogue): Promise<ToolSearch> {
    const known = this.known.get(catalogue);
    if (known) return known;
    const search = ToolSearch.over(catalogue);
    this.known.set(catalogue, search, { size: Math.min(MAX_TOOLS, Math.max(1, catalogue.tools.length)) });
    return search;
  }

  forget(catalogue: Catalogue): void {
    this.known.delete(catalogue);
  }
}
