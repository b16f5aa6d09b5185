import { Injectable } from '@nestjs/common';
import { untilAborted, waitAtMost } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import {
  ProviderError,
  type AppState,
  type CallContext,
  type ProviderHealth,
  type ToolDescriptor,
} from '@manifold/tool-provider';
import {
  ServerSupervisor,
  ServerToolRef,
  ServerTools,
  type ChangeListener,
  type ServerRecord,
  type ServerRun,
  type ServerStatus,
} from '@manifold/mcp-hosting';
import type { EffectiveAccess } from '../registry/effective-access.js';
import { VisibleServers } from '../registry/visible-servers.service.js';
import { connectTool } from './connect-tool.js';
import { SecretParameters } from './secret-parameters.js';
import { ServerAccess } from './server-access.js';
import { withoutParameters } from './without-parameters.js';

/** Time that a listing waits for servers that have never been listed. */
const INTRODUCTION_MS = 5_000;
/** Time that a call of an unknown tool waits for a server that starts: the start may list the tool. */
const START_MS = 30_000;

const WHY_UNAVAILABLE: Readonly<Record<ServerStatus, string | undefined>> = {
  connected: undefined,
  connecting: 'it is starting',
  disconnected: 'it is not running',
  error: 'it failed',
};

/** Tells what the registered servers offer to a principal, and in which state they are. It calls no tool. */
@Injectable()
export class ToolCatalogue {
  constructor(
    private readonly visible: VisibleServers,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
    private readonly parameters: SecretParameters,
    private readonly access: ServerAccess,
  ) {}

  /** Returns the last known tools, also for a server that is down. Waits only for servers that have never been listed. */
  async list({ principal, signal }: CallContext): Promise<readonly ToolDescriptor[]> {
    // Access is read before the first await, so that it matches the key of the listing. A later change leads to a new listing.
    const access = this.visible.accessOf(principal);
    const servers = this.visible.list(principal).filter(({ enabled }) => enabled);
    await untilAborted(this.introductions(servers), signal);
    const tools = await Promise.all(servers.map((record) => this.descriptors(record, access)));
    return tools.flat();
  }

  /** @returns a function that ends the subscription */
  onChanged(listener: ChangeListener): () => void {
    return this.tools.onChanged(listener);
  }

  /** Returns the state of a server; undefined if the principal cannot see it. */
  describe(name: string, principal: Principal): AppState | undefined {
    const server = this.visible.run(principal, name);
    if (!server) return undefined;
    const { status, record } = server;
    const untilListed = (context: CallContext): Promise<void> => this.untilListed(name, context);
    const unavailable = WHY_UNAVAILABLE[status] ?? whyUnlisted(server);
    return { enabled: record.enabled, unavailable, isStarting: status === 'connecting', untilListed };
  }

  /** Returns the state of all servers together. */
  health(): ProviderHealth {
    const enabled = [...this.supervisor.all()].filter((server) => server.record.enabled);
    const failed = enabled.filter((server) => server.status === 'error');
    if (failed.length === 0) return { status: 'up' };
    const detail = `${failed.length} of ${enabled.length} enabled servers failed`;
    return { status: failed.length === enabled.length ? 'down' : 'degraded', detail };
  }

  private async untilListed(name: string, context: CallContext): Promise<void> {
    await untilAborted(waitAtMost(START_MS, this.started(name, context.principal)), context.cancellation);
    const server = this.visible.run(context.principal, name);
    if (server && isWithoutTools(server)) await this.access.demandConsent(server, context);
  }

  /** Resolves when a change of the server that another replica has made is known here, and the server has started or failed. */
  private async started(name: string, principal: Principal): Promise<void> {
    await this.visible.whileRegistered(principal, name, () => Promise.resolve()).catch(() => undefined); // it is deleted
    const server = this.visible.run(principal, name);
    if (server?.status === 'connecting' || server?.status === 'connected') await server.settled;
  }

  private async descriptors(record: ServerRecord, access: EffectiveAccess): Promise<ToolDescriptor[]> {
    const { tenant, name: server } = record;
    const known = this.tools.of(tenant, server);
    if (!known || known.definitions.length === 0) {
      const run = this.supervisor.server(tenant, server);
      return run && isWithoutTools(run) ? [connectTool(server)] : [];
    }
    const shown = this.visible.toolsOf(record, access); // of the record, before another one replaces it
    const hidden = await this.hiddenParameters(record);
    return shown.map((definition) => ({
      ref: new ServerToolRef(server, definition.name),
      app: server,
      name: definition.name,
      publicName: `${server}_${definition.name}`,
      definition: withoutParameters(definition, hidden),
      needsOneOf: known.needs.get(definition.name),
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
}

/** Returns whether the tools of a server are unknown because no user has connected yet. */
const isWithoutTools = ({ record, wantsConsent, metadata }: ServerRun): boolean =>
  record.enabled && wantsConsent && !metadata.areToolsKnown;

/** Returns the reason why a connected server has no tools, if its listing has failed and none has succeeded before. */
const whyUnlisted = ({ lastError, metadata }: ServerRun): string | undefined =>
  lastError === undefined || metadata.areToolsKnown ? undefined : 'its tools could not be listed';
