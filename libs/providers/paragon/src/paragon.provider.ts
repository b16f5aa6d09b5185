import { Injectable } from '@nestjs/common';
import {
  ProviderError,
  type CallContext,
  type ChecksHealth,
  type NotifiesChanges,
  type ProviderHealth,
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

/** The tools of a Paragon project: ActionKit's actions, OpenAPI actions and the proxy tool. */
@Injectable()
export class ParagonProvider implements ToolProvider, NotifiesChanges, ChecksHealth {
  readonly id = 'paragon';
  /** Files are watched here; ActionKit does not say when its actions change. */
  readonly announcesOnlySome = true;
  private fault?: string;

  constructor(
    private readonly tools: ParagonTools,
    private readonly openApi: OpenApiActions,
    private readonly setupLinks: SetupLinks,
  ) {}

  async listTools(context: CallContext): Promise<readonly ToolDescriptor[]> {
    try {
      const tools = await this.tools.list(context);
      this.fault = undefined;
      return tools;
    } catch (error) {
      // A single user's token may be refused: that is no fault of the provider.
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
