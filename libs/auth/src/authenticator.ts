import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Config } from '@manifold/config';
import { clientAddress, invalidRequest } from '@manifold/rest';
import { ApiKeyService } from './api-keys/api-key.service.js';
import { credentialOf } from './credential.js';
import { TokenVerifier } from './jwt/token-verifier.service.js';
import { CLOCK_TOLERANCE } from './jwt/token-claims.js';
import {
  DEFAULT_TENANT,
  DEFAULT_USERNAME,
  isSubject,
  LOCAL_ISSUER,
  principalKey,
  ROLES,
  type Principal,
  type Role,
} from './principal.js';
import { QueryTokens } from './query-tokens.js';
import { StreamGrants } from './stream-grants.js';
import { CredentialError } from './unauthenticated.js';

type AuthenticatedRequest = Pick<FastifyRequest, 'ip' | 'query' | 'raw' | 'routeOptions' | 'socket'>;

/** Identifies the caller of a request. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly config: Config,
    private readonly apiKeys: ApiKeyService,
    private readonly tokens: TokenVerifier,
    private readonly queryTokens: QueryTokens,
    private readonly grants: StreamGrants,
  ) {}

  /**
   * @param now epoch milliseconds
   * @returns undefined if the request has no credential
   * @throws CredentialError, ProblemError
   */
  async principalOf(request: AuthenticatedRequest, now: number): Promise<Principal | undefined> {
    const principal = await this.ofCredential(request);
    if (principal && hasExpired(principal, now)) throw new CredentialError('The credential has expired');
    return principal;
  }

  private async ofCredential(request: AuthenticatedRequest): Promise<Principal | undefined> {
    const credential = credentialOf(request);
    switch (credential.kind) {
      case 'jwt': {
        const principal = await this.tokens.principalOf(credential.token, clientAddress(request));
        if (credential.inQuery) this.queryTokens.admit(principal);
        return principal;
      }
      case 'api-key': {
        const principal = await this.apiKeys.principalOf(credential.key);
        if (!principal) throw new CredentialError('The API key is unknown');
        return principal;
      }
      case 'malformed':
        throw new CredentialError('There is more than one credential, or it is malformed');
      case 'stream':
        return (await this.grants.principalOf(credential.sessionId)) ?? this.withoutCredential(request);
      case 'none':
        return this.withoutCredential(request);
    }
  }

  private withoutCredential({ query }: AuthenticatedRequest): Principal | undefined {
    return this.config.environment === 'development' ? developmentPrincipal(query) : undefined;
  }
}

/**
 * Returns the principal of a request without a credential in development. The user "default" has every role. `?user=alice` selects another
 * user, with the role `user` only.
 */
function developmentPrincipal(query: unknown): Principal {
  const user = (query as { user?: unknown } | null)?.user;
  if (user === undefined) return DEFAULT_USER;
  if (isSubject(user)) return localPrincipal(user, ['user']);
  const detail = 'user must be given once, as 1 to 256 printable characters';
  throw invalidRequest([{ pointer: '/user', code: 'isSubject', detail }]);
}

const localPrincipal = (subject: string, roles: readonly Role[]): Principal => ({
  key: principalKey(DEFAULT_TENANT, LOCAL_ISSUER, subject),
  tenant: DEFAULT_TENANT,
  issuer: LOCAL_ISSUER,
  subject,
  roles,
  method: 'development',
});

const DEFAULT_USER = localPrincipal(DEFAULT_USERNAME, ROLES);

/**
 * Returns whether the principal's credential has expired. JWTs get the clock tolerance on top.
 * @param now epoch milliseconds
 */
export function hasExpired({ method, expiresAt }: Principal, now: number): boolean {
  if (expiresAt === undefined) return false;
  return now >= expiresAt + (method === 'jwt' ? CLOCK_TOLERANCE * 1000 : 0);
}
