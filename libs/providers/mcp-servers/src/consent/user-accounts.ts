import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { ConnectLinks, Connections } from '@manifold/oauth';
import { type ServerRecord, tokenProviderOf } from '@manifold/mcp-hosting';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { ToolCredentialsService } from './tool-credentials.service.js';

export const AUTH_STATES = ['not_required', 'not_connected', 'connected', 'reauth_required'] as const;
export type AuthState = (typeof AUTH_STATES)[number];

/** The accounts that users have connected at registered servers, by OAuth or by tools of the server. */
@Injectable()
export class UserAccounts {
  constructor(
    private readonly servers: VisibleServers,
    private readonly connections: Connections,
    private readonly links: ConnectLinks,
    private readonly credentials: ToolCredentialsService,
  ) {}

  async stateOf(user: Principal, record: ServerRecord): Promise<AuthState> {
    const provider = tokenProviderOf(record);
    if (provider !== undefined) {
      const tokens = await this.credentials.tokensOf(user, record, provider);
      return tokens ? 'connected' : 'not_connected';
    }
    const { state } = await this.connections.status({ principal: user, server: record.name });
    if (state === 'connected') return 'connected';
    if (state === 'expired') return 'reauth_required';
    return this.servers.run(user, record.name)?.wantsConsent ? 'not_connected' : 'not_required';
  }

  /** @returns a link on which the user connects; undefined if that is not needed. @throws ProblemError 404 `server_not_found` */
  async invite(user: Principal, name: string): Promise<string | undefined> {
    const record = this.servers.get(user, name);
    const state = await this.stateOf(user, record);
    if (state !== 'not_connected' && state !== 'reauth_required') return undefined;
    if (tokenProviderOf(record) !== undefined) return this.credentials.linkFor(user, record);
    const { transport } = record;
    if (transport.transportType !== 'streamable_http') return undefined;
    return this.links.create({ owner: { principal: user, server: name }, server: { name, url: transport.url } });
  }

  /** Removes the user's account. @returns whether there was one */
  disconnect(user: Principal, name: string): Promise<boolean> {
    return this.connections.disconnect({ principal: user, server: name });
  }

  /**
   * Releases the user's own connection. Running calls finish, and the next call opens a new connection.
   * @throws ProblemError 404 `server_not_found`
   */
  async refresh(user: Principal, name: string): Promise<void> {
    this.servers.get(user, name);
    const { state } = await this.connections.status({ principal: user, server: name });
    this.servers.run(user, name)?.consentChanged(user, state !== 'none');
  }
}
