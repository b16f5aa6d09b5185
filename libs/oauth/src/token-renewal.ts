import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Injectable, Logger } from '@nestjs/common';
import { processCounter } from '@manifold/metrics';
import { StoreConflict, StoreUnavailable } from '@manifold/store';
import { ClientRegistration } from './client-registration.js';
import type { ConnectionOwner } from './connection-owner.js';
import { tokenIssuerOf, type ConnectionTokens } from './connection-tokens.js';
import { Discovery } from './discovery.js';
import { OAuthFault } from './oauth-fault.js';
import { OAuthLimits } from './oauth-limits.js';
import { GrantRefused, TokenRequests } from './token-request.js';
import { TokenVault, type HeldTokens } from './token-vault.js';

const refreshes = processCounter('manifold_token_refreshes_total', 'Refreshes of OAuth tokens by outcome', 'outcome');
const refreshed = refreshes.of('ok');
const refused = refreshes.of('refused');
const failed = refreshes.of('failed');

/**
 * One refresh, for the process that holds the lease.
 *
 * A rotating refresh token is good once. The new one is stored before the lease is given back, again and again while the database is
 * away, and is used from memory meanwhile. What cannot be survived: the process, or the way to the authorization server, dies between the
 * moment at which that uses up the old token and the moment at which the new one is stored. The next refresh then comes with the old
 * token; a server that allows no repetition takes the grant back, and the user has to connect again.
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
   * @param rejected the access token, where the server has refused it
   * @returns the tokens that count from now on
   * @throws OAuthFault `reauth_required` when the refresh token is no longer good (the vault knows it then); other codes and errors: it
   *   is as good as before
   */
  async renew(owner: ConnectionOwner, held: HeldTokens, rejected: string | undefined): Promise<ConnectionTokens> {
    try {
      const tokens = await this.keep(owner, held, await this.refreshed(owner, held.tokens));
      refreshed.add();
      return tokens;
    } catch (cause) {
      (cause instanceof GrantRefused ? refused : failed).add();
      if (!(cause instanceof GrantRefused)) throw cause;
      this.logger.warn({ msg: 'a refresh was refused', server: owner.server, err: cause });
      return await this.giveUp(owner, held, rejected, cause);
    }
  }

  private async refreshed(owner: ConnectionOwner, tokens: ConnectionTokens): Promise<ConnectionTokens> {
    const { refreshToken, scopes, client } = tokens;
    if (refreshToken === undefined || client === undefined) throw reauthRequired();
    const grant = { grant_type: 'refresh_token', refresh_token: refreshToken };
    return this.requests.send({ ...(await this.origin(owner, tokens)), client, scopes, grant });
  }

  /** Of tokens that another system has brought: found out like that of a new connection. */
  private async origin({ server }: ConnectionOwner, { issuer, resource }: ConnectionTokens) {
    if (issuer) return { issuer, resource };
    const target = await this.discovery.discover({ name: server, url: resource });
    return { issuer: tokenIssuerOf(target.metadata), resource: target.resource };
  }

  /** @returns what the vault holds in the end: where the user has connected again meanwhile, the tokens of that */
  private async keep(owner: ConnectionOwner, held: HeldTokens, tokens: ConnectionTokens): Promise<ConnectionTokens> {
    let replaced = held;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.vault.replace(owner, replaced, tokens);
        return tokens;
      } catch (error) {
        if (error instanceof StoreConflict) {
          const winner = await this.winner(owner);
          // A rotation of keys seals the same tokens anew: the new ones must not be lost to that.
          if (!isDeepStrictEqual(winner.tokens, held.tokens)) return winner.tokens;
          replaced = winner;
          continue;
        }
        if (!(error instanceof StoreUnavailable) || attempt === this.limits.storeAttempts) throw error;
        if (attempt === 1)
          this.logger.error({ msg: 'new tokens cannot be stored yet', server: owner.server, err: error });
      }
      await sleep(this.limits.storeRetryMs);
    }
  }

  private async winner(owner: ConnectionOwner): Promise<HeldTokens> {
    const current = await this.vault.reload(owner);
    if (!current) throw reauthRequired();
    return current;
  }

  /** The refresh token goes, so that nobody tries it again; the access token stays where it may still be good. */
  private async giveUp(
    owner: ConnectionOwner,
    held: HeldTokens,
    rejected: string | undefined,
    cause: GrantRefused,
  ): Promise<ConnectionTokens> {
    const { accessToken, issuer } = held.tokens;
    if (cause.isAboutClient && issuer) {
      await this.registration.forget({ tenant: owner.principal.tenant, server: owner.server, issuer: issuer.issuer });
    }
    const left = {
      ...held.tokens,
      refreshToken: undefined,
      accessToken: accessToken === rejected ? undefined : accessToken,
    };
    return this.keep(owner, held, left);
  }
}

export const reauthRequired = (): OAuthFault =>
  new OAuthFault('reauth_required', 'The server needs the consent of its user: connect it');
