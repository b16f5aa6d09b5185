import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Egress, EgressError, type WholeAnswer } from '@manifold/egress';
import { registryPage, type RegistryPage } from './registry.mapper.js';

const TIME_LIMIT_MS = 5_000;
/** Maximum size of one page, in characters. The largest entries have some kilobytes, and a page has at most 100 entries. */
const SIZE_LIMIT = 2 * 1024 * 1024;

/** Error: the registry did not answer, or its answer is not a page of servers. The message contains only the host of the URL. */
export class RegistryError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryError';
  }
}

/** Client of an MCP registry: `GET /v0.1/servers` of the registry API (2025-10-17). Subregistries have the same API. */
@Injectable()
export class RegistryClient {
  constructor(
    private readonly config: Config,
    private readonly egress: Egress,
  ) {}

  get configured(): boolean {
    return this.config.registryUrl !== undefined;
  }

  /**
   * Returns the latest versions of the matching servers.
   * @param search part of a name or description; empty: all servers
   * @throws RegistryError
   */
  async list(search: string, limit: number, cursor: string | undefined): Promise<RegistryPage> {
    const url = new URL(`${this.config.registryUrl}/v0.1/servers`);
    url.searchParams.set('version', 'latest');
    url.searchParams.set('limit', String(limit));
    if (search !== '') url.searchParams.set('search', search);
    if (cursor !== undefined) url.searchParams.set('cursor', cursor);
    const { status, text } = await this.get(url);
    if (status !== 200) throw new RegistryError(`The MCP registry at ${url.host} answers with status ${status}`);
    const page = text.length <= SIZE_LIMIT ? registryPage(text, limit) : undefined;
    if (!page) throw new RegistryError(`The MCP registry at ${url.host} sent an answer that is not a page of servers`);
    return page;
  }

  private async get(url: URL): Promise<WholeAnswer> {
    try {
      return await this.egress.request(url, {
        headers: { accept: 'application/json' },
        policy: 'configured',
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
    } catch (cause) {
      const why = cause instanceof EgressError ? cause.message : `no answer within ${TIME_LIMIT_MS / 1000} s`;
      throw new RegistryError(`The MCP registry at ${url.host} cannot be used: ${why}`, { cause });
    }
  }
}
