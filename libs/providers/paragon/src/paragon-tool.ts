import type { CallContext, ToolDefinition } from '@manifold/tool-provider';
import { ArgumentCheck } from './argument-check.js';

export type Arguments = Readonly<Record<string, unknown>>;

export interface ParagonToolOptions {
  /** The integration whose account the tool uses: `slack`, `custom.spotify`. A function if it depends on the arguments. */
  readonly integration: string | ((args: Arguments) => string);
  /** The name that the `apps=` filter uses. */
  readonly app: string;
  readonly definition: ToolDefinition & { readonly inputSchema: object };
  /** @throws ProviderError */
  readonly execute: (args: Arguments, context: CallContext) => Promise<unknown>;
}

/** A tool of Paragon, of any kind. It holds no user data, so users with equal listings share it. */
export class ParagonTool {
  readonly app: string;
  readonly definition: ToolDefinition;
  private readonly arguments: ArgumentCheck;

  constructor(private readonly options: ParagonToolOptions) {
    this.app = options.app;
    this.definition = options.definition;
    this.arguments = new ArgumentCheck(options.definition.name, options.definition.inputSchema);
  }

  integrationOf(args: Arguments): string {
    const { integration } = this.options;
    return typeof integration === 'string' ? integration : integration(args);
  }

  /** @returns the response of the integration. @throws ProviderError; nothing is sent if the arguments are invalid */
  async run(args: Arguments, context: CallContext): Promise<unknown> {
    this.arguments.check(args);
    return this.options.execute(args, context);
  }
}
