import { Injectable } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import type { Principal } from '@manifold/auth';
import { SecretsService } from '@manifold/secrets';
import {
  ProviderError,
  type AppState,
  type CallContext,
  type ChangedApp,
  type ChecksHealth,
  type Completes,
  type ConcernsSome,
  type DeclaresCapabilities,
  type DescribesApps,
  type MeetsClients,
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
import { VisibleServers } from './access/visible-servers.service.js';
import type { Sight } from './access/sight.js';
import { ConnectToolRef, connectTool, isConnected } from './consent/connect-tool.js';
import { ServerRelay } from './relay/server-relay.js';
import { refuseUnsafeNames, withSecrets } from './safe-arguments.js';
import { takesSecretsAsArguments, type ServerRecord } from './server-record.js';
import { SecretParameters } from './secret-parameters.js';
import { ServerAccess } from './server-access.js';
import { connectionTo } from './server-connection.js';
import { requestTo } from './server-request.js';
import type { CallableServer, Secrets, ServerRun, ServerStatus } from './server-run.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerToolRef } from './server-tool-ref.js';
import { ServerTools } from './server-tools.js';
import { waitAtMost } from './time-limit.js';
import { isAuthorizationTool, toolProviderOf } from './tool-auth/tool-auth-type.js';
import { ToolCredentialsService } from './tool-auth/tool-credentials.service.js';
import { withoutParameters } from './without-parameters.js';

/** How long a listing waits for servers that were never listed before. */
const INTRODUCTION_MS = 5_000;

const WHY_UNAVAILABLE: Readonly<Record<ServerStatus, string | undefined>> = {
  connected: undefined,
  connecting: 'it is starting',
  disconnected: 'it is not running',
  error: 'it failed',
};

type Powers = SharesCatalogue &
  ConcernsSome &
  NotifiesChanges &
  DescribesApps &
  ChecksHealth &
  OffersResources &
  OffersPrompts &
  Completes &
  DeclaresCapabilities &
  MeetsClients &
  RelaysTasks;

type Listener = Parameters<NotifiesChanges['onToolsChanged']>[0];

/** What the MCP servers offer that the principal's tenant has registered. */
@Injectable()
export class McpServersProvider implements ToolProvider, Powers {
  readonly id = 'mcp-servers';

  constructor(
    private readonly visible: VisibleServers,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly secrets: SecretsService,
    private readonly parameters: SecretParameters,
    private readonly access: ServerAccess,
    private readonly relay: ServerRelay,
    private readonly credentials: ToolCredentialsService,
  ) {}

  /** The tools as last listed: a server that is down keeps its own. Only servers without any listing yet are waited for. */
  async listTools({ principal, signal }: CallContext): Promise<readonly ToolDescriptor[]> {
    // What the key of the listing stands for is decided at once: what changes meanwhile has a listing of its own.
    const sight = this.visible.sightOf(principal);
    const servers = this.visible.list(principal).filter(({ enabled }) => enabled);
    await untilAborted(this.introductions(servers), signal);
    const tools = await Promise.all(servers.map((record) => this.descriptors(record, sight)));
    return tools.flat();
  }

  async callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    if (ref instanceof ConnectToolRef) return this.connectUser(ref, context);
    const { run, tool } = this.resolve(ref, context);
    if (context.cancellation.aborted) throw context.cancellation.reason;
    refuseUnsafeNames(args);
    return this.access.serve(run, context, (server) => this.callOn(server, tool, args, context));
  }

  catalogueKey(principal: Principal): string {
    return this.visible.sightOf(principal).key;
  }

  isConcerned(principal: Principal, changed: ChangedApp): boolean {
    return this.visible.isConcerned(principal, changed);
  }

  onToolsChanged(listener: Listener): () => void {
    return this.tools.onChanged((changed) => listener(undefined, changed));
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

  clientArrived(principal: Principal, capabilities: RawObject): void {
    this.relay.clientArrived(principal, capabilities);
  }

  async describeApp(app: string, principal: Principal): Promise<AppState | undefined> {
    const server = this.visible.run(principal, app);
    if (!server) return undefined;
    const demandsConsent = this.isWithoutTools(server)
      ? (context: CallContext) => this.access.demandConsent(server, context)
      : undefined;
    return { enabled: server.record.enabled, unavailable: WHY_UNAVAILABLE[server.status], demandsConsent };
  }

  health(): ProviderHealth {
    const enabled = [...this.supervisor.all()].filter((server) => server.record.enabled);
    const failed = enabled.filter((server) => server.status === 'error');
    if (failed.length === 0) return { status: 'up' };
    const detail = `${failed.length} of ${enabled.length} enabled servers failed`;
    return { status: failed.length === enabled.length ? 'down' : 'degraded', detail };
  }

  private async descriptors(record: ServerRecord, sight: Sight): Promise<ToolDescriptor[]> {
    const { tenant, name: server } = record;
    const known = this.tools.of(tenant, server);
    if (!known || known.definitions.length === 0) {
      const run = this.supervisor.server(tenant, server);
      return run && this.isWithoutTools(run) ? [connectTool(server)] : [];
    }
    const hidden = await this.hiddenParameters(record);
    const shown = known.definitions.filter(
      ({ name }) => !isAuthorizationTool(record, name) && sight.showsTool(server, name),
    );
    return shown.map((definition) => ({
      ref: new ServerToolRef(server, definition.name),
      app: server,
      name: definition.name,
      publicName: `${server}_${definition.name}`,
      definition: withoutParameters(definition, hidden),
    }));
  }

  private async hiddenParameters(record: ServerRecord): Promise<ReadonlySet<string>> {
    try {
      return await this.parameters.of(record);
    } catch (cause) {
      const message = `The names of the secrets for server ${record.name} cannot be read`;
      throw new ProviderError('upstream_unavailable', message, { cause });
    }
  }

  private async introductions(servers: readonly ServerRecord[]): Promise<void> {
    const newcomers = servers
      .filter(({ tenant, name }) => !this.tools.of(tenant, name))
      .flatMap(({ tenant, name }) => this.supervisor.server(tenant, name) ?? []);
    if (newcomers.length === 0) return;
    for (const server of newcomers) server.start();
    await waitAtMost(INTRODUCTION_MS, Promise.all(newcomers.map((server) => server.settled)));
  }

  /** Whether its tools are unknown because nobody has connected yet. */
  private isWithoutTools({ record, wantsConsent, findings }: ServerRun): boolean {
    return record.enabled && wantsConsent && !findings.areToolsKnown;
  }

  private async connectUser({ server: name }: ConnectToolRef, context: CallContext): Promise<ToolResult> {
    const run = this.visible.run(context.principal, name);
    if (!run?.record.enabled) throw new ProviderError('upstream_unavailable', `Server ${name} is not available`);
    await this.access.demandConsent(run, context);
    return isConnected(name);
  }

  private resolve(ref: ToolRef, { principal, client }: CallContext): { run: ServerRun; tool: string } {
    if (!(ref instanceof ServerToolRef)) throw new ProviderError('invalid_arguments', 'There is no such tool');
    const { tenant } = principal;
    const run = this.visible.sightOf(principal).showsTool(ref.server, ref.tool) && this.runWith(tenant, ref);
    if (!run || isAuthorizationTool(run.record, ref.tool))
      throw new ProviderError('invalid_arguments', `Server ${ref.server} has no tool ${ref.tool}`);
    if (!run.record.enabled) throw new ProviderError('upstream_unavailable', `Server ${ref.server} is disabled`);
    if (!client && this.tools.of(tenant, ref.server)?.onlyForClients.has(ref.tool)) {
      const message = `Tool ${ref.tool} of server ${ref.server} is only there for clients that the server can ask something`;
      throw new ProviderError('upstream_rejected', message);
    }
    return { run, tool: ref.tool };
  }

  /** The tool may have been looked up before a new version of the server took the place of the one that has it. */
  private runWith(tenant: string, { server, tool }: ServerToolRef): ServerRun | undefined {
    if (this.tools.of(tenant, server)?.names.has(tool)) return this.supervisor.server(tenant, server);
    return this.supervisor.predecessor(tenant, server, tool);
  }

  private async callOn(
    server: CallableServer,
    name: string,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<ToolResult> {
    const { record } = server;
    const provider = toolProviderOf(record);
    if (provider !== undefined) return this.callWithTokens(server, name, args, context, provider);
    const asArguments = takesSecretsAsArguments(record) ? await this.secretsFor(context.principal, record) : undefined;
    const params = { name, arguments: asArguments ? withSecrets(args, asArguments) : args };
    return requestTo(server, 'tools/call', params, context, asArguments);
  }

  /** Of a server that wants the user's tokens with each call. */
  private async callWithTokens(
    server: CallableServer,
    name: string,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
    provider: string,
  ): Promise<ToolResult> {
    const { record } = server;
    if (!server.live) await connectionTo(server, context.signal); // it brings the secrets of the start
    const { parameters, secrets } = await this.credentials.of(context.principal, record, provider);
    const own = takesSecretsAsArguments(record) ? await this.secretsFor(context.principal, record) : server.secrets;
    const filled = takesSecretsAsArguments(record) ? withSecrets(args, own) : args;
    const params = { name, arguments: { ...filled, ...parameters } };
    return requestTo(server, 'tools/call', params, context, { ...own, ...secrets });
  }

  private async secretsFor(principal: Principal, { name: app, secretNames }: ServerRecord): Promise<Secrets> {
    try {
      return ToolCredentialsService.without(await this.secrets.open({ principal, app }, secretNames));
    } catch (cause) {
      throw new ProviderError('upstream_unavailable', `Your secrets for server ${app} cannot be read`, { cause });
    }
  }
}
