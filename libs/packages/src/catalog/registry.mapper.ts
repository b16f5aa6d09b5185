import { SERVER_NAME } from '@manifold/server-hosting';
import type { CatalogServerDto } from './catalog.dto.js';
import { installOf } from './registry-install.js';
import { registryAnswer, registryEntry, type RegistryServer } from './registry.schema.js';

export interface RegistryPage {
  readonly servers: readonly CatalogServerDto[];
  readonly nextCursor?: string;
  /** Entries that do not have the shape of the API. */
  readonly unreadable: number;
}

/** @returns undefined for a text that is no page of servers. Servers that their publishers have withdrawn are left out. */
export function registryPage(text: string, limit: number): RegistryPage | undefined {
  const answer = registryAnswer.safeParse(parsed(text));
  if (!answer.success) return undefined;
  const servers: CatalogServerDto[] = [];
  let unreadable = 0;
  for (const element of answer.data.servers.slice(0, limit)) {
    const entry = registryEntry.safeParse(element);
    if (!entry.success) unreadable += 1;
    else if (isActive(entry.data._meta)) servers.push(catalogServer(entry.data.server));
  }
  const nextCursor = answer.data.metadata?.nextCursor || undefined;
  return { servers, unreadable, ...(nextCursor !== undefined && { nextCursor }) };
}

function catalogServer(server: RegistryServer): CatalogServerDto {
  const { name, title, description } = server;
  const serverName = serverNameOf(name);
  const homepage = [server.websiteUrl, server.repository?.url].find(isWebAddress);
  return {
    source: 'registry',
    name,
    title: title || serverName,
    description,
    ...(homepage !== undefined && { homepage }),
    ...installOf(server, { serverName, displayName: title || serverName }),
  };
}

const isActive = (meta: { 'io.modelcontextprotocol.registry/official'?: { status?: string } } | undefined): boolean =>
  (meta?.['io.modelcontextprotocol.registry/official']?.status ?? 'active') === 'active';

/** The name without its namespace, where that can be the name of a registered server. */
function serverNameOf(name: string): string {
  const own = name.slice(name.indexOf('/') + 1, name.indexOf('/') + 65);
  return SERVER_NAME.test(own) ? own : `mcp-${own}`.slice(0, 64);
}

/** Interfaces make links of it: `javascript:` is no homepage. */
const isWebAddress = (url: string | undefined): boolean =>
  url !== undefined && /^https?:$/.test(URL.parse(url)?.protocol ?? '');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
