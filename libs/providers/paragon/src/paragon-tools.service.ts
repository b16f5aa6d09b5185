import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { ParagonConfig } from '@manifold/config';
import type { CallContext, ToolDescriptor } from '@manifold/tool-provider';
import { ActionKit } from './action-kit.client.js';
import { Integrations } from './integrations.client.js';
import { OpenApiActions, type OpenApiOperation } from './openapi/index.js';
import { ParagonTool } from './paragon-tool.js';
import { actionsOf, activeIntegrationsOf, type ActionDescription } from './paragon.mapper.js';
import { ParagonProxy } from './proxy.client.js';
import { proxyTool } from './proxy-tool/index.js';

const MAX_LISTINGS = 1_000;

interface Listing {
  readonly operations: readonly OpenApiOperation[];
  readonly tools: readonly ToolDescriptor[];
}

/** Builds the list of tools of a principal. Equal upstream responses give the same array for all users. */
@Injectable()
export class ParagonTools {
  private readonly logger = new Logger(ParagonTools.name);
  private readonly listings = new LRUCache<string, Listing>({ max: MAX_LISTINGS });
  /** The last known active integrations. They belong to the project, not to a user. */
  private active: readonly string[] = [];

  constructor(
    private readonly project: ParagonConfig,
    private readonly actionKit: ActionKit,
    private readonly integrations: Integrations,
    private readonly proxy: ParagonProxy,
    private readonly openApi: OpenApiActions,
  ) {}

  /** @throws ProviderError if ActionKit does not answer */
  async list(context: CallContext): Promise<readonly ToolDescriptor[]> {
    const [body, active] = await Promise.all([this.actionKit.list(context), this.activeIntegrations(context)]);
    const operations = this.openApi.operations(new Set(active));
    const key = `${createHash('sha256').update(body).digest('base64')} ${active.join()}`;
    const known = this.listings.get(key);
    if (known?.operations === operations) return known.tools;
    const tools = this.assemble(body, active, operations);
    this.listings.set(key, { operations, tools });
    return tools;
  }

  private assemble(
    body: string,
    active: readonly string[],
    operations: readonly OpenApiOperation[],
  ): readonly ToolDescriptor[] {
    const tools = [
      ...this.describedBy(body).map((action) => this.actionTool(action)),
      ...operations.map((operation) => this.operationTool(operation)),
      ...(this.project.proxyTool && active.length > 0 ? [proxyTool(active, this.proxy)] : []),
    ];
    const offered = tools.filter(({ definition }) => this.isOffered(definition.name));
    return offered.map((tool) => ({
      ref: tool,
      app: tool.app,
      name: tool.definition.name,
      publicName: tool.definition.name,
      definition: tool.definition,
    }));
  }

  private describedBy(body: string): ActionDescription[] {
    const actions = actionsOf(body, (integration) =>
      this.logger.warn({ msg: 'ActionKit describes an action in a way that cannot be used', integration }),
    );
    return actions.filter(({ integration }) => this.isWanted(integration));
  }

  /** Returns the active integrations. They are requested only if a feature needs them. If the request fails, the last result is used. */
  private async activeIntegrations(context: CallContext): Promise<readonly string[]> {
    if (this.project.openApiDir === undefined && !this.project.proxyTool) return [];
    try {
      const active = activeIntegrationsOf(await this.integrations.list(context));
      this.active = active.filter((integration) => this.isWanted(integration)).sort();
    } catch (err) {
      if (context.signal.aborted) throw err;
      this.logger.warn({ msg: 'the integrations of the project cannot be listed', err });
    }
    return this.active;
  }

  private isWanted(integration: string): boolean {
    const { limitToIntegrations: wanted } = this.project;
    return wanted.length === 0 || wanted.includes(integration);
  }

  private isOffered(tool: string): boolean {
    const { limitToTools: offered } = this.project;
    return offered.length === 0 || offered.includes(tool);
  }

  private actionTool({ integration, name, description, inputSchema }: ActionDescription): ParagonTool {
    return new ParagonTool({
      app: integration,
      integration,
      definition: { name, description, inputSchema },
      execute: (args, context) => this.actionKit.run(name, args, context),
    });
  }

  private operationTool(operation: OpenApiOperation): ParagonTool {
    const { integration, name, description, inputSchema } = operation;
    const raw = { 'x-paragon-use-raw-response': 'true' };
    return new ParagonTool({
      app: integration,
      integration,
      definition: { name, description, inputSchema },
      execute: (args, context) => {
        const request = operation.request(args);
        return this.proxy.send({ ...request, headers: { ...request.headers, ...raw } }, context);
      },
    });
  }
}
