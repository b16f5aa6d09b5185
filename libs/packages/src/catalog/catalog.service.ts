import { Injectable, Logger } from '@nestjs/common';
import { BundledSearch } from './bundled-search.js';
import { BUNDLED_SERVERS } from './bundled/bundled-servers.js';
import type { CatalogServerDto } from './catalog.dto.js';
import { cursorOf, FIRST_PLACE, placeOf } from './catalog-cursor.js';
import { RegistryClient, RegistryError } from './registry.client.js';
import type { RegistryPage } from './registry.mapper.js';

export interface CatalogSearch {
  readonly query: string;
  /** Servers of the answer, at most. */
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface CatalogPage {
  readonly servers: readonly CatalogServerDto[];
  readonly nextCursor?: string;
  /** Why servers may be missing, for operators. */
  readonly warnings?: readonly string[];
}

/** Servers that could be installed: the bundled list first, then the registry that REGISTRY_URL names. */
@Injectable()
export class Catalog {
  private readonly logger = new Logger(Catalog.name);
  private readonly bundled = new BundledSearch(BUNDLED_SERVERS);
  private readonly known = new Map(BUNDLED_SERVERS.map((server) => [identityOf(server), server]));

  constructor(private readonly registry: RegistryClient) {}

  /**
   * A registry that is down or talks nonsense costs its servers, not the answer.
   * @throws Problem 400 for a cursor that no answer gave
   */
  async search({ query, limit, cursor }: CatalogSearch): Promise<CatalogPage> {
    const place = cursor === undefined ? FIRST_PLACE : placeOf(cursor, this.registry.configured);
    const matches = this.bundled.find(query);
    if (place.from === 'registry') return this.fromRegistry(query, limit, place.cursor, matches);

    const end = place.offset + limit;
    const servers = matches.slice(place.offset, end);
    if (end < matches.length) return { servers, nextCursor: cursorOf({ from: 'bundled', offset: end }) };
    if (!this.registry.configured) return { servers };
    // A page that the bundled list has filled ends where the registry begins.
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

  /** A package or endpoint that the gateway knows by itself is shown as the gateway describes it, and once. */
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

/** What of two entries is the same server. Names on PyPI differ neither by case nor by the kind of separator (PEP 503). */
function identityOf({ runtime, package: name, url, name: entry }: CatalogServerDto): string {
  if (runtime === 'python') return `python ${name!.toLowerCase().replaceAll(/[-_.]+/g, '-')}`;
  if (runtime === 'npm') return `npm ${name}`;
  if (runtime === 'remote') return `remote ${url!.replace(/\/+$/, '')}`;
  return `other ${entry}`;
}
