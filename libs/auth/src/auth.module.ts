import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { LimitsModule } from '@manifold/limits';
import { TenantsModule } from '@manifold/tenants';
import { ApiKeyModule } from './api-keys/api-key.module.js';
import { ApiKeysController } from './api-keys/api-keys.controller.js';
import { AuthenticationHook } from './authentication.hook.js';
import { Authenticator } from './authenticator.js';
import { TokenVerifier } from './jwt/token-verifier.service.js';
import { QueryTokens } from './query-tokens.js';
import { ResourceMetadataController } from './resource-metadata.controller.js';
import { RolesGuard } from './roles.guard.js';
import { StreamGrants } from './stream-grants.js';

/** Authenticates the callers of all routes. Bus, Config, Store and Egress come from their global modules. */
@Global()
@Module({
  imports: [ApiKeyModule, LimitsModule, TenantsModule],
  controllers: [ApiKeysController, ResourceMetadataController],
  providers: [
    Authenticator,
    AuthenticationHook,
    QueryTokens,
    StreamGrants,
    TokenVerifier,
    { provide: APP_GUARD, useClass: RolesGuard },
  ],
  exports: [StreamGrants],
})
export class AuthModule {}
