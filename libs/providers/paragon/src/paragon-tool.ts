import type { CallContext, ToolDefinition } from '@manifold/tool-provider';
import { ArgumentCheck } from './argument-check.js';

export type Arguments = Readonly<Record<string, unknown>>;

export interface ParagonToolOptions {
  /** Whose account the tool uses: `slack`, `custom.spotify`. Depends on the arguments where an agent chooses. */
  readonly integration: string | ((args: Arguments) => string);
  /** What `apps=` filters by. */
  readonly app: string;
  readonly definition: ToolDefinition & { readonly inputSchema: object };
  /** @throws ProviderError */
  readonly execute: (args: Arguments, context: CallContext) => Promise<unknown>;
}

/** A tool of Paragon, of whatever kind. Holds nothing of a user: users with equal listings share it. */
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

  /** @returns what the integration answered. @throws ProviderError; nothing is sent where the arguments do not fit */
  async run(args: Arguments, context: CallContext): Promise<unknown> {
    this.arguments.check(args);
    return this.options.execute(args, context);
  }
}
