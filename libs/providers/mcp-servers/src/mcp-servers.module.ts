import { Module } from '@nestjs/common';
import { LeasesModule } from '@manifold/leases';
import { OAuthModule } from '@manifold/oauth';
import { ServerExtensions, ServerHost } from '@manifold/server-hosting';
import { VisibleServers } from './access/visible-servers.service.js';
import { ConsentRequests } from './consent/consent-requests.js';
import { OAuthClientController } from './consent/oauth-client.controller.js';
import { ServerConnectionRemoval } from './consent/server-connection-removal.js';
import { UserConnectionsController } from './consent/user-connections.controller.js';
import { UserConsents } from './consent/user-consents.js';
import { DeleteImpactController } from './delete-impact.controller.js';
import { DeleteImpact } from './delete-impact.service.js';
import { DiscoverController } from './external/discover.controller.js';
import { FirstServer } from './first-server.js';
import { McpServersProvider } from './mcp-servers.provider.js';
import { OfferedLists } from './relay/offered-lists.js';
import { ResourceSubscriptions } from './relay/resource-subscriptions.js';
import { ServerFeatures } from './relay/server-features.js';
import { ServerRelay } from './relay/server-relay.js';
import { SecretParameters } from './secret-parameters.js';
import { SecretsController } from './secrets.controller.js';
import { ServerAccess } from './server-access.js';
import { ServerConnector } from './server-connector.js';
import { ServerEras } from './server-eras.js';
import { ServerKnowledge } from './server-knowledge.js';
import { ServerRegistry } from './server-registry.service.js';
import { ServerReports } from './server-reports.service.js';
import { StoredServers } from './stored-servers.js';
import { ServerSessions } from './server-sessions.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';
import { ServerImport } from './server-import.service.js';
import { ServersController } from './servers.controller.js';
import { ServersDocumentController } from './servers-document.controller.js';
import { SoleGuest } from './single/sole-guest.service.js';
import { SoleHost } from './single/sole-host.service.js';
import { SoleServers } from './single/sole-servers.service.js';
import { ToolAuthorization } from './tool-auth/tool-authorization.js';
import { ToolCredentialsService } from './tool-auth/tool-credentials.service.js';
import { ToolLoginController } from './tool-auth/tool-login.controller.js';
import { UserViewController } from './user-view/user-view.controller.js';
import { UserView } from './user-view/user-view.service.js';
import { YamlBodies } from './yaml-bodies.js';

/** Needs the global modules that provide Config, Store, SecretsService and Egress. */
@Module({
  imports: [LeasesModule, OAuthModule],
  controllers: [
    ServersController,
    SecretsController,
    UserConnectionsController,
    OAuthClientController,
    DiscoverController,
    ToolLoginController,
    UserViewController,
    DeleteImpactController,
    ServersDocumentController,
  ],
  providers: [
    ConsentRequests,
    DeleteImpact,
    FirstServer,
    McpServersProvider,
    OfferedLists,
    ResourceSubscriptions,
    SecretParameters,
    ServerAccess,
    ServerConnectionRemoval,
    ServerConnector,
    ServerExtensions,
    ServerEras,
    ServerFeatures,
    ServerImport,
    ServerKnowledge,
    ServerRegistry,
    StoredServers,
    ServerRelay,
    ServerReports,
    ServerSessions,
    ServerSupervisor,
    ServerTools,
    SoleGuest,
    SoleHost,
    SoleServers,
    ToolAuthorization,
    ToolCredentialsService,
    UserConsents,
    UserView,
    VisibleServers,
    YamlBodies,
    { provide: ServerHost, useExisting: ServerRegistry },
  ],
  exports: [McpServersProvider, ServerExtensions, ServerHost],
})
export class McpServersModule {}
