import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OAuthFlowError, ToolFlows, toolCallbackPath, type ConnectionOwner, type ToolFlow } from '@manifold/oauth';
import { Config } from '@manifold/config';
import { userOf, AUTHORIZATION_URL_TOOL, EXCHANGE_TOOL } from '@manifold/mcp-hosting';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { AuthorizationTools } from './authorization-tools.js';
import { addressIn, objectIn } from './tool-answer.js';
import { ToolCredentialsService } from './tool-credentials.service.js';

/** Authorizes users by the tools of their servers. The results of these tools are never logged and never shown to users. */
@Injectable()
export class ToolAuthorization implements ToolFlow, OnModuleInit {
  constructor(
    private readonly flows: ToolFlows,
    private readonly tools: AuthorizationTools,
    private readonly registry: ServerRegistry,
    private readonly credentials: ToolCredentialsService,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.flows.runBy(this);
  }

  async authorizationUrl(owner: ConnectionOwner, provider: string): Promise<URL> {
    const redirectUri = `${this.config.publicUrl}${toolCallbackPath(provider)}`;
    const result = await this.tools.call(owner, provider, AUTHORIZATION_URL_TOOL, {
      needed: { user_id: owner.principal.subject },
      offered: { redirect_uri: redirectUri },
    });
    const url = addressIn(result);
    if (url) return url;
    throw new OAuthFlowError('discovery_failed', `Server ${owner.server} returned no sign-in address`);
  }

  async exchange(owner: ConnectionOwner, provider: string, code: string, state: string | undefined): Promise<void> {
    const redirectUri = `${this.config.publicUrl}${toolCallbackPath(provider)}`;
    const result = await this.tools.call(owner, provider, EXCHANGE_TOOL, {
      needed: { code, ...(state !== undefined && { state }) },
      offered: { redirect_uri: redirectUri, user_id: owner.principal.subject },
    });
    const tokens = objectIn(result);
    if (!tokens)
      throw new OAuthFlowError('exchange_refused', `Server ${owner.server} could not exchange the answer for tokens`);
    const { tenant } = owner.principal;
    const user = userOf(owner.principal);
    await this.registry.whileRegistered(tenant, owner.server, () =>
      this.credentials.keep(user, this.registry.get(tenant, owner.server), provider, tokens),
    );
  }
}
