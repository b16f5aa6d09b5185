import { Injectable } from '@nestjs/common';
import { ConnectLinks } from './browser/connect-links.service.js';
import { ClientRegistration } from './clients/client-registration.js';
import { uniqueScopes } from './protocol/bearer-challenge.js';
import type { ConnectionOwner } from './tokens/connection-owner.js';
import type { ConnectionStatus } from './tokens/connection-tokens.js';
import { ManualClients } from './clients/manual-clients.js';
import { PendingAuthorizations } from './flow/pending-authorizations.js';
import type { ClientCredentials } from './protocol/protected-server.js';
import { TokenVault, type ConnectionListener } from './tokens/token-vault.js';

/** Tokens that another system obtained for a user, with the client that it used. */
export interface ImportedTokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Lifetime in seconds from now. */
  readonly expiresIn?: number;
  readonly scopes?: readonly string[];
  /** Client of the tokens. A refresh needs it. */
  readonly client?: ClientCredentials;
}

/** Manages the connections of users to servers. Errors: those of the store. */
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

  /**
   * Stores imported tokens as the user's connection.
   * @param url the endpoint of the server; the tokens are used for no other server
   */
  async adopt(owner: ConnectionOwner, url: string, imported: ImportedTokens): Promise<void> {
    const { accessToken, refreshToken, expiresIn, scopes = [], client } = imported;
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

  /**
   * Forgets the clients that the gateway has registered for a server. The next user who connects makes a new one. Existing connections
   * keep theirs.
   * @returns whether there was one
   */
  async forgetRegistration(tenant: string, server: string): Promise<boolean> {
    return (await this.registration.removeServer(tenant, server)) > 0;
  }

  /** Removes all connections to a deleted server, and the clients that the gateway or an operator registered for it. */
  async removeServer(tenant: string, server: string): Promise<void> {
    await this.links.removeServer(tenant, server);
    await this.pending.removeServer(tenant, server);
    await this.vault.removeServer(tenant, server);
    await this.registration.removeServer(tenant, server);
    await this.manual.removeServer(tenant, server);
  }

  /** Removes all connections of a deleted user. */
  async removeUser(user: ConnectionOwner['principal']): Promise<void> {
    await this.links.removeUser(user);
    await this.pending.removeUser(user);
    await this.vault.removeUser(user);
  }
}
