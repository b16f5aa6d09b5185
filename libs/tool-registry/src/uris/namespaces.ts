import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { offersResources, ToolProviders, type ToolProvider } from '@manifold/tool-provider';
import { ServerUris } from './server-uris.js';

/** Separator of a provider's id and an app. It never appears in an encoded name. */
const SEPARATOR = '+';
const MAX_MAPPINGS = 1_000;

/**
 * The namespaces of apps in public URIs. The namespace of a registered server is its name. An app of another provider also has the
 * provider's id, because it may have the name of a registered server.
 */
@Injectable()
export class Namespaces {
  /** Provider whose apps are named without its id: the first one that has resources. */
  private readonly main: ToolProvider | undefined;
  private readonly mappings = new LRUCache<string, ServerUris>({ max: MAX_MAPPINGS });

  constructor(private readonly providers: ToolProviders) {
    this.main = providers.all.find((provider) => offersResources(provider));
  }

  /** Returns the mapping of an app's URIs. */
  urisOf(provider: ToolProvider, app: string): ServerUris {
    const namespace = this.of(provider, app);
    const uris = this.mappings.get(namespace) ?? new ServerUris(namespace);
    this.mappings.set(namespace, uris);
    return uris;
  }

  /** @returns the owner of a namespace, which may not exist; undefined if no app can have the namespace */
  read(namespace: string): { readonly provider: ToolProvider; readonly app: string } | undefined {
    const parts = namespace.split(SEPARATOR);
    const app = decoded(parts.at(-1)!);
    const provider = parts.length === 1 ? this.main : this.providers.all.find(({ id }) => encoded(id) === parts[0]);
    if (app === undefined || !provider || this.of(provider, app) !== namespace) return undefined;
    return { provider, app };
  }

  private of(provider: ToolProvider, app: string): string {
    return provider === this.main ? encoded(app) : `${encoded(provider.id)}${SEPARATOR}${encoded(app)}`;
  }
}

/**
 * Encodes any name for the host and the fragment of a URI. Clients may fold the case of a host, and some URL parsers refuse percent-encoding
 * in it. All characters but `a-z`, `0-9`, `.`, `_` and `-` are therefore written as `~` and two digits for each byte: `Notes@home` is
 * `~4eotes~40home`. Two names differ in more than case then. A lone surrogate, which no URI can have, is replaced.
 */
function encoded(name: string): string {
  const wellFormed = name.replaceAll(/\p{Surrogate}/gu, '\uFFFD');
  return encodeURIComponent(wellFormed).replaceAll(
    /%([0-9A-F]{2})|[^a-z0-9._-]/g,
    (text, byte?: string) => `~${byte?.toLowerCase() ?? text.charCodeAt(0).toString(16)}`,
  );
}

function decoded(text: string): string | undefined {
  if (text.includes('%')) return undefined;
  try {
    return decodeURIComponent(text.replaceAll('~', '%'));
  } catch {
    return undefined;
  }
}
