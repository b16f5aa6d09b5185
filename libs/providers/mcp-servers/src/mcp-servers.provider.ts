import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  ProviderError,
  type AppState,
  type CallContext,
  type ChangedApp,
  type ChecksHealth,
  type Completes,
  type ScopesChanges,
  type DeclaresCapabilities,
  type DescribesApps,
  type ObservesClients,
  type NotifiesChanges,
  type OffersPrompts,
  type OffersResources,
  type PromptDescriptor,
  type ProviderHealth,
  type RelaysTasks,
  type RawObject,
  type ResourceDescriptor,
  type ResourceTemplateDescriptor,
  type SharesCatalogue,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from '@manifold/tool-provider';
import { ServerToolRef, type ServerRun } from '@manifold/mcp-hosting';
import { VisibleServers } from './registry/visible-servers.service.js';
import { ConnectToolRef, isConnected } from './calls/connect-tool.js';
import { refuseUnsafeNames, requestTo, ServerAccess } from './calls/server-access.js';
import { ServerRelay } from './calls/server-relay.js';
import { ToolCatalogue } from './calls/tool-catalogue.js';
import { ToolCredentialsService } from './consent/tool-credentials.service.js';

type Powers = SharesCatalogue &
  ScopesChanges &
  NotifiesChanges &
  DescribesApps &
  ChecksHealth &
  OffersResources &
  OffersPrompts &
  Completes &
  DeclaresCapabilities &
  ObservesClients &
  RelaysTasks;

type Listener = Parameters<NotifiesChanges['onToolsChanged']>[0];

/** Provides the tools, resources and prompts of the MCP servers that the principal's tenant has registered. */
@Injectable()
export class McpServersProvider implements ToolProvider, Powers {
  readonly id = 'mcp-servers';

  constructor(
    private readonly visible: VisibleServers,
    private readonly catalogue: ToolCatalogue,
    private readonly access: ServerAccess,
    private readonly credentials: ToolCredentialsService,
    private readonly relay: ServerRelay,
  ) {}

  listTools(context: CallContext): Promise<readonly ToolDescriptor[]> {
    return this.catalogue.list(context);
  }

  async callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    if (ref instanceof ConnectToolRef) return this.connectUser(ref, context);
    const { run, tool } = this.resolve(ref, context);
    if (context.cancellation.aborted) throw context.cancellation.reason;
    refuseUnsafeNames(args);
    return this.access.serve(run, context, async (server) => {
      const filled = await this.credentials.addTo(args, server, context);
      return requestTo(server, 'tools/call', { name: tool, arguments: filled.args }, context, filled.secrets);
    });
  }

  catalogueKey(principal: Principal): string {
    return this.visible.accessOf(principal).key;
  }

  isAffected(principal: Principal, changed: ChangedApp): boolean {
    return this.visible.isAffected(principal, changed);
  }

  onToolsChanged(listener: Listener): () => void {
    return this.catalogue.onChanged((changed) => listener(undefined, changed));
  }

  listResources(context: CallContext): Promise<readonly ResourceDescriptor[]> {
    return this.relay.resources(context);
  }

  listResourceTemplates(context: CallContext): Promise<readonly ResourceTemplateDescriptor[]> {
    return this.relay.templates(context);
  }

  readResource(app: string, uri: string, context: CallContext): Promise<RawObject> {
    return this.relay.read(app, uri, context);
  }

  subscribeResource(
    app: string,
    uri: string,
    context: CallContext,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void> {
    return this.relay.subscribe(app, uri, context, onUpdated);
  }

  onResourcesChanged(listener: Listener): () => void {
    return this.relay.onChanged('resources', (changed) => listener(undefined, changed));
  }

  listPrompts(context: CallContext): Promise<readonly PromptDescriptor[]> {
    return this.relay.prompts(context);
  }

  getPrompt(app: string, name: string, args: RawObject | undefined, context: CallContext): Promise<RawObject> {
    return this.relay.getPrompt(app, name, args, context);
  }

  onPromptsChanged(listener: Listener): () => void {
    return this.relay.onChanged('prompts', (changed) => listener(undefined, changed));
  }

  complete(app: string, reference: RawObject, params: RawObject, context: CallContext): Promise<RawObject> {
    return this.relay.complete(app, reference, params, context);
  }

  relayTask(app: string, method: string, params: RawObject, context: CallContext): Promise<RawObject> {
    return this.relay.task(app, method, params, context);
  }

  serverFeatures(app: string, principal: Principal): ReturnType<DeclaresCapabilities['serverFeatures']> {
    return this.relay.introduction(app, principal);
  }

  onClientConnected(principal: Principal, capabilities: RawObject): void {
    this.relay.onClientConnected(principal, capabilities);
  }

  async describeApp(app: string, principal: Principal): Promise<AppState | undefined> {
    return this.catalogue.describe(app, principal);
  }

  health(): ProviderHealth {
    return this.catalogue.health();
  }

  private async connectUser({ server: name }: ConnectToolRef, context: CallContext): Promise<ToolResult> {
    const run = this.visible.run(context.principal, name);
    if (!run?.record.enabled) throw new ProviderError('upstream_unavailable', `Server ${name} is not available`);
    await this.access.demandConsent(run, context);
    return isConnected(name);
  }

  private resolve(ref: ToolRef, { principal, client }: CallContext): { run: ServerRun; tool: string } {
    if (!(ref instanceof ServerToolRef)) throw new ProviderError('invalid_arguments', 'There is no such tool');
    const { server, tool } = ref;
    const found = this.visible.findTool(principal, server, tool);
    if (!found) throw new ProviderError('invalid_arguments', `Server ${server} has no tool ${tool}`);
    if (!found.run.record.enabled) throw new ProviderError('upstream_unavailable', `Server ${server} is disabled`);
    if (!client && found.isOnlyForClients) {
      const message = `Tool ${tool} of server ${server} is only available to clients that accept requests from the server`;
      throw new ProviderError('upstream_rejected', message);
    }
    return { run: found.run, tool };
  }
}
