import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '@manifold/config';
import { holdsAccessToken } from './jwt/integration-app-token.js';
import type { Principal } from './principal.js';
import { CredentialError } from './unauthenticated.js';

const MOST_HINTED = 10_000;

/**
 * Access tokens of Integration.app in the URL. Its specification defines this method. It is deprecated, because URLs end up in logs and
 * browser histories.
 */
@Injectable()
export class QueryTokens {
  private readonly logger = new Logger(QueryTokens.name);
  /** Principals for which the deprecation notice was logged. */
  private readonly hinted = new LRUCache<string, true>({ max: MOST_HINTED });

  constructor(private readonly config: Config) {}

  /**
   * Accepts a token from the query and logs a deprecation notice once per principal.
   * @throws CredentialError for tokens of other issuers: OAuth forbids tokens in the query (MCP authorization, "Access Token Usage")
   */
  admit(principal: Principal): void {
    const { key } = principal;
    if (!holdsAccessToken(principal, this.config.integrationApp?.issuer)) {
      throw new CredentialError('Tokens of this issuer must not be in the query');
    }
    if (this.hinted.has(key)) return;
    this.hinted.set(key, true);
    this.logger.log({ msg: 'a token in the URL is deprecated: send it as Authorization: Bearer', principal: key });
  }
}
