import { SERVER_NAME } from '@manifold/server-model';
import type { CatalogServerDto } from './catalog.dto.js';
import { installOf } from './registry-install.js';
import { registryAnswer, registryEntry, type RegistryServer } from './registry.schema.js';

export interface RegistryPage {
  readonly servers: readonly CatalogServerDto[];
  readonly nextCursor?: string;
  /** Number of entries that do not match the schema of the API. */
  readonly unreadable: number;
}

/** @returns undefined if the text is not a page of servers. Servers whose status is not `active` are left out. */
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

/** Returns the name without its namespace, with the prefix `mcp-` if it is not a valid server name; at most 64 characters. */
function serverNameOf(name: string): string {
  const own = name.slice(name.indexOf('/') + 1, name.indexOf('/') + 65);
  return SERVER_NAME.test(own) ? own : `mcp-${own}`.slice(0, 64);
}

/** Returns whether the URL is http or https. User interfaces make it a link, so `javascript:` URLs must not pass. */
const isWebAddress = (url: string | undefined): boolean =>
  url !== undefined && /^https?:$/.test(URL.parse(url)?.protocol ?? '');

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
