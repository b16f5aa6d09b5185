import { hash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { decodeJwt, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { Config } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { RequestLimits } from '@manifold/limits';
import { countsOfCache } from '@manifold/metrics';
import { ProblemError } from '@manifold/rest';
import type { Principal } from '../principal.js';
import { CredentialError } from '../unauthenticated.js';
import { IssuerVerifier } from './issuer-verifier.js';
import { ForwardedTokens } from './forwarded-tokens.js';
import { isAccessToken } from './integration-app-token.js';
import { signingKeysOf, SigningKeysUnavailableError } from './signing-keys.js';
import { expiryOf, principalOfClaims } from './token-claims.js';

const MOST_VERIFIED = 10_000;
const { hits, misses } = countsOfCache('tokens');

/** Verifies access tokens of the configured issuers. */
@Injectable()
export class TokenVerifier implements OnModuleInit {
  private readonly issuers = new Map<string, IssuerVerifier>();
  /** Verifier for tokens that name no configured issuer: Paragon's. */
  private unnamed?: IssuerVerifier;
  private forwardedTokens?: ForwardedTokens;
  /** Verified principals by the token's SHA-256, so a cached token needs no key parsing and no signature check. */
  private readonly verified = new LRUCache<string, Principal>({ max: MOST_VERIFIED });

  constructor(
    private readonly config: Config,
    private readonly egress: Egress,
    private readonly limits: RequestLimits,
  ) {}

  /** @throws Error if a configured key cannot be used: the gateway must not start */
  onModuleInit(): void {
    for (const issuer of this.config.issuers) {
      const verifier = new IssuerVerifier(issuer, signingKeysOf(issuer, this.egress));
      if (issuer.claims === 'paragon') this.unnamed = verifier;
      else this.issuers.set(issuer.issuer, verifier);
    }
  }

  /**
   * Returns the principal of a token. A token that was valid is not verified again, so the caller must check its expiry on each request.
   * @param address address of the caller; callers without one count as one caller
   * @throws CredentialError, ProblemError 503 `issuer_unavailable`, 429 `rate_limited`
   */
  async principalOf(token: string, address = ''): Promise<Principal> {
    const digest = hash('sha256', token, 'base64url');
    const known = this.verified.get(digest);
    (known ? hits : misses).add();
    if (known) return known;
    const unverified = unverifiedClaims(token);
    const verifier = this.verifierOf(unverified);
    if (!verifier) return this.forwarded(token, digest, unverified, address);
    const principal = await verifiedPrincipal(verifier, token);
    this.verified.set(digest, principal);
    return principal;
  }

  /**
   * Selects the verifier by the issuer that the unverified token names. The verifier then requires that issuer. Tokens of Paragon name no
   * configured issuer: their verifier requires the signature of Paragon's key.
   * @returns undefined for a token that is forwarded unverified
   */
  private verifierOf(claims: JWTPayload): IssuerVerifier | undefined {
    const { iss, workspaceKey } = claims;
    const named = [iss, workspaceKey].filter((name) => typeof name === 'string');
    const verifier = named.map((name) => this.issuers.get(name)).find((found) => found !== undefined);
    if (verifier) return verifier;
    if (this.config.integrationApp?.forwardOnly && isAccessToken(claims)) return undefined;
    if (this.unnamed) return this.unnamed;
    throw new CredentialError(named.length === 0 ? 'The token has no iss' : 'The issuer is unknown');
  }

  private async forwarded(token: string, digest: string, claims: JWTPayload, address: string): Promise<Principal> {
    this.forwardedTokens ??= new ForwardedTokens(this.config.integrationApp!, this.egress, this.limits);
    const expiresAt = expiryOf(claims);
    const { principal, accepted } = await this.forwardedTokens.principalOf(token, digest, claims, expiresAt, address);
    if (accepted) this.verified.set(digest, principal);
    return principal;
  }
}

async function verifiedPrincipal(verifier: IssuerVerifier, token: string): Promise<Principal> {
  try {
    return principalOfClaims(await verifier.verify(token), verifier.config, token);
  } catch (error) {
    if (!(error instanceof SigningKeysUnavailableError)) throw error;
    throw new ProblemError(503, 'issuer_unavailable', 'The keys of the token issuer cannot be loaded', {
      retryAfter: 10,
      cause: error,
    });
  }
}

function unverifiedClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    throw new CredentialError('The token is not a JWT');
  }
}
