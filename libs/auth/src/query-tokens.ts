import { Injectable, Logger } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Config } from '@manifold/config';
import type { Principal } from './principal.js';
import { CredentialRefused } from './unauthenticated.js';

/** Where clients that know nothing but a URL connect. By the route that was found: no other spelling of a path leads there. */
const ROUTES: ReadonlySet<string | undefined> = new Set(['/mcp', '/sse', '/messages', '/sse/messages']);
const MOST_HINTED = 10_000;

/** What stands in `?token=`, on the routes that take it. */
export function queryTokenOf({ routeOptions, query }: Pick<FastifyRequest, 'routeOptions' | 'query'>): unknown {
  return ROUTES.has(routeOptions.url) ? (query as { token?: unknown } | null)?.token : undefined;
}

/** Access tokens of Integration.app in the URL: the way of its specification, and deprecated, because URLs end up in logs and histories. */
@Injectable()
export class QueryTokens {
  private readonly logger = new Logger(QueryTokens.name);
  /** Principals that have had the hint. */
  private readonly hinted = new LRUCache<string, true>({ max: MOST_HINTED });

  constructor(private readonly config: Config) {}

  /**
   * Tells the operator once who still does it.
   * @throws CredentialRefused for tokens of other issuers: OAuth forbids them there (MCP authorization, "Access Token Usage")
   */
  admit({ issuer, key }: Principal): void {
    if (issuer !== this.config.integrationApp?.issuer) {
      throw new CredentialRefused('Tokens of this issuer must not be in the query');
    }
    if (this.hinted.has(key)) return;
    this.hinted.set(key, true);
    this.logger.log({ msg: 'a token in the URL is deprecated: send it as Authorization: Bearer', principal: key });
  }
}
