import { Module } from '@nestjs/common';
import { LeasesModule } from '@manifold/bus';
import { TenantsModule } from '@manifold/tenants';
import { AuthorizationRequests } from './flow/authorization-requests.js';
import { CallbackController } from './browser/callback.controller.js';
import { ConnectLinks } from './browser/connect-links.service.js';
import { ToolCallbackController } from './browser/tool-callback.controller.js';
import { ConnectController } from './browser/connect.controller.js';
import { ClientMetadataController } from './clients/client-metadata.controller.js';
import { ClientRegistration } from './clients/client-registration.js';
import { ConnectFlow } from './flow/connect-flow.js';
import { Connections } from './connections.js';
import { Discovery } from './discovery/discovery.js';
import { GatewayClient } from './clients/gateway-client.js';
import { ManualClients } from './clients/manual-clients.js';
import { OAuthHttp } from './protocol/oauth-http.js';
import { OAuthLimits } from './protocol/oauth-limits.js';
import { PendingAuthorizations } from './flow/pending-authorizations.js';
import { ServerDiscovery } from './discovery/server-discovery.service.js';
import { TokenRenewal } from './tokens/token-renewal.js';
import { TokenRequests } from './tokens/token-request.js';
import { TokenVault } from './tokens/token-vault.js';
import { TokenService } from './tokens/token.service.js';

import { ToolFlows } from './flow/tool-flows.js';

/** Provides the gateway's OAuth client for its upstream servers. Needs the global Config, Store, Egress and Keyring. */
@Module({
  imports: [LeasesModule, TenantsModule],
  controllers: [CallbackController, ClientMetadataController, ConnectController, ToolCallbackController],
  providers: [
    AuthorizationRequests,
    ClientRegistration,
    ConnectFlow,
    ConnectLinks,
    Connections,
    Discovery,
    GatewayClient,
    ManualClients,
    OAuthHttp,
    OAuthLimits,
    PendingAuthorizations,
    ServerDiscovery,
    TokenRenewal,
    TokenRequests,
    TokenService,
    TokenVault,
    ToolFlows,
  ],
  exports: [
    ConnectFlow,
    ConnectLinks,
    Connections,
    GatewayClient,
    ManualClients,
    ServerDiscovery,
    TokenService,
    ToolFlows,
  ],
})
export class OAuthModule {}
