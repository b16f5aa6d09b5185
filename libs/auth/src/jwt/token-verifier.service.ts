import { hash } from 'node:crypto';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { LRUCache } from 'lru-cache';
import { Config } from '@manifold/config';
import { Egress } from '@manifold/egress';
import { Problem } from '@manifold/rest';
import type { Principal } from '../principal.js';
import { CredentialRefused } from '../unauthenticated.js';
import { IssuerVerifier } from './issuer-verifier.js';
import { signingKeysOf, SigningKeysUnavailable } from './signing-keys.js';
import { principalOfClaims } from './token-claims.js';

const MOST_VERIFIED = 10_000;

/** Recognises the access tokens of the configured issuers. */
@Injectable()
export class TokenVerifier implements OnModuleInit {
  private readonly issuers = new Map<string, IssuerVerifier>();
  /** Of the tokens that name none of the issuers: Paragon's. */
  private unnamed?: IssuerVerifier;
  /** By the token's SHA-256: a warm call parses no key and verifies no signature. */
  private readonly verified = new LRUCache<string, Principal>({ max: MOST_VERIFIED });

  constructor(
    private readonly config: Config,
    private readonly egress: Egress,
  ) {}

  /** @throws Error for a configured key that cannot be used: the gateway must not start */
  onModuleInit(): void {
    for (const issuer of this.config.issuers) {
      const verifier = new IssuerVerifier(issuer, signingKeysOf(issuer, this.egress));
      if (issuer.claims === 'paragon') this.unnamed = verifier;
      else this.issuers.set(issuer.issuer, verifier);
    }
  }

  /**
   * Whose token this is. A token that was good is not verified again: the caller checks its expiry on each request.
   * @throws CredentialRefused, Problem 503 `issuer_unavailable`
   */
  async principalOf(token: string): Promise<Principal> {
    const digest = hash('sha256', token, 'base64url');
    const known = this.verified.get(digest);
    if (known) return known;
    const verifier = this.verifierOf(token);
    try {
      const principal = principalOfClaims(await verifier.verify(token), verifier.config, token);
      this.verified.set(digest, principal);
      return principal;
    } catch (error) {
      if (!(error instanceof SigningKeysUnavailable)) throw error;
      throw new Problem(503, 'issuer_unavailable', 'The keys of the token issuer cannot be loaded', {
        retryAfter: 10,
        cause: error,
      });
    }
  }

  /** The unverified `iss` only picks the verifier, which then insists on it, or on the signature of the one that has no name. */
  private verifierOf(token: string): IssuerVerifier {
    const issuer = unverifiedIssuer(token);
    const verifier = (issuer === undefined ? undefined : this.issuers.get(issuer)) ?? this.unnamed;
    if (verifier) return verifier;
    throw new CredentialRefused(issuer === undefined ? 'The token has no iss' : 'The issuer is unknown');
  }
}

function unverifiedIssuer(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    throw new CredentialRefused('The token is not a JWT');
  }
}
