import { Module } from '@nestjs/common';
import { Config, IntegrationAppConfig } from '@manifold/config';
import { AccessTokens } from './access-tokens.service.js';
import { IntegrationAppHttp } from './integration-app-http.js';
import { IntegrationAppTools } from './integration-app-tools.service.js';
import { IntegrationAppClient } from './integration-app.client.js';
import { IntegrationAppProvider } from './integration-app.provider.js';

/** Module for Integration.app. It is used if a workspace is configured. */
@Module({
  providers: [
    { provide: IntegrationAppConfig, useFactory: (config: Config) => config.integrationApp, inject: [Config] },
    AccessTokens,
    IntegrationAppClient,
    IntegrationAppHttp,
    IntegrationAppProvider,
    IntegrationAppTools,
  ],
  exports: [IntegrationAppProvider],
})
export class IntegrationAppModule {}
