import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { untilAborted } from '@manifold/async';
import { Leases } from '@manifold/bus';
import { ownerFields, ownerKey, type ConnectionOwner } from './connection-owner.js';
import { areFor, isAlive, isFresh, type ConnectionTokens } from './connection-tokens.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import { reauthRequired, TokenRenewal } from './token-renewal.js';
import { TokenVault } from './token-vault.js';

export interface TokenOptions {
  /** Endpoint of the server that the token is for. */
  readonly url: string;
  /** Signal that stops the waiting of this caller. A refresh in progress continues. */
  readonly signal: AbortSignal;
  /** Token that the server has just refused with 401. */
  readonly rejected?: string;
}

const MOST_FAILURES = 10_000;

/**
 * Provides access tokens for calls.
 *
 * A valid token comes from memory. A token that is about to expire or was rejected is refreshed once, however many calls in however many
 * processes need it. While the authorization server is unavailable, a token that is still valid is used.
 */
@Injectable()
export class TokenService implements BeforeApplicationShutdown {
  private readonly logger = new Logger(TokenService.name);
  private readonly flights = new Map<string, Promise<string>>();
  private readonly failures: LRUCache<string, Error>;

  constructor(
    private readonly vault: TokenVault,
    private readonly leases: Leases,
    private readonly renewal: TokenRenewal,
    limits: OAuthLimits,
  ) {
    this.failures = new LRUCache({ max: MOST_FAILURES, ttl: limits.retryMs });
  }

  /**
   * @throws OAuthFlowError `reauth_required`: the user must connect, for the first time or again; `unavailable` and the codes of discovery:
   *   a refresh is needed and failed; errors of the store; the reason of the signal
   */
  async accessToken(owner: ConnectionOwner, { url, signal, rejected }: TokenOptions): Promise<string> {
    signal.throwIfAborted();
    const tokens = await this.known(owner, url);
    const now = Date.now();
    const alive = isAlive(tokens, now, rejected) ? tokens.accessToken : undefined;
    if (alive !== undefined && (isFresh(tokens, now) || tokens.refreshToken === undefined)) return alive;
    const key = ownerKey(ownerFields(owner));
    const failure = this.failures.get(key);
    if (failure && alive !== undefined) return alive;
    if (failure) throw failure;
    const joined = this.flights.get(key);
    const token = await untilAborted(joined ?? this.takeOff(key, owner, url, rejected), signal);
    // A refresh that began before the token was rejected may have considered it valid.
    if (token !== rejected || !joined) return token;
    return untilAborted(this.flights.get(key) ?? this.takeOff(key, owner, url, rejected), signal);
  }

  /** Waits for the refreshes in progress, because their responses must not be lost. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.flights.values());
  }

  /**
   * Returns the tokens for the URL. If the cached ones are for another URL, it reloads them, because another process may have connected the
   * user to the server's current URL.
   */
  private async known(owner: ConnectionOwner, url: string): Promise<ConnectionTokens> {
    const cached = await this.vault.get(owner);
    const held = cached && !areFor(cached.tokens, url) ? await this.vault.reload(owner) : cached;
    if (held && areFor(held.tokens, url)) return held.tokens;
    throw reauthRequired();
  }

  private takeOff(key: string, owner: ConnectionOwner, url: string, rejected: string | undefined): Promise<string> {
    const flight = this.leases
      .run(`oauth refresh ${key}`, () => this.underLease(key, owner, url, rejected))
      .finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
  }

  private async underLease(key: string, owner: ConnectionOwner, url: string, rejected?: string): Promise<string> {
    const held = await this.vault.reload(owner);
    if (!held || !areFor(held.tokens, url)) throw reauthRequired();
    const now = Date.now();
    // Another process has already refreshed the token.
    if (isAlive(held.tokens, now, rejected) && isFresh(held.tokens, now)) return held.tokens.accessToken!;
    try {
      return livingToken(await this.renewal.renew(owner, held, rejected), rejected);
    } catch (error) {
      return this.makeDo(key, owner, held.tokens, rejected, error);
    }
  }

  /** Handles a failed refresh: the old token is used for the rest of its lifetime. */
  private makeDo(
    key: string,
    { server }: ConnectionOwner,
    tokens: ConnectionTokens,
    rejected: string | undefined,
    error: unknown,
  ): string {
    this.logger.warn({ msg: 'tokens could not be refreshed', server, err: error });
    if (error instanceof Error) this.failures.set(key, error);
    if (isAlive(tokens, Date.now(), rejected)) return tokens.accessToken!;
    throw error;
  }
}

function livingToken(tokens: ConnectionTokens, rejected: string | undefined): string {
  if (isAlive(tokens, Date.now(), rejected)) return tokens.accessToken!;
  throw reauthRequired();
}
