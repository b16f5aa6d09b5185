import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Config } from '@manifold/config';
import { ToolProviders, type ToolProvider } from '@manifold/tool-provider';
import { IntegrationAppModule, IntegrationAppProvider } from '@manifold/providers/integration-app';
import { McpServersModule, McpServersProvider, SEALED_SERVERS } from '@manifold/providers/mcp-servers';
import { ParagonModule, ParagonProvider } from '@manifold/providers/paragon';

/** The sealed records of all backends. */
export const SEALED_BACKEND_RECORDS = SEALED_SERVERS;

interface Backend {
  readonly module: Type;
  readonly provider: Type<ToolProvider>;
  readonly enabled: (config: Config) => boolean;
}

/** Every backend, in the order of tool lists: its module, the provider that the module exports, and when it is enabled. */
const BACKENDS: readonly Backend[] = [
  { module: McpServersModule, provider: McpServersProvider, enabled: () => true },
  { module: ParagonModule, provider: ParagonProvider, enabled: ({ paragon }) => paragon !== undefined },
  {
    module: IntegrationAppModule,
    provider: IntegrationAppProvider,
    enabled: ({ integrationApp }) => integrationApp !== undefined,
  },
];

@Global()
@Module({})
export class ProvidersModule {
  static forRoot(config: Config): DynamicModule {
    const backends = BACKENDS.filter(({ enabled }) => enabled(config));
    return {
      module: ProvidersModule,
      imports: backends.map(({ module }) => module),
      providers: [
        {
          provide: ToolProviders,
          useFactory: (...all: ToolProvider[]) => new ToolProviders(all),
          inject: backends.map(({ provider }) => provider),
        },
      ],
      exports: [ToolProviders, McpServersModule],
    };
  }
}
