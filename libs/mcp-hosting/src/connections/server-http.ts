import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { Egress } from '@manifold/egress';
import type { HttpClient } from '@manifold/mcp-client';
import { ManualClients, TokenService } from '@manifold/oauth';
import { AuthorizedHttp } from './authorized-http.js';
import { RefusalsAs401 } from './refusals-as-401.js';
import { UserConsents } from './user-consents.js';

/** Finds the HTTP client of a connection: with the tokens of its user, or without tokens. */
@Injectable()
export class ServerHttp {
  constructor(
    private readonly egress: Egress,
    private readonly consents: UserConsents,
    private readonly tokens: TokenService,
    private readonly settings: ManualClients,
  ) {}

  /**
   * Returns an HTTP client that sends the user's tokens, or one without tokens if the user has not connected an account.
   * @param user undefined for a connection that all users share
   * @param url the endpoint of the server
   * @throws ProviderError if there is no token at the moment; the signal's reason
   */
  async clientFor(
    user: Principal | undefined,
    { tenant, name: server }: { readonly tenant: string; readonly name: string },
    url: string,
    signal: AbortSignal,
  ): Promise<HttpClient> {
    const egress = await this.egressFor(tenant, server);
    if (!user) return egress;
    await this.consents.refresh(user, server, true);
    if (!this.consents.isConnected(user, server)) return egress;
    const http = new AuthorizedHttp(egress, this.tokens, { principal: user, server }, url);
    await http.ready(signal);
    return http;
  }

  /** Without the database, a server is reached as if it had no settings. */
  private async egressFor(tenant: string, server: string): Promise<HttpClient> {
    const vendor = await this.settings.settings(tenant, server).catch(() => undefined);
    return vendor?.auth === 'oauth' ? new RefusalsAs401(this.egress) : this.egress;
  }
}
