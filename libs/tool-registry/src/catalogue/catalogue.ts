import { Logger } from '@nestjs/common';
import { isObject, tupleKey } from '@manifold/async';
import type { RawObject, ToolDefinition, ToolDescriptor, ToolProvider } from '@manifold/tool-provider';
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
  /** See {@link ToolDescriptor.needsOneOf}. */
  readonly needsOneOf?: readonly string[];
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
  /** JSON text of the tools, by the capabilities that tools need and the client has. */
  private readonly encoded = new Map<string, Buffer>();
  /** All capabilities that tools need. Usually there are none. */
  private readonly needed: readonly string[];
  private readonly byPublicName: ReadonlyMap<string, CatalogueEntry>;
  private readonly byApp: ReadonlyMap<string, ReadonlyMap<string, CatalogueEntry>>;

  private constructor(private readonly entries: readonly CatalogueEntry[]) {
    this.tools = entries;
    this.needed = [...new Set(entries.flatMap(({ needsOneOf = [] }) => needsOneOf))].sort();
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

  /**
   * Returns the tools that a client can call as JSON text (MCP `Tool[]`) in UTF-8. It is serialised once for all clients that can call the
   * same tools.
   * @param capabilities capabilities that the client has declared
   */
  jsonFor(capabilities?: RawObject): Buffer {
    const key = this.needed.filter((name) => declares(capabilities, name)).join();
    const known = this.encoded.get(key);
    if (known) return known;
    const shown = this.tools.filter((tool) => isFor(tool, capabilities));
    const text = Buffer.from(JSON.stringify(shown.map(publicDefinition)));
    this.encoded.set(key, text);
    return text;
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

/** Returns whether a client with these capabilities can call the tool. */
export const isFor = ({ needsOneOf }: ListedTool, capabilities?: RawObject): boolean =>
  needsOneOf?.some((name) => declares(capabilities, name)) ?? true;

const declares = (capabilities: RawObject | undefined, name: string): boolean => isObject(capabilities?.[name]);

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
    needsOneOf: descriptor.needsOneOf,
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
