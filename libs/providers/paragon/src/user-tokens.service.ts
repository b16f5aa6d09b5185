import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import { ParagonConfig } from '@manifold/config';
import { BackendUsers, type BackendCaller } from '@manifold/tool-provider';

/** Lifetime in seconds of a token for the gateway's calls. */
const LIFETIME = 600;
/** Milliseconds after which a new token is made. This is well before the old one expires, so clock differences do no harm. */
const REUSED_MS = (LIFETIME / 2) * 1000;
const MOST_TOKENS = 10_000;

/**
 * Returns Paragon User Tokens: RS256 JWTs `{sub, aud, iat, exp}`, signed with the project's signing key.
 *
 * Paragon identifies a user by one text. {@link BackendUsers} decides which text that is for a principal.
 */
@Injectable()
export class UserTokens {
  /** By the id of the user at Paragon. */
  private readonly minted = new LRUCache<string, Promise<string>>({ max: MOST_TOKENS, ttl: REUSED_MS });
  private readonly issuer: string;
  private readonly users: BackendUsers;

  constructor(private readonly project: ParagonConfig) {
    this.issuer = `useparagon.com/${project.projectId}`;
    this.users = new BackendUsers(project.served, this.issuer);
  }

  /** Returns the id of the principal at Paragon; undefined if the project does not serve the principal. */
  userOf(caller: BackendCaller): string | undefined {
    return this.users.userOf(caller);
  }

  /**
   * Returns the caller's own token if it is a Paragon token. Otherwise the gateway signs a token for the caller and reuses it.
   * @returns undefined if the project does not serve the caller
   */
  tokenOf(principal: Principal): Promise<string> | undefined {
    const { issuer, credential } = principal;
    if (issuer === this.issuer && credential !== undefined) return Promise.resolve(credential);
    const user = this.userOf(principal);
    if (user === undefined) return undefined;
    const known = this.minted.get(user);
    if (known) return known;
    const token = this.mint(user, LIFETIME);
    this.minted.set(user, token);
    return token;
  }

  /**
   * @param user the id of the user at Paragon
   * @param lifetime in seconds
   */
  mint(user: string, lifetime: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setSubject(user)
      .setAudience(this.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetime)
      .sign(this.project.signingKey);
  }
}
