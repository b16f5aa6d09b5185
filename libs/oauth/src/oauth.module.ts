import { Module } from '@nestjs/common';
import { LeasesModule } from '@manifold/leases';
import { TenantsModule } from '@manifold/tenants';
import { CallbackController } from './browser/callback.controller.js';
import { ConnectLinks } from './browser/connect-links.service.js';
import { ToolCallbackController } from './browser/tool-callback.controller.js';
import { ConnectController } from './browser/connect.controller.js';
import { ClientMetadataController } from './client-metadata.controller.js';
import { ClientRegistration } from './client-registration.js';
import { ConnectFlow } from './connect-flow.js';
import { Connections } from './connections.js';
import { Discovery } from './discovery.js';
import { GatewayClient } from './gateway-client.js';
import { ManualClients } from './manual-clients.js';
import { OAuthHttp } from './oauth-http.js';
import { OAuthLimits } from './oauth-limits.js';
import { PendingAuthorizations } from './pending-authorizations.js';
import { ServerSurvey } from './server-survey.service.js';
import { TokenRenewal } from './token-renewal.js';
import { TokenRequests } from './token-request.js';
import { TokenVault } from './token-vault.js';
import { TokenService } from './token.service.js';

import { ToolFlows } from './tool-flows.js';

/** The gateway as a client of the authorization servers of its upstreams. Needs the global Config, Store, Egress and Keyring. */
@Module({
  imports: [LeasesModule, TenantsModule],
  controllers: [CallbackController, ClientMetadataController, ConnectController, ToolCallbackController],
  providers: [
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
    ServerSurvey,
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
    ServerSurvey,
    TokenService,
    ToolFlows,
  ],
})
export class OAuthModule {}
