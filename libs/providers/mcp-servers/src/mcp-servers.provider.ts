import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import { SecretsService } from '@manifold/secrets';
import {
  ProviderError,
  type AppState,
  type CallContext,
  type ChecksHealth,
  type DescribesApps,
  type NotifiesChanges,
  type ProviderHealth,
  type SharesCatalogue,
  type ToolDescriptor,
  type ToolProvider,
  type ToolRef,
  type ToolResult,
} from '@manifold/tool-provider';
import { callWithSecrets } from './call-with-secrets.js';
import { refuseUnsafeNames, withSecrets } from './safe-arguments.js';
import { ServerRegistry } from './server-registry.service.js';
import { ServerSupervisor } from './server-supervisor.js';
import { ServerTools } from './server-tools.js';
import type { ServerStatus, SupervisedServer } from './supervised-server.js';
import { waitAtMost } from './time-limit.js';
import { untilAborted } from './until-aborted.js';
import type { UpstreamConnection } from './upstream/index.js';

/** How long a listing waits for servers that were never listed before. */
const INTRODUCTION_MS = 5_000;

const WHY_UNAVAILABLE: Readonly<Record<ServerStatus, string | undefined>> = {
  connected: undefined,
  connecting: 'it is starting',
  disconnected: 'it is not running',
  error: 'it failed',
};

/** Whose server it is comes from the caller, never from the reference. */
class ServerToolRef {
  constructor(
    readonly server: string,
    readonly tool: string,
  ) {}
}

/** The tools of the MCP servers that the principal's tenant has registered. */
@Injectable()
export class McpServersProvider implements ToolProvider, SharesCatalogue, NotifiesChanges, DescribesApps, ChecksHealth {
  readonly id = 'mcp-servers';

  constructor(
    private readonly registry: ServerRegistry,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly secrets: SecretsService,
  ) {}

  /** The tools as last listed: a server that is down keeps its own. Only servers without any listing yet are waited for. */
  async listTools({ principal, signal }: CallContext): Promise<readonly ToolDescriptor[]> {
    await untilAborted(this.introductions(principal.tenant), signal);
    return this.enabledServers(principal.tenant).flatMap((name) => this.descriptors(principal.tenant, name));
  }

  async callTool(ref: ToolRef, args: Readonly<Record<string, unknown>>, context: CallContext): Promise<ToolResult> {
    const { principal, signal } = context;
    const { server, tool } = this.resolve(ref, principal);
    signal.throwIfAborted();
    refuseUnsafeNames(args);
    server.calls.begin();
    try {
      return await this.run(server, tool, args, context);
    } finally {
      server.calls.end();
    }
  }

  catalogueKey(principal: Principal): string {
    return principal.tenant;
  }

  onToolsChanged(listener: () => void): () => void {
    return this.tools.onChanged(listener);
  }

  async describeApp(app: string, { tenant }: Principal): Promise<AppState | undefined> {
    const server = this.supervisor.server(tenant, app);
    return server && { enabled: server.record.enabled, unavailable: WHY_UNAVAILABLE[server.status] };
  }

  health(): ProviderHealth {
    const enabled = [...this.supervisor.all()].filter((server) => server.record.enabled);
    const failed = enabled.filter((server) => server.status === 'error');
    if (failed.length === 0) return { status: 'up' };
    const detail = `${failed.length} of ${enabled.length} enabled servers failed`;
    return { status: failed.length === enabled.length ? 'down' : 'degraded', detail };
  }

  private enabledServers(tenant: string): string[] {
    return this.registry
      .list(tenant)
      .filter((record) => record.enabled)
      .map((record) => record.name);
  }

  private descriptors(tenant: string, server: string): ToolDescriptor[] {
    const { definitions } = this.tools.of(tenant, server) ?? { definitions: [] };
    return definitions.map((definition) => ({
      ref: new ServerToolRef(server, definition.name),
      app: server,
      name: definition.name,
      publicName: `${server}_${definition.name}`,
      definition,
    }));
  }

  private async introductions(tenant: string): Promise<void> {
    const newcomers = this.enabledServers(tenant)
      .filter((name) => !this.tools.of(tenant, name))
      .flatMap((name) => this.supervisor.server(tenant, name) ?? []);
    if (newcomers.length === 0) return;
    for (const server of newcomers) server.start();
    await waitAtMost(INTRODUCTION_MS, Promise.all(newcomers.map((server) => server.settled)));
  }

  private resolve(ref: ToolRef, { tenant }: Principal): { server: SupervisedServer; tool: string } {
    if (!(ref instanceof ServerToolRef)) throw new ProviderError('invalid_arguments', 'There is no such tool');
    const server = this.serverWith(tenant, ref);
    if (!server) throw new ProviderError('invalid_arguments', `Server ${ref.server} has no tool ${ref.tool}`);
    if (!server.record.enabled) throw new ProviderError('upstream_unavailable', `Server ${ref.server} is disabled`);
    return { server, tool: ref.tool };
  }

  /** The tool may have been looked up before a new version of the server took the place of the one that has it. */
  private serverWith(tenant: string, { server, tool }: ServerToolRef): SupervisedServer | undefined {
    if (this.tools.of(tenant, server)?.names.has(tool)) return this.supervisor.server(tenant, server);
    return this.supervisor.predecessor(tenant, server, tool);
  }

  private async run(
    server: SupervisedServer,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): Promise<ToolResult> {
    const secrets = await this.secretsFor(context.principal, server.record.name);
    const connection = server.live ?? (await connect(server, context.signal));
    return Object.keys(secrets).length === 0
      ? connection.request('tools/call', { name: tool, arguments: args }, context)
      : callWithSecrets(
          connection,
          { name: tool, arguments: withSecrets(args, secrets) },
          secrets,
          server.log,
          context,
        );
  }

  private async secretsFor(principal: Principal, app: string): Promise<Readonly<Record<string, string>>> {
    try {
      return await this.secrets.open({ principal, app });
    } catch (cause) {
      throw new ProviderError('upstream_unavailable', `Your secrets for server ${app} cannot be read`, { cause });
    }
  }
}

/** The reason why a server does not start is for operators; callers learn what they can act on. */
async function connect(server: SupervisedServer, signal: AbortSignal): Promise<UpstreamConnection> {
  try {
    return await server.connect(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof ProviderError && (error.code !== 'upstream_unavailable' || error.retryAfter)) throw error;
    throw new ProviderError('upstream_unavailable', `Server ${server.record.name} is not available`, { cause: error });
  }
}
