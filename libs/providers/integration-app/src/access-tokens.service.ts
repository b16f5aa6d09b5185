import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { holdsAccessToken, type Principal } from '@manifold/auth';
import { IntegrationAppConfig } from '@manifold/config';
import { BackendUsers } from '@manifold/tool-provider';

/** Lifetime in seconds of a token for the gateway's calls. */
const LIFETIME = 600;
/** Milliseconds after which a new token is made. This is well before the old one expires, so clock differences do no harm. */
const REUSED_MS = (LIFETIME / 2) * 1000;
const MOST_TOKENS = 10_000;

/**
 * Returns access tokens of Integration.app.
 *
 * Integration.app identifies a user by one text. {@link BackendUsers} decides which text that is for a principal.
 */
@Injectable()
export class AccessTokens {
  /** By the id of the user at Integration.app. */
  private readonly minted = new LRUCache<string, Promise<string>>({ max: MOST_TOKENS, ttl: REUSED_MS });

  private readonly users: BackendUsers;

  constructor(private readonly workspace: IntegrationAppConfig) {
    this.users = new BackendUsers(workspace.served, workspace.issuer);
  }

  /** Returns whether there is a token for the principal, without making one. */
  serves(principal: Principal): boolean {
    if (this.ownTokenOf(principal) !== undefined) return true;
    return this.workspace.signingSecret !== undefined && this.users.userOf(principal) !== undefined;
  }

  /**
   * Returns the caller's own token if Integration.app issued it. Otherwise the gateway signs a token for the caller and reuses it.
   * @returns undefined if the workspace does not serve the caller, or if no signing secret is configured; then only callers with a token
   * of their own have tools here
   */
  tokenOf(principal: Principal): Promise<string> | undefined {
    const { subject } = principal;
    const own = this.ownTokenOf(principal);
    if (own !== undefined) return Promise.resolve(own);
    const user = this.users.userOf(principal);
    if (user === undefined || this.workspace.signingSecret === undefined) return undefined;
    const known = this.minted.get(user);
    if (known) return known;
    const token = this.mint(user, subject, this.workspace.signingSecret);
    this.minted.set(user, token);
    return token;
  }

  /** Returns the caller's token if Integration.app issued it: the gateway has verified it, or passes it on to be verified there. */
  private ownTokenOf(principal: Principal): string | undefined {
    return holdsAccessToken(principal, this.workspace.issuer) ? principal.credential : undefined;
  }

  /** Signs a token of the older generation, which every workspace accepts, with the algorithm that the documentation recommends. */
  private mint(id: string, name: string, secret: NonNullable<IntegrationAppConfig['signingSecret']>): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ id, name })
      .setProtectedHeader({ alg: 'HS512', typ: 'JWT' })
      .setIssuer(this.workspace.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME)
      .sign(secret);
  }
}
