import { Injectable, type OnModuleInit } from '@nestjs/common';
import { untilAborted } from '@manifold/cancellation';
import { OAuthFault, ToolFlows, toolCallbackPath, type ConnectionOwner, type ToolFlow } from '@manifold/oauth';
import { Config } from '@manifold/config';
import { openCall, ProviderError, type CallContext } from '@manifold/tool-provider';
import { userOf } from '../consent/user-of.js';
import { ServerAccess } from '../server-access.js';
import { connectionTo } from '../server-connection.js';
import { ServerRegistry } from '../server-registry.service.js';
import type { CallableServer, ServerRun } from '../server-run.js';
import { ServerSupervisor } from '../server-supervisor.js';
import { ServerTools } from '../server-tools.js';
import { isObject } from '../upstream/rpc-values.js';
import type { RawObject, UpstreamConnection } from '../upstream/index.js';
import { addressIn, objectIn } from './tool-answer.js';
import { AUTHORIZATION_URL_TOOL, EXCHANGE_TOOL, toolProviderOf } from './tool-auth-type.js';
import { ToolCredentialsService } from './tool-credentials.service.js';

const TIMEOUT_MS = 30_000;

/** Authorizes users by the tools of their servers. What these answer is never logged, and shown to nobody. */
@Injectable()
export class ToolAuthorization implements ToolFlow, OnModuleInit {
  constructor(
    private readonly flows: ToolFlows,
    private readonly supervisor: ServerSupervisor,
    private readonly registry: ServerRegistry,
    private readonly tools: ServerTools,
    private readonly access: ServerAccess,
    private readonly credentials: ToolCredentialsService,
    private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.flows.runBy(this);
  }

  async authorizationUrl(owner: ConnectionOwner, provider: string): Promise<URL> {
    const redirectUri = `${this.config.publicUrl}${toolCallbackPath(provider)}`;
    const result = await this.call(owner, provider, AUTHORIZATION_URL_TOOL, {
      needed: { user_id: owner.principal.subject },
      offered: { redirect_uri: redirectUri },
    });
    const url = addressIn(result);
    if (url) return url;
    throw new OAuthFault('discovery_failed', `Server ${owner.server} names no address to sign in at`);
  }

  async exchange(owner: ConnectionOwner, provider: string, code: string, state: string | undefined): Promise<void> {
    const redirectUri = `${this.config.publicUrl}${toolCallbackPath(provider)}`;
    const result = await this.call(owner, provider, EXCHANGE_TOOL, {
      needed: { code, ...(state !== undefined && { state }) },
      offered: { redirect_uri: redirectUri, user_id: owner.principal.subject },
    });
    const tokens = objectIn(result);
    if (!tokens) throw new OAuthFault('exchange_refused', `Server ${owner.server} could not make tokens of the answer`);
    const { tenant } = owner.principal;
    const user = userOf(owner.principal);
    await this.registry.whileRegistered(tenant, owner.server, () =>
      this.credentials.keep(user, owner.server, provider, tokens),
    );
  }

  /** @param args `offered` go only to a tool that says that it has such parameters */
  private async call(
    owner: ConnectionOwner,
    provider: string,
    tool: string,
    args: { readonly needed: RawObject; readonly offered: RawObject },
  ): Promise<RawObject> {
    const { server, principal } = owner;
    const run = this.supervisor.server(principal.tenant, server);
    if (!run?.record.enabled || toolProviderOf(run.record) !== provider) {
      throw new OAuthFault('discovery_failed', `Server ${server} does not authorize its users at ${provider}`);
    }
    const call = openCall({ principal: userOf(principal), requestId: `oauth-${server}`, timeoutMs: TIMEOUT_MS });
    try {
      const client = this.credentials.clientAt(provider);
      return await this.access.serve(run, call.context, async (server) => {
        const connection = await introducedBy(server, call.context);
        const offered = this.known(run, tool, { ...args.offered, ...client.parameters });
        const params = { name: tool, arguments: { ...args.needed, ...offered } };
        return unheard(server, [...Object.values(client.secrets), args.needed.code], () =>
          connection.request('tools/call', params, call.context),
        );
      });
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      // Without the cause: a server may repeat in its words what it was given, and causes are logged.
      const isRefusal = error.code === 'invalid_arguments' || error.code === 'upstream_rejected';
      const message = `Server ${server} does not authorize its users (${error.code})`;
      throw new OAuthFault(isRefusal ? 'discovery_failed' : 'unavailable', message);
    } finally {
      call.close();
    }
  }

  private known({ record: { tenant, name } }: ServerRun, tool: string, args: RawObject): RawObject {
    const definition = this.tools.of(tenant, name)?.definitions.find((known) => known.name === tool);
    const { properties } = (definition?.inputSchema ?? {}) as { properties?: unknown };
    const names = isObject(properties) ? properties : {};
    return Object.fromEntries(Object.entries(args).filter(([argument]) => Object.hasOwn(names, argument)));
  }
}

/** Which parameters its tools have is known when it has listed them. */
async function introducedBy(server: CallableServer, { signal }: CallContext): Promise<UpstreamConnection> {
  const connection = server.live ?? (await connectionTo(server, signal));
  await untilAborted(server.settled, signal);
  return connection;
}

/** The result is the secret here, so it is passed as it is; what the server logs meanwhile is not. */
async function unheard<T>(server: CallableServer, values: readonly unknown[], task: () => Promise<T>): Promise<T> {
  const hidden = values.filter((value): value is string => typeof value === 'string' && value !== '');
  server.log.hide(hidden);
  try {
    return await task();
  } finally {
    server.log.reveal(hidden);
  }
}
