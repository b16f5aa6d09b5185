import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  NOT_SERVED,
  ProviderError,
  type CallContext,
  type ChecksHealth,
  type NotifiesChanges,
  type ProviderHealth,
  type SharesCatalogue,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from '@manifold/tool-provider';
import { notConnected } from './not-connected.js';
import { OpenApiActions } from './openapi/index.js';
import { ParagonTool, type Arguments } from './paragon-tool.js';
import { ParagonTools } from './paragon-tools.service.js';
import { SetupLinks } from './setup/index.js';
import { UserTokens } from './user-tokens.service.js';

const NO_TOOLS: readonly ToolDescriptor[] = [];

/** Provides the tools of a Paragon project: ActionKit's actions, OpenAPI actions and the proxy tool. */
@Injectable()
export class ParagonProvider implements ToolProvider, SharesCatalogue, NotifiesChanges, ChecksHealth {
  readonly id = 'paragon';
  /** True: changes of the OpenAPI files are announced, but ActionKit does not announce changes of its actions. */
  readonly announcesOnlySome = true;
  private fault?: string;

  constructor(
    private readonly tools: ParagonTools,
    private readonly openApi: OpenApiActions,
    private readonly setupLinks: SetupLinks,
    private readonly tokens: UserTokens,
  ) {}

  /** An API key that acts for a user has the key of this user, but is not served where the user is. The two share no listing. */
  catalogueKey(principal: Principal): string {
    return this.tokens.userOf(principal) === undefined ? NOT_SERVED : principal.key;
  }

  async listTools(context: CallContext): Promise<readonly ToolDescriptor[]> {
    if (this.tokens.userOf(context.principal) === undefined) return NO_TOOLS;
    try {
      const tools = await this.tools.list(context);
      this.fault = undefined;
      return tools;
    } catch (error) {
      // A refused token of one user does not mean that the provider is down.
      if (error instanceof ProviderError && isOutage(error)) this.fault = error.message;
      throw error;
    }
  }

  async callTool(ref: ToolRef, args: Arguments, context: CallContext): Promise<ToolResult> {
    if (!(ref instanceof ParagonTool)) throw new ProviderError('invalid_arguments', 'There is no such tool');
    if (context.cancellation.aborted) throw context.cancellation.reason;
    try {
      const answer = await ref.run(args, context);
      return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    } catch (error) {
      throw isNotConnected(error) ? await this.invitation(ref.integrationOf(args), context) : error;
    }
  }

  onToolsChanged(listener: () => void): () => void {
    return this.openApi.onChanged(listener);
  }

  health(): ProviderHealth {
    return this.fault === undefined ? { status: 'up' } : { status: 'degraded', detail: this.fault };
  }

  private async invitation(integration: string, { principal }: CallContext): Promise<ProviderError> {
    try {
      return notConnected(integration, await this.setupLinks.create(principal, integration));
    } catch (cause) {
      const message = `The ${integration} integration is not connected, and no link to set it up could be made`;
      return new ProviderError('not_connected', message, { cause });
    }
  }
}

const isNotConnected = (error: unknown): boolean => error instanceof ProviderError && error.code === 'not_connected';

const isOutage = ({ code }: ProviderError): boolean =>
  code === 'upstream_unavailable' || code === 'upstream_rejected' || code === 'timeout';
