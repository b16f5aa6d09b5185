import { Logger } from '@nestjs/common';
import type { ToolDefinition, ToolDescriptor, ToolProvider } from '@manifold/tool-provider';
import { publicNames } from './public-names.js';
import { shows, type View } from './view.js';

/** One provider's tools for one principal, as last listed. */
export interface Listing {
  readonly provider: ToolProvider;
  readonly tools: readonly ToolDescriptor[];
}

/** A tool under the name that agents use. */
export interface ListedTool {
  readonly publicName: string;
  readonly app: string;
  /** The tool's name inside its app. */
  readonly name: string;
  /** As the owner gave it, with the owner's name. */
  readonly definition: ToolDefinition;
}

/** What a public name stands for. */
export interface CatalogueEntry extends ListedTool {
  readonly provider: ToolProvider;
  readonly descriptor: ToolDescriptor;
}

const logger = new Logger('Catalogue');

/** Everything that a principal can use, with look-ups by public name and by (app, name). Immutable; shared by all who see the same. */
export class Catalogue {
  readonly tools: readonly ListedTool[];
  private encoded?: Buffer;
  private readonly byPublicName: ReadonlyMap<string, CatalogueEntry>;
  private readonly byApp: ReadonlyMap<string, ReadonlyMap<string, CatalogueEntry>>;

  private constructor(private readonly entries: readonly CatalogueEntry[]) {
    this.tools = entries;
    this.byPublicName = new Map(entries.map((entry) => [entry.publicName, entry]));
    const byApp = new Map<string, Map<string, CatalogueEntry>>();
    for (const entry of entries) {
      const app = byApp.get(entry.app) ?? new Map<string, CatalogueEntry>();
      byApp.set(entry.app, app);
      if (!app.has(entry.name)) app.set(entry.name, entry);
    }
    this.byApp = byApp;
  }

  static of(listings: readonly Listing[], nameMax: number): Catalogue {
    return new Catalogue(entriesOf(listings, nameMax));
  }

  /** The tools of the view's apps. They keep the names that they have among all tools, unless the view is of one app alone. */
  only(view: View): Catalogue {
    const shown = this.entries.filter(({ app }) => shows(view, app));
    return new Catalogue(view.own === undefined ? shown : underOwnNames(shown));
  }

  /** The tools as JSON text (MCP `Tool[]`) in UTF-8, made once: a listing costs no serialisation. */
  get json(): Buffer {
    return (this.encoded ??= Buffer.from(JSON.stringify(this.tools.map(publicDefinition))));
  }

  find(publicName: string): CatalogueEntry | undefined {
    return this.byPublicName.get(publicName);
  }

  findInApp(app: string, name: string): CatalogueEntry | undefined {
    return this.byApp.get(app)?.get(name);
  }

  hasApp(app: string): boolean {
    return this.byApp.has(app);
  }
}

/** A tool as agents see it (MCP `Tool`). */
export const publicDefinition = ({ definition, publicName }: ListedTool): ToolDefinition => ({
  ...definition,
  name: publicName,
});

/** Of two providers that have the app the first counts: a name stands for one tool. */
function underOwnNames(entries: readonly CatalogueEntry[]): CatalogueEntry[] {
  const byName = new Map<string, CatalogueEntry>();
  for (const entry of entries)
    if (!byName.has(entry.name)) byName.set(entry.name, { ...entry, publicName: entry.name });
  return [...byName.values()];
}

function entriesOf(listings: readonly Listing[], nameMax: number): CatalogueEntry[] {
  const owned = listings.flatMap(({ provider, tools }) =>
    withoutRepeats(provider, tools).map((descriptor) => ({ provider, providerId: provider.id, descriptor })),
  );
  const names = publicNames(owned, nameMax);
  return owned.map(({ provider, descriptor }, index) => ({
    publicName: names[index]!,
    app: descriptor.app,
    name: descriptor.name,
    definition: descriptor.definition,
    provider,
    descriptor,
  }));
}

/** An owner that lists a name twice means one tool: the first counts. */
function withoutRepeats(provider: ToolProvider, tools: readonly ToolDescriptor[]): ToolDescriptor[] {
  const seen = new Set<string>();
  return tools.filter(({ app, name }) => {
    const identity = JSON.stringify([app, name]);
    if (seen.has(identity)) {
      logger.warn({ msg: 'a tool is listed twice: the second is ignored', provider: provider.id, app, tool: name });
      return false;
    }
    seen.add(identity);
    return true;
  });
}
