import { Module } from '@nestjs/common';
import { LeasesModule } from '@manifold/bus';
import { OAuthModule } from '@manifold/oauth';
import { ServerExtensions, ServerHost, ServerPolicy } from '@manifold/server-model';
import { TenantsModule } from '@manifold/tenants';
import { VisibleServers } from './registry/visible-servers.service.js';
import { ConsentRequests } from './calls/consent-requests.js';
import { OAuthClientController } from './rest/oauth-client.controller.js';
import { ServerConnectionRemoval } from './consent/server-connection-removal.js';
import { UserConnectionsController } from './rest/user-connections.controller.js';
import {
  UserConsents,
  ResourceSubscriptions,
  ServerFeatures,
  ServerHttp,
  ProgramStarter,
  ServerConnector,
  ServerEras,
  ServerMetadataCache,
  ServerResources,
  ServerSessions,
  ServerSupervisor,
  ServerTools,
  SingletonClient,
  SingletonHost,
  SingletonServers,
} from '@manifold/mcp-hosting';
import { DeleteImpactController } from './rest/delete-impact.controller.js';
import { DeleteImpact } from './rest/delete-impact.service.js';
import { DiscoverController } from './rest/discover.controller.js';
import { FirstServer } from './registry/first-server.js';
import { McpServersProvider } from './mcp-servers.provider.js';
import { PrimitiveLists } from './calls/primitive-lists.js';
import { ServerRelay } from './calls/server-relay.js';
import { SecretParameters } from './calls/secret-parameters.js';
import { SecretsController } from './rest/secrets.controller.js';
import { ServerAccess } from './calls/server-access.js';
import { PolicyChanges } from './registry/policy-changes.js';
import { ServerRegistry } from './registry/server-registry.service.js';
import { ServerReports } from './registry/server-reports.service.js';
import { StoredServers } from './registry/stored-servers.js';
import { ServerImport } from './rest/server-import.service.js';
import { ServersController } from './rest/servers.controller.js';
import { ServersDocumentController } from './rest/servers-document.controller.js';
import { ToolCatalogue } from './calls/tool-catalogue.js';
import { AuthorizationTools } from './consent/authorization-tools.js';
import { ToolAuthorization } from './consent/tool-authorization.js';
import { ToolCredentialsService } from './consent/tool-credentials.service.js';
import { ToolLoginController } from './rest/tool-login.controller.js';
import { UserAccounts } from './consent/user-accounts.js';
import { UserViewController } from './rest/user-view.controller.js';
import { UserView } from './rest/user-view.service.js';
import { TextBodies } from './rest/text-bodies.js';

/** Module of the registered MCP servers. It needs the global modules that provide Config, Store, SecretsService and Egress. */
@Module({
  imports: [LeasesModule, OAuthModule, TenantsModule],
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
    AuthorizationTools,
    ConsentRequests,
    DeleteImpact,
    FirstServer,
    McpServersProvider,
    PolicyChanges,
    PrimitiveLists,
    ResourceSubscriptions,
    SecretParameters,
    ServerAccess,
    ServerConnectionRemoval,
    ProgramStarter,
    ServerConnector,
    ServerExtensions,
    ServerEras,
    ServerFeatures,
    ServerHttp,
    ServerImport,
    ServerMetadataCache,
    ServerPolicy,
    ServerRegistry,
    StoredServers,
    ServerRelay,
    ServerReports,
    ServerResources,
    ServerSessions,
    ServerSupervisor,
    ServerTools,
    SingletonClient,
    SingletonHost,
    SingletonServers,
    ToolAuthorization,
    ToolCatalogue,
    ToolCredentialsService,
    UserAccounts,
    UserConsents,
    UserView,
    VisibleServers,
    TextBodies,
    { provide: ServerHost, useExisting: ServerRegistry },
  ],
  exports: [McpServersProvider, ServerExtensions, ServerHost, ServerPolicy],
})
export class McpServersModule {}
