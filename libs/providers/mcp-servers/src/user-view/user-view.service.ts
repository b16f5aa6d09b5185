import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { ConnectLinks, Connections } from '@manifold/oauth';
import { SecretsService } from '@manifold/secrets';
import type { ServerRecord } from '../server-record.js';
import { VisibleServers } from '../access/visible-servers.service.js';
import { ServerTools } from '../server-tools.js';
import { isAuthorizationTool, toolProviderOf } from '../tool-auth/tool-auth-type.js';
import { ToolCredentialsService } from '../tool-auth/tool-credentials.service.js';
import type { AuthState, UserServerDto } from './user-view.dto.js';

/** The registered servers as one user has them: with the user's account and secrets, which others never see. */
@Injectable()
export class UserView {
  constructor(
    private readonly servers: VisibleServers,
    private readonly tools: ServerTools,
    private readonly secrets: SecretsService,
    private readonly connections: Connections,
    private readonly links: ConnectLinks,
    private readonly credentials: ToolCredentialsService,
  ) {}

  list(user: Principal): Promise<UserServerDto[]> {
    return Promise.all(this.servers.list(user).map((record) => this.view(user, record)));
  }

  /** @throws Problem 404 `server_not_found` */
  async get(user: Principal, name: string): Promise<UserServerDto> {
    return this.view(user, this.servers.get(user, name));
  }

  /** @returns a link on which the user connects, where that is needed. @throws Problem 404 `server_not_found` */
  async invite(user: Principal, name: string): Promise<string | undefined> {
    const record = this.servers.get(user, name);
    const state = await this.authStateOf(user, record);
    if (state !== 'not_connected' && state !== 'reauth_required') return undefined;
    if (toolProviderOf(record) !== undefined) return this.credentials.linkFor(user, record);
    const { transport } = record;
    if (transport.transportType !== 'streamable_http') return undefined;
    return this.links.create({ owner: { principal: user, server: name }, server: { name, url: transport.url } });
  }

  /** Removes all that the user has there. @returns whether there was anything. @throws Problem 404 `server_not_found` */
  leave(user: Principal, name: string): Promise<boolean> {
    return this.servers.whileRegistered(user, name, async () => {
      const owner = { principal: user, app: name };
      const names = Object.keys(await this.secrets.open(owner));
      for (const secret of names) await this.secrets.delete(owner, secret);
      const wasConnected = await this.connections.disconnect({ principal: user, server: name });
      return wasConnected || names.length > 0;
    });
  }

  /** @throws Problem 404 `server_not_found` */
  store(user: Principal, name: string, secrets: readonly { name: string; value: string }[]): Promise<void> {
    return this.servers.whileRegistered(user, name, async () => {
      for (const secret of secrets) await this.secrets.set({ principal: user, app: name }, secret.name, secret.value);
    });
  }

  /** Has the user's own connection opened anew. @throws Problem 404 `server_not_found` */
  async refresh(user: Principal, name: string): Promise<void> {
    this.servers.get(user, name);
    const { state } = await this.connections.status({ principal: user, server: name });
    this.servers.run(user, name)?.consentChanged(user, state !== 'none');
  }

  private async view(user: Principal, record: ServerRecord): Promise<UserServerDto> {
    const { name, displayName = name, description = '', transport, enabled, secretNames } = record;
    const stored = Object.keys(await this.secrets.open({ principal: user, app: name }));
    const authState = await this.authStateOf(user, record);
    const sight = this.servers.sightOf(user);
    const installed = authState !== 'not_connected';
    return {
      name,
      displayName,
      description,
      transportType: transport.transportType,
      enabled,
      authMode: authState === 'not_required' ? 'none' : 'oauth2',
      authState,
      authRequired: authState === 'not_connected' || authState === 'reauth_required',
      installed,
      secretNames: secretNames && [...secretNames],
      configuredSecretNames: Object.keys(ToolCredentialsService.without(namesOnly(stored))),
      toolsList: (this.tools.of(user.tenant, name)?.definitions ?? []).filter(
        ({ name: tool }) => !isAuthorizationTool(record, tool) && sight.showsTool(name, tool),
      ),
      canUninstall: stored.length > 0 || authState === 'connected' || authState === 'reauth_required',
    };
  }

  private async authStateOf(user: Principal, record: ServerRecord): Promise<AuthState> {
    const provider = toolProviderOf(record);
    if (provider !== undefined) {
      const tokens = await this.credentials.tokensOf(user, record.name, provider);
      return tokens ? 'connected' : 'not_connected';
    }
    const { state } = await this.connections.status({ principal: user, server: record.name });
    if (state === 'connected') return 'connected';
    if (state === 'expired') return 'reauth_required';
    return this.servers.run(user, record.name)?.wantsConsent ? 'not_connected' : 'not_required';
  }
}

const namesOnly = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, '']));
