import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  NOT_SERVED,
  ProviderError,
  type AppState,
  type CallContext,
  type ChecksHealth,
  type DescribesApps,
  type ProviderHealth,
  type SharesCatalogue,
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
 * Provides the actions of the integrations that a user has connected in Integration.app.
 *
 * The gateway does not check arguments. Integration.app checks them: it knows more than the schema, and its messages are more precise.
 */
@Injectable()
export class IntegrationAppProvider implements ToolProvider, SharesCatalogue, DescribesApps, ChecksHealth {
  readonly id = 'integration-app';
  private fault?: string;

  constructor(
    private readonly tools: IntegrationAppTools,
    private readonly client: IntegrationAppClient,
  ) {}

  /** An API key that acts for a user has the key of this user, but is not served where the user is. The two share no listing. */
  catalogueKey(principal: Principal): string {
    return this.tools.serves(principal) ? principal.key : NOT_SERVED;
  }

  async listTools(context: CallContext): Promise<readonly ToolDescriptor[]> {
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
