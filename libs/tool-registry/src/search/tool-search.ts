import MiniSearch from 'minisearch';
import type { Catalogue, ListedTool } from '../catalogue/catalogue.js';
import { searchWords } from './search-words.js';
import { shows, type View } from '../catalogue/view.js';

/** Maximum number of characters of a title or description that are indexed. Descriptions state the tool's purpose at the beginning. */
const MAX_DESCRIPTION = 1_000;
/** Maximum number of distinct words of a query. */
const MAX_WORDS = 16;
/** Maximum number of occurrences that one query examines, about 10 ms. Frequent words say little, so they are dropped first. */
const MAX_OCCURRENCES = 6_000;
/** Number of tools that are indexed before the event loop can run other work, about 5 ms. */
const CHUNK = 100;

interface Document {
  readonly id: number;
  readonly name: string;
  readonly title: string;
  readonly description: string;
}

/** A ranked search over names, titles and descriptions of a catalogue's tools. */
export class ToolSearch {
  /** Number of occurrences of each word. */
  private readonly occurrences = new Map<string, number>();
  private readonly index = new MiniSearch<Document>({
    fields: ['name', 'title', 'description'],
    tokenize: searchWords,
    processTerm: (word) => {
      this.occurrences.set(word, this.countOf(word) + 1);
      return word;
    },
    searchOptions: {
      tokenize: (query) => query.split(' '),
      processTerm: (word) => word,
      boost: { name: 4, title: 3 },
      prefix: (word) => word.length > 2 && this.countOf(word) === 0,
      fuzzy: (word) => (word.length > 4 && this.countOf(word) === 0 ? 1 : false),
      weights: { prefix: 0.4, fuzzy: 0.2 },
    },
  });

  private constructor(private readonly tools: readonly ListedTool[]) {}

  /** Builds the index in chunks, so that other work can run in between. */
  static async over({ tools }: Catalogue): Promise<ToolSearch> {
    const search = new ToolSearch(tools);
    await search.index.addAllAsync(tools.map(documentOf), { chunkSize: CHUNK });
    return search;
  }

  /** @returns at most `limit` tools of the view, best first */
  find(query: string, limit: number, view: View): ListedTool[] {
    const found: ListedTool[] = [];
    for (const { id } of this.index.search(this.tellingWords(query).join(' '))) {
      const tool = this.tools[id as number]!;
      if (shows(view, tool.app)) found.push(tool);
      if (found.length === limit) break;
    }
    return found;
  }

  /** Returns the words of the query, rarest first, up to MAX_OCCURRENCES occurrences in total; at least one word. */
  private tellingWords(query: string): string[] {
    const words = [...new Set(searchWords(query))].slice(0, MAX_WORDS);
    words.sort((one, other) => this.countOf(one) - this.countOf(other));
    let sum = 0;
    return words.filter((word, index) => (sum += this.countOf(word)) <= MAX_OCCURRENCES || index === 0);
  }

  private countOf(word: string): number {
    return this.occurrences.get(word) ?? 0;
  }
}

function documentOf({ publicName, definition }: ListedTool, id: number): Document {
  const { title, description } = definition;
  return { id, name: publicName, title: textOf(title), description: textOf(description) };
}

/** Returns the text, or an empty string for any other type: definitions come from an upstream and may be malformed. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_DESCRIPTION) : '');
