import { Injectable } from '@nestjs/common';
import { Config } from '@manifold/config';
import { Egress, EgressError, type WholeAnswer } from '@manifold/egress';
import { registryPage, type RegistryPage } from './registry.mapper.js';

const TIME_LIMIT_MS = 5_000;
/** Of one page, in characters. The largest entries have some kilobytes, and a page has at most 100. */
const SIZE_LIMIT = 2 * 1024 * 1024;

/** The registry did not answer, or not with a page of servers. The message names its host at most. */
export class RegistryError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryError';
  }
}

/** An MCP registry: `GET /v0.1/servers` of the registry API (2025-10-17), which subregistries speak, too. */
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
   * The latest versions of the servers that match.
   * @param search a part of a name or description; all of them when it is empty
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
    if (!page) throw new RegistryError(`The MCP registry at ${url.host} gives an answer that is no page of servers`);
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
