import MiniSearch from 'minisearch';
import type { CatalogServerDto } from './catalog.dto.js';

interface Document {
  readonly id: number;
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** Ranked search over names, titles and descriptions of a fixed list. */
export class BundledSearch {
  private readonly index = new MiniSearch<Document>({
    fields: ['name', 'title', 'description'],
    searchOptions: { boost: { name: 4, title: 3 }, prefix: true, fuzzy: 0.2 },
  });

  constructor(private readonly servers: readonly CatalogServerDto[]) {
    this.index.addAll(servers.map(({ name, title, description }, id) => ({ id, name, title, description })));
  }

  /** Returns the matches, best first. For an empty query, returns all servers in list order. */
  find(query: string): readonly CatalogServerDto[] {
    if (query.trim() === '') return this.servers;
    return this.index.search(query).map(({ id }) => this.servers[id as number]!);
  }
}
