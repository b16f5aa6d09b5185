import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import { ParagonConfig } from '@manifold/config';

/** Seconds that a token for calls of the gateway is good. */
const LIFETIME = 600;
/** Milliseconds after which a new one is made: well before the old one ends, whatever the clocks say. */
const REUSED_MS = (LIFETIME / 2) * 1000;
const MOST_TOKENS = 10_000;

/**
 * Paragon User Tokens: RS256 JWTs `{sub, aud, iat, exp}` of the project's signing key.
 *
 * A Paragon user is known by the subject alone, so principals of several issuers with one subject are one Paragon user.
 */
@Injectable()
export class UserTokens {
  private readonly minted = new LRUCache<string, Promise<string>>({ max: MOST_TOKENS, ttl: REUSED_MS });
  private readonly issuer: string;

  constructor(private readonly project: ParagonConfig) {
    this.issuer = `useparagon.com/${project.projectId}`;
  }

  /** The caller's own token where it is Paragon's, else one that is made in the caller's name: signed rarely, not per call. */
  tokenOf({ issuer, subject, credential }: Principal): Promise<string> {
    if (issuer === this.issuer && credential !== undefined) return Promise.resolve(credential);
    const known = this.minted.get(subject);
    if (known) return known;
    const token = this.mint(subject, LIFETIME);
    this.minted.set(subject, token);
    return token;
  }

  /** @param lifetime seconds */
  mint(subject: string, lifetime: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setSubject(subject)
      .setAudience(this.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .sign(this.project.signingKey);
  }
}
