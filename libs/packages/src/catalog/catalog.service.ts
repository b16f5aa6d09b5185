import { withoutSlashes } from '@manifold/async';
import { Injectable, Logger } from '@nestjs/common';
import { BundledSearch } from './bundled-search.js';
import { BUNDLED_SERVERS } from './bundled/bundled-servers.js';
import type { CatalogServerDto } from './catalog.dto.js';
import { cursorOf, FIRST_POSITION, positionOf } from './catalog-cursor.js';
import { RegistryClient, RegistryError } from './registry.client.js';
import type { RegistryPage } from './registry.mapper.js';

export interface CatalogSearch {
  readonly query: string;
  /** Maximum number of servers in the answer. */
  readonly limit: number;
  /** `nextCursor` of the previous page. */
  readonly cursor?: string;
}

export interface CatalogPage {
  readonly servers: readonly CatalogServerDto[];
  readonly nextCursor?: string;
  /** Reasons why servers may be missing, for operators. */
  readonly warnings?: readonly string[];
}

/** Catalogue of servers that can be installed: first the bundled list, then the registry at REGISTRY_URL. */
@Injectable()
export class Catalog {
  private readonly logger = new Logger(Catalog.name);
  private readonly bundled = new BundledSearch(BUNDLED_SERVERS);
  private readonly known = new Map(BUNDLED_SERVERS.map((server) => [identityOf(server), server]));

  constructor(private readonly registry: RegistryClient) {}

  /**
   * Searches the catalogue. If the registry is down or its answer is invalid, the answer has a warning instead of its servers.
   * @throws ProblemError 400 if the cursor is not from an answer
   */
  async search({ query, limit, cursor }: CatalogSearch): Promise<CatalogPage> {
    const position = cursor === undefined ? FIRST_POSITION : positionOf(cursor, this.registry.configured);
    const matches = this.bundled.find(query);
    if (position.from === 'registry') return this.fromRegistry(query, limit, position.cursor, matches);

    const end = position.offset + limit;
    const servers = matches.slice(position.offset, end);
    if (end < matches.length) return { servers, nextCursor: cursorOf({ from: 'bundled', offset: end }) };
    if (!this.registry.configured) return { servers };
    // If bundled servers fill this page, the next page begins with the registry.
    if (servers.length === limit) return { servers, nextCursor: cursorOf({ from: 'bundled', offset: end }) };
    const rest = await this.fromRegistry(query, limit - servers.length, undefined, matches);
    return { ...rest, servers: [...servers, ...rest.servers] };
  }

  private async fromRegistry(
    query: string,
    limit: number,
    cursor: string | undefined,
    matches: readonly CatalogServerDto[],
  ): Promise<CatalogPage> {
    try {
      const { servers, nextCursor, unreadable } = await this.registry.list(query.trim(), limit, cursor);
      return {
        servers: this.withoutRepetitions(servers, matches),
        ...(nextCursor !== undefined && { nextCursor: cursorOf({ from: 'registry', cursor: nextCursor }) }),
        ...(unreadable > 0 && { warnings: [`${unreadable} of the servers in the registry could not be read`] }),
      };
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      this.logger.warn({ msg: 'the MCP registry cannot be used', err: error });
      return { servers: [], warnings: [error.message] };
    }
  }

  /** Removes servers that are already shown. A server that is also in the bundled list is shown with its bundled description. */
  private withoutRepetitions(servers: RegistryPage['servers'], shown: readonly CatalogServerDto[]): CatalogServerDto[] {
    const seen = new Set(shown.map(identityOf));
    return servers.flatMap((server) => {
      const identity = identityOf(server);
      if (seen.has(identity)) return [];
      seen.add(identity);
      return this.known.get(identity) ?? server;
    });
  }
}

/** Returns a key that is equal for two entries of the same server. PyPI names ignore case and the kind of separator (PEP 503). */
function identityOf({ runtime, package: name, url, name: entry }: CatalogServerDto): string {
  if (runtime === 'python') return `python ${name!.toLowerCase().replaceAll(/[-_.]+/g, '-')}`;
  if (runtime === 'npm') return `npm ${name}`;
  if (runtime === 'remote') return `remote ${withoutSlashes(url!)}`;
  return `other ${entry}`;
}
