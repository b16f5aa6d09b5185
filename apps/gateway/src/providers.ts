import { Global, Module, type Type } from '@nestjs/common';
import { ToolProviders, type ToolProvider } from '@manifold/tool-provider';
import { McpServersModule, McpServersProvider } from '@manifold/providers/mcp-servers';

/** Every backend, one line each: the module that builds it and the provider that it exports. In listing order. */
const PROVIDERS: readonly { readonly module: Type; readonly provider: Type<ToolProvider> }[] = [
  { module: McpServersModule, provider: McpServersProvider },
];

@Global()
@Module({
  imports: PROVIDERS.map(({ module }) => module),
  providers: [
    {
      provide: ToolProviders,
      useFactory: (...all: ToolProvider[]) => new ToolProviders(all),
      inject: PROVIDERS.map(({ provider }) => provider),
    },
  ],
  exports: [ToolProviders],
})
export class ProvidersModule {}
