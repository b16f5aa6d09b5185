import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Principal } from '@manifold/auth';
import { IntegrationAppConfig } from '@manifold/config';

/** Seconds that a token for calls of the gateway is good. */
const LIFETIME = 600;
/** Milliseconds after which a new one is made: well before the old one ends, whatever the clocks say. */
const REUSED_MS = (LIFETIME / 2) * 1000;
const MOST_TOKENS = 10_000;

/**
 * Access tokens of Integration.app.
 *
 * Its users are known by the subject alone, so principals of several issuers with one subject are one user there.
 */
@Injectable()
export class AccessTokens {
  private readonly minted = new LRUCache<string, Promise<string>>({ max: MOST_TOKENS, ttl: REUSED_MS });

  constructor(private readonly workspace: IntegrationAppConfig) {}

  /**
   * The caller's own token where it is Integration.app's, else one that is made in the caller's name: signed rarely, not per call.
   * @returns nothing where the gateway cannot sign: then only callers with a token of their own have tools here
   */
  tokenOf({ issuer, subject, credential }: Principal): Promise<string> | undefined {
    if (issuer === this.workspace.issuer && credential !== undefined) return Promise.resolve(credential);
    if (this.workspace.signingSecret === undefined) return undefined;
    const known = this.minted.get(subject);
    if (known) return known;
    const token = this.mint(subject, this.workspace.signingSecret);
    this.minted.set(subject, token);
    return token;
  }

  /** The older generation, which every workspace accepts, with the algorithm that its documentation recommends. */
  private mint(user: string, secret: NonNullable<IntegrationAppConfig['signingSecret']>): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ id: user, name: user })
      .setProtectedHeader({ alg: 'HS512', typ: 'JWT' })
      .setIssuer(this.workspace.issuer)
      .setIssuedAt(now)
      .setExpirationTime(now + LIFETIME)
      .sign(secret);
  }
}
