import { Injectable } from '@nestjs/common';
import { ConnectLinks } from './browser/connect-links.service.js';
import { ClientRegistration } from './client-registration.js';
import { uniqueScopes } from './bearer-challenge.js';
import type { ConnectionOwner } from './connection-owner.js';
import type { ConnectionStatus } from './connection-tokens.js';
import { ManualClients } from './manual-clients.js';
import { PendingAuthorizations } from './pending-authorizations.js';
import type { ClientCredentials } from './protected-server.js';
import { TokenVault, type ConnectionListener } from './token-vault.js';

/** Tokens that another system got for a user, with the client that it got them as. */
export interface BroughtTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Seconds from now. */
  readonly expiresIn?: number;
  readonly scopes?: readonly string[];
  /** Needed for a refresh. */
  readonly client?: ClientCredentials;
}

/** Which users are connected to which servers, and the end of that. Errors: those of the store. */
@Injectable()
export class Connections {
  constructor(
    private readonly vault: TokenVault,
    private readonly registration: ClientRegistration,
    private readonly pending: PendingAuthorizations,
    private readonly links: ConnectLinks,
    private readonly manual: ManualClients,
  ) {}

  status(owner: ConnectionOwner): Promise<ConnectionStatus> {
    return this.vault.status(owner, Date.now());
  }

  /** @param url the endpoint of the server: the tokens are good for nothing else */
  async adopt(owner: ConnectionOwner, url: string, brought: BroughtTokens): Promise<void> {
    const { accessToken, refreshToken, expiresIn, scopes = [], client } = brought;
    const issuedAt = Date.now();
    await this.vault.put(owner, {
      accessToken,
      refreshToken,
      issuedAt,
      expiresAt: expiresIn === undefined ? undefined : issuedAt + expiresIn * 1000,
      scopes: uniqueScopes(scopes),
      resource: url,
      client,
    });
  }

  /** @returns whether there was a connection */
  disconnect(owner: ConnectionOwner): Promise<boolean> {
    return this.vault.remove(owner);
  }

  /**
   * @param listener called when a user has connected, or was disconnected, here or on another replica (`isHere`: false); not for a refresh
   * @returns a function that ends the subscription
   */
  onChanged(listener: ConnectionListener): () => void {
    return this.vault.onChanged(listener);
  }

  /** The server no longer exists: neither do connections to it, nor what the gateway registered for it. */
  async removeServer(tenant: string, server: string): Promise<void> {
    await this.links.removeServer(tenant, server);
    await this.pending.removeServer(tenant, server);
    await this.vault.removeServer(tenant, server);
    await this.registration.removeServer(tenant, server);
    await this.manual.remove(tenant, server);
  }

  /** The user no longer exists. */
  async removeUser(user: ConnectionOwner['principal']): Promise<void> {
    await this.links.removeUser(user);
    await this.pending.removeUser(user);
    await this.vault.removeUser(user);
  }
}
