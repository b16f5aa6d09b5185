import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  ProviderError,
  type AppState,
  type CallContext,
  type ChecksHealth,
  type DescribesApps,
  type ProviderHealth,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from '@manifold/tool-provider';
import { ActionTool } from './action-tool.js';
import { IntegrationAppTools } from './integration-app-tools.service.js';
import { IntegrationAppClient } from './integration-app.client.js';
import { resultOf } from './integration-app.mapper.js';

/**
 * The actions of the integrations that a user has connected in Integration.app.
 *
 * Arguments are not checked here: Integration.app does, it knows more of an action than its schema, and its words are better.
 */
@Injectable()
export class IntegrationAppProvider implements ToolProvider, DescribesApps, ChecksHealth {
  readonly id = 'integration-app';
  private fault?: string;

  constructor(
    private readonly tools: IntegrationAppTools,
    private readonly client: IntegrationAppClient,
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

  async callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    if (!(ref instanceof ActionTool)) throw new ProviderError('invalid_arguments', 'There is no such tool');
    context.signal.throwIfAborted();
    return resultOf(await this.client.run(ref.address, args, context));
  }

  describeApp(app: string, principal: Principal): Promise<AppState | undefined> {
    const unavailable = this.tools.reasonOf(app, principal);
    return Promise.resolve(unavailable === undefined ? undefined : { enabled: true, unavailable });
  }

  health(): ProviderHealth {
    return this.fault === undefined ? { status: 'up' } : { status: 'degraded', detail: this.fault };
  }
}

const isOutage = ({ code }: ProviderError): boolean =>
  code === 'upstream_unavailable' || code === 'upstream_rejected' || code === 'timeout';
