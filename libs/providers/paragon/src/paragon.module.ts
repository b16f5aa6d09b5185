import { Module } from '@nestjs/common';
import { Config, ParagonConfig } from '@manifold/config';
import { TenantsModule } from '@manifold/tenants';
import { ActionKit } from './action-kit.client.js';
import { Integrations } from './integrations.client.js';
import { OpenApiActions } from './openapi/index.js';
import { ParagonHttp } from './paragon-http.js';
import { ParagonTools } from './paragon-tools.service.js';
import { ParagonProvider } from './paragon.provider.js';
import { ParagonProxy } from './proxy.client.js';
import { SetupController, SetupLinks } from './setup/index.js';
import { UserTokens } from './user-tokens.service.js';

/** Module for Paragon. It is used if a project is configured. */
@Module({
  imports: [TenantsModule],
  controllers: [SetupController],
  providers: [
    { provide: ParagonConfig, useFactory: (config: Config) => config.paragon, inject: [Config] },
    ActionKit,
    Integrations,
    OpenApiActions,
    ParagonHttp,
    ParagonProvider,
    ParagonProxy,
    ParagonTools,
    SetupLinks,
    UserTokens,
  ],
  exports: [ParagonProvider],
})
export class ParagonModule {}
