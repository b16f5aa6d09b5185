import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { SecretsService } from '@manifold/secrets';
import { secretsDestination, type ServerRecord } from '@manifold/mcp-hosting';
import { receivedName, warningAbout } from '../registry/secret-names.js';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { ToolCredentialsService } from '../consent/tool-credentials.service.js';
import { UserAccounts } from '../consent/user-accounts.js';
import type { UserServerDto } from './user-view.dto.js';

/** Builds the view of one user on the registered servers. It includes the user's account and secret names, which other users never see. */
@Injectable()
export class UserView {
  constructor(
    private readonly servers: VisibleServers,
    private readonly secrets: SecretsService,
    private readonly accounts: UserAccounts,
  ) {}

  list(user: Principal): Promise<UserServerDto[]> {
    return Promise.all(this.servers.list(user).map((record) => this.view(user, record)));
  }

  /** @throws ProblemError 404 `server_not_found` */
  async get(user: Principal, name: string): Promise<UserServerDto> {
    return this.view(user, this.servers.get(user, name));
  }

  /** Removes the user's account and secrets. @returns whether any existed. @throws ProblemError 404 `server_not_found` */
  leave(user: Principal, name: string): Promise<boolean> {
    return this.servers.whileRegistered(user, name, async () => {
      const owner = { principal: user, app: name };
      const names = await this.secrets.list(owner);
      for (const secret of names) await this.secrets.delete(owner, secret);
      const wasConnected = await this.accounts.disconnect(user, name);
      return wasConnected || names.length > 0;
    });
  }

  /** @returns a warning for each secret that the server will not get. @throws ProblemError 404 `server_not_found` */
  store(user: Principal, name: string, secrets: readonly { name: string; value: string }[]): Promise<string[]> {
    return this.servers.whileRegistered(user, name, async () => {
      const record = this.servers.get(user, name);
      const named = secrets.map((secret) => ({ ...secret, name: receivedName(record, secret.name) }));
      const owner = { principal: user, app: name };
      for (const secret of named) await this.secrets.set(owner, secret.name, secret.value, secretsDestination(record));
      return named.flatMap((secret) => warningAbout(record, secret.name) ?? []);
    });
  }

  private async view(user: Principal, record: ServerRecord): Promise<UserServerDto> {
    const { name, displayName = name, description = '', transport, enabled, secretNames } = record;
    const owner = { principal: user, app: name };
    const destination = secretsDestination(record);
    const [stored, asleep] = [await this.secrets.list(owner), await this.secrets.asleep(owner, destination)];
    const authState = await this.accounts.stateOf(user, record);
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
      configuredSecretNames: ToolCredentialsService.ownNames(stored),
      sleepingSecretNames: ToolCredentialsService.ownNames(asleep),
      destination,
      toolsList: [...this.servers.toolsOf(record, this.servers.accessOf(user))],
      canUninstall: stored.length > 0 || authState === 'connected' || authState === 'reauth_required',
    };
  }
}
