import { Module } from '@nestjs/common';
import { ServerHost } from '@manifold/server-hosting';
import { FirstServer } from './first-server.js';
import { McpServersProvider } from './mcp-servers.provider.js';
import { SecretParameters } from './secret-parameters.js';
import { SecretsController } from './secrets.controller.js';
import { ServerConnector } from './server-connector.js';
import { ServerRegistry } from './server-registry.service.js';
import { ServerSessions } from './server-sessions.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';
import { ServersController } from './servers.controller.js';

/** Needs the global modules that provide Config, Store, SecretsService and Egress. */
@Module({
  controllers: [ServersController, SecretsController],
  providers: [
    FirstServer,
    McpServersProvider,
    SecretParameters,
    ServerConnector,
    ServerRegistry,
    ServerSessions,
    ServerSupervisor,
    ServerTools,
    { provide: ServerHost, useExisting: ServerRegistry },
  ],
  exports: [McpServersProvider, ServerHost],
})
export class McpServersModule {}
