import { Injectable } from '@nestjs/common';
import { isObject, untilAborted } from '@manifold/async';
import { OAuthFlowError, type ConnectionOwner } from '@manifold/oauth';
import { hiddenForms } from '@manifold/secrets';
import { openCall, ProviderError, type CallContext } from '@manifold/tool-provider';
import {
  userOf,
  connectionTo,
  type CallableServer,
  type ServerRun,
  ServerSupervisor,
  ServerTools,
  tokenProviderOf,
} from '@manifold/mcp-hosting';
import { ServerAccess } from '../calls/server-access.js';
import type { RawObject, UpstreamConnection } from '@manifold/mcp-client';
import { ToolCredentialsService } from './tool-credentials.service.js';

const TIMEOUT_MS = 30_000;

/** Calls the tools with which servers authorize their users. Only the gateway calls them, and their arguments and results are not logged. */
@Injectable()
export class AuthorizationTools {
  constructor(
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly access: ServerAccess,
    private readonly credentials: ToolCredentialsService,
  ) {}

  /**
   * Calls a tool of the owner's server for the owner.
   * @param args `offered` arguments are sent only if the tool declares these parameters
   * @throws OAuthFlowError
   */
  async call(
    owner: ConnectionOwner,
    provider: string,
    tool: string,
    args: { readonly needed: RawObject; readonly offered: RawObject },
  ): Promise<RawObject> {
    const { server, principal } = owner;
    const run = this.supervisor.server(principal.tenant, server);
    if (!run?.record.enabled || tokenProviderOf(run.record) !== provider) {
      throw new OAuthFlowError('discovery_failed', `Server ${server} does not authorize its users at ${provider}`);
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
      // Drops the cause, because causes are logged and the server may repeat secret arguments in its message.
      const isRefusal = error.code === 'invalid_arguments' || error.code === 'upstream_rejected';
      const message = `Server ${server} does not authorize its users (${error.code})`;
      throw new OAuthFlowError(isRefusal ? 'discovery_failed' : 'unavailable', message);
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

/** Returns the connection when the server has listed its tools. Only then are their parameters known. */
async function introducedBy(server: CallableServer, { signal }: CallContext): Promise<UpstreamConnection> {
  const connection = server.live ?? (await connectionTo(server, signal));
  await untilAborted(server.settled, signal);
  return connection;
}

/** Runs a task and hides these values in the server's log meanwhile. The result itself is not changed, because it holds the tokens. */
async function unheard<T>(server: CallableServer, values: readonly unknown[], task: () => Promise<T>): Promise<T> {
  const texts = values.filter((value): value is string => typeof value === 'string' && value !== '');
  const hidden = hiddenForms(texts);
  server.log.hide(hidden);
  try {
    return await task();
  } finally {
    server.log.reveal(hidden);
  }
}
