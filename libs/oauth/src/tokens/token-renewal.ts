import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';
import { processCounter } from '@manifold/metrics';
import { StoreConflictError, StoreUnavailableError } from '@manifold/store';
import { ClientRegistration } from '../clients/client-registration.js';
import type { ConnectionOwner } from './connection-owner.js';
import { isAlive, seemsLost, tokenIssuerOf, withRefusal, type ConnectionTokens } from './connection-tokens.js';
import { Discovery } from '../discovery/discovery.js';
import { OAuthFlowError } from '../protocol/oauth-flow-error.js';
import { OAuthLimits } from '../protocol/oauth-limits.js';
import { GrantRefusedError } from './grant-refused-error.js';
import { TokenRequests } from './token-request.js';
import { TokenVault, type StoredTokens } from './token-vault.js';

const refreshes = processCounter('manifold_token_refreshes_total', 'Refreshes of OAuth tokens by outcome', 'outcome');
const refreshed = refreshes.of('ok');
const refused = refreshes.of('refused');
const failed = refreshes.of('failed');

/**
 * Performs one refresh, in the process that holds the lease.
 *
 * A rotating refresh token is valid once. The new one is stored before the lease is released. While the database is unavailable, storing is
 * repeated and the new token is used from memory.
 *
 * One failure cannot be recovered: the process or the network fails after the authorization server has used up the old token and before the
 * new one is stored. The next refresh then sends the old token. An authorization server that allows no reuse revokes the grant, and the
 * user must connect again.
 */
@Injectable()
export class TokenRenewal {
  private readonly logger = new Logger(TokenRenewal.name);

  constructor(
    private readonly vault: TokenVault,
    private readonly requests: TokenRequests,
    private readonly discovery: Discovery,
    private readonly registration: ClientRegistration,
    private readonly limits: OAuthLimits,
  ) {}

  /**
   * @param rejected the access token, if the server has refused it
   * @returns the tokens that are valid from now on
   * @throws OAuthFlowError `reauth_required` if the refresh token is no longer valid, or seems to be; the vault has then recorded that. After
   *   any other error, the refresh token is as valid as before
   */
  async renew(owner: ConnectionOwner, held: StoredTokens, rejected: string | undefined): Promise<ConnectionTokens> {
    try {
      const tokens = await this.keep(owner, held, await this.refreshed(owner, held.tokens));
      refreshed.add();
      return tokens;
    } catch (cause) {
      (cause instanceof GrantRefusedError ? refused : failed).add();
      if (!(cause instanceof GrantRefusedError)) throw cause;
      this.logger.warn({ msg: 'token refresh refused', server: owner.server, err: cause });
      if (cause.isAboutRequest) return await this.keepRefused(owner, held, rejected, cause);
      return await this.giveUp(owner, held, rejected, cause);
    }
  }

  private async refreshed(owner: ConnectionOwner, tokens: ConnectionTokens): Promise<ConnectionTokens> {
    const { refreshToken, scopes, client, indicator } = tokens;
    if (refreshToken === undefined || client === undefined) throw reauthRequired();
    const grant = { grant_type: 'refresh_token', refresh_token: refreshToken };
    return this.requests.send({ ...(await this.origin(owner, tokens)), client, indicator, scopes, grant });
  }

  /** Returns the authorization server and the resource. For imported tokens it discovers them, as for a new connection. */
  private async origin({ server }: ConnectionOwner, { issuer, resource }: ConnectionTokens) {
    if (issuer) return { issuer, resource };
    const target = await this.discovery.discover({ name: server, url: resource });
    return { issuer: tokenIssuerOf(target.metadata), resource: target.resource };
  }

  /** @returns the tokens that the vault holds in the end: those of a new connection if the user has connected again meanwhile */
  private async keep(owner: ConnectionOwner, held: StoredTokens, tokens: ConnectionTokens): Promise<ConnectionTokens> {
    let replaced = held;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.vault.replace(owner, replaced, tokens);
        return tokens;
      } catch (error) {
        if (error instanceof StoreConflictError) {
          const winner = await this.winner(owner);
          // A key rotation reseals the same tokens, which also causes a conflict. The new tokens must not be lost because of it.
          if (!isDeepStrictEqual(winner.tokens, held.tokens)) return winner.tokens;
          replaced = winner;
          continue;
        }
        if (!(error instanceof StoreUnavailableError) || attempt === this.limits.storeAttempts) throw error;
        if (attempt === 1)
          this.logger.error({ msg: 'new tokens cannot be stored yet', server: owner.server, err: error });
      }
      await sleep(this.limits.storeRetryMs);
    }
  }

  private async winner(owner: ConnectionOwner): Promise<StoredTokens> {
    const current = await this.vault.reload(owner);
    if (!current) throw reauthRequired();
    return current;
  }

  /**
   * Counts a refresh that was refused for its form. The grant stays.
   * @returns the tokens of a new connection if the user has connected again meanwhile
   * @throws OAuthFlowError `reauth_required` if the grant seems lost, `unavailable`
   */
  private async keepRefused(
    owner: ConnectionOwner,
    held: StoredTokens,
    rejected: string | undefined,
    cause: GrantRefusedError,
  ): Promise<ConnectionTokens> {
    const now = Date.now();
    const counted = withRefusal(held.tokens, now);
    const isLost = seemsLost(counted) && !isAlive(counted, now, rejected);
    // A token that the server refuses must not make the status say that the user is connected.
    const left = isLost && counted.accessToken === rejected ? { ...counted, accessToken: undefined } : counted;
    try {
      if (!isDeepStrictEqual(left, held.tokens)) await this.vault.replace(owner, held, left);
    } catch (error) {
      if (!(error instanceof StoreConflictError || error instanceof StoreUnavailableError)) throw error;
      const winner = error instanceof StoreConflictError ? await this.winner(owner) : held;
      if (!isDeepStrictEqual(winner.tokens, held.tokens)) return winner.tokens;
    }
    if (isLost) throw reauthRequired();
    throw new OAuthFlowError('unavailable', cause.message, { cause });
  }

  /** Removes the refresh token, so that it is not tried again. The access token stays if it may still be valid. */
  private async giveUp(
    owner: ConnectionOwner,
    held: StoredTokens,
    rejected: string | undefined,
    cause: GrantRefusedError,
  ): Promise<ConnectionTokens> {
    const { accessToken, client } = held.tokens;
    if (cause.isAboutClient && client) {
      await this.registration.forget(owner.principal.tenant, owner.server, client.clientId);
    }
    const left = {
      ...held.tokens,
      refreshToken: undefined,
      accessToken: accessToken === rejected ? undefined : accessToken,
    };
    return this.keep(owner, held, left);
  }
}

export const reauthRequired = (): OAuthFlowError =>
  new OAuthFlowError('reauth_required', 'The user has not authorized this server: connect to it');
