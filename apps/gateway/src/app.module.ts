import { Module, type DynamicModule } from '@nestjs/common';
import { AuditModule } from '@manifold/audit';
import { AuthModule } from '@manifold/auth';
import { BusModule } from '@manifold/bus';
import { ConfigModule, type Config } from '@manifold/config';
import { EgressModule } from '@manifold/egress';
import { LauncherModule } from '@manifold/launcher';
import { OAuthModule } from '@manifold/oauth';
import { PackagesModule } from '@manifold/packages';
import { ObservabilityModule, TraceExportModule } from '@manifold/observability';
import { TenantAdminModule } from '@manifold/tenant-admin';
import { SecretsModule } from '@manifold/secrets';
import { StoreModule } from '@manifold/store';
import { ToolRegistryModule } from '@manifold/tool-registry';
import { TransportModule } from '@manifold/transport';
import { HomeController } from './home.controller.js';
import { ProvidersModule } from './providers.js';

/** The root module of the gateway. It only combines modules; their code is in libraries. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        ObservabilityModule,
        StoreModule,
        SecretsModule,
        BusModule,
        EgressModule,
        LauncherModule,
        AuthModule,
        OAuthModule,
        ProvidersModule.forRoot(config),
        PackagesModule,
        TenantAdminModule,
        ToolRegistryModule,
        TransportModule,
        TraceExportModule,
        AuditModule,
      ],
      controllers: [HomeController],
    };
  }
}
