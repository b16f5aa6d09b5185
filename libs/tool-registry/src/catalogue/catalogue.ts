import { Logger } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
import type { ToolDefinition, ToolDescriptor, ToolProvider } from '@manifold/tool-provider';
import { publicNames } from './public-names.js';
import { shows, type View } from './view.js';
import type { Namespaces } from '../uris/namespaces.js';
import type { ServerUris } from '../uris/server-uris.js';

/** Tools of one provider for one principal, as last listed. */
export interface Listing {
  readonly provider: ToolProvider;
  readonly tools: readonly ToolDescriptor[];
}

/** Tool with its public name, which agents use. */
export interface ListedTool {
  readonly publicName: string;
  readonly app: string;
  /** The tool's name inside its app. */
  readonly name: string;
  /** Definition from the provider, with the provider's tool name and URIs. */
  readonly definition: ToolDefinition;
  /** Mapping of the app's URIs; undefined if the view shows the app's own URIs. */
  readonly uris?: ServerUris;
}

/** Tool that a public name refers to. */
export interface CatalogueEntry extends ListedTool {
  readonly provider: ToolProvider;
  readonly descriptor: ToolDescriptor;
}

const logger = new Logger('Catalogue');

/**
 * All tools that a principal can use, with look-ups by public name and by (app, name). Immutable; principals that see the same tools share
 * one catalogue.
 */
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

  static of(listings: readonly Listing[], nameMax: number, namespaces: Namespaces): Catalogue {
    return new Catalogue(entriesOf(listings, nameMax, namespaces));
  }

  /** Returns the tools of the view's apps. They keep their public names, unless the view shows one app under its own names. */
  only(view: View): Catalogue {
    const shown = this.entries.filter(({ app }) => shows(view, app));
    return new Catalogue(view.own === undefined ? shown : underOwnNames(shown));
  }

  /** The tools as JSON text (MCP `Tool[]`) in UTF-8. It is serialised once and cached. */
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

/** Returns the tool as agents see it (MCP `Tool`). */
export function publicDefinition({ definition, publicName, uris }: ListedTool): ToolDefinition {
  const shown = { ...definition, name: publicName };
  return uris?.definition(shown) ?? shown;
}

/** Replaces public names and URIs by the app's own. If two providers have a tool with the same name, the first provider wins. */
function underOwnNames(entries: readonly CatalogueEntry[]): CatalogueEntry[] {
  const byName = new Map<string, CatalogueEntry>();
  for (const entry of entries)
    if (!byName.has(entry.name)) byName.set(entry.name, { ...entry, publicName: entry.name, uris: undefined });
  return [...byName.values()];
}

function entriesOf(listings: readonly Listing[], nameMax: number, namespaces: Namespaces): CatalogueEntry[] {
  const owned = listings.flatMap(({ provider, tools }) =>
    withoutRepeats(provider, tools).map((descriptor) => ({ provider, providerId: provider.id, descriptor })),
  );
  const names = publicNames(owned, nameMax);
  return owned.map(({ provider, descriptor }, index) => ({
    publicName: names[index]!,
    app: descriptor.app,
    name: descriptor.name,
    definition: descriptor.definition,
    uris: namespaces.urisOf(provider, descriptor.app),
    provider,
    descriptor,
  }));
}

/** Removes tools that the provider lists twice under one app and name. The first one stays. */
function withoutRepeats(provider: ToolProvider, tools: readonly ToolDescriptor[]): ToolDescriptor[] {
  const seen = new Set<string>();
  return tools.filter(({ app, name }) => {
    const identity = tupleKey(app, name);
    if (seen.has(identity)) {
      logger.warn({ msg: 'a tool is listed twice: the second is ignored', provider: provider.id, app, tool: name });
      return false;
    }
    seen.add(identity);
    return true;
  });
}
