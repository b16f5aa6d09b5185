import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { untilAborted } from '@manifold/cancellation';
import { Leases } from '@manifold/leases';
import { ownerFields, ownerKey, type ConnectionOwner } from './connection-owner.js';
import { areFor, isAlive, isFresh, type ConnectionTokens } from './connection-tokens.js';
import { OAuthLimits } from './oauth-limits.js';
import { reauthRequired, TokenRenewal } from './token-renewal.js';
import { TokenVault } from './token-vault.js';

export interface TokenOptions {
  /** The endpoint of the server that the token is for. */
  readonly url: string;
  /** Ends the waiting of this caller; a refresh that is under way goes on. */
  readonly signal: AbortSignal;
  /** The token that the server has just refused with 401. */
  readonly rejected?: string;
}

const MOST_FAILURES = 10_000;

/**
 * Access tokens for calls.
 *
 * A valid one comes from memory. One that is about to expire, or was rejected, is refreshed: once, however many calls in however many
 * processes need it. While the authorization server is away, what is still valid is used on.
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
   * @throws OAuthFault `reauth_required`: the user has to connect, first or again; `unavailable` and the codes of discovery: a refresh is
   *   needed and cannot be had; errors of the store; the reason of the signal
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
    // A flight that began before the token was rejected may have found it good.
    if (token !== rejected || !joined) return token;
    return untilAborted(this.flights.get(key) ?? this.takeOff(key, owner, url, rejected), signal);
  }

  /** What has been asked for is waited for: its answer must not be lost. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.allSettled(this.flights.values());
  }

  /** Another process may have connected the user to the URL that the server has now. */
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
    // Another process was faster.
    if (isAlive(held.tokens, now, rejected) && isFresh(held.tokens, now)) return held.tokens.accessToken!;
    try {
      return livingToken(await this.renewal.renew(owner, held, rejected), rejected);
    } catch (error) {
      return this.makeDo(key, owner, held.tokens, rejected, error);
    }
  }

  /** The refresh failed: what is left of the old token's life is used. */
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
