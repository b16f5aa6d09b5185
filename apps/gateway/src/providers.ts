import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Config } from '@manifold/config';
import { ToolProviders, type ToolProvider } from '@manifold/tool-provider';
import { IntegrationAppModule, IntegrationAppProvider } from '@manifold/providers/integration-app';
import { McpServersModule, McpServersProvider } from '@manifold/providers/mcp-servers';
import { ParagonModule, ParagonProvider } from '@manifold/providers/paragon';

interface Backend {
  readonly module: Type;
  readonly provider: Type<ToolProvider>;
  readonly enabled: (config: Config) => boolean;
}

/** Every backend, one line each: the module that builds it, the provider that it exports, and when it is on. In listing order. */
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
