import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import {
  ProviderError,
  type CallContext,
  type PromptDescriptor,
  type RawObject,
  type ResourceDescriptor,
  type ResourceTemplateDescriptor,
} from '@manifold/tool-provider';
import { VisibleServers } from '../registry/visible-servers.service.js';
import {
  connectionTo,
  ServerMetadataCache,
  type ServerRun,
  type ChangeListener,
  type Changing,
  type Introduction,
} from '@manifold/mcp-hosting';
import { refuseUnsafeNames, requestTo, ServerAccess } from './server-access.js';
import { ServerRegistry } from '../registry/server-registry.service.js';
import { PrimitiveLists } from './primitive-lists.js';

/** Client capabilities that servers can use through the gateway. */
const RELAYED = ['sampling', 'elicitation', 'roots'];

/** Relays resources, prompts, completion and tasks of the servers that a tenant has registered. */
@Injectable()
export class ServerRelay implements OnModuleInit {
  constructor(
    private readonly registry: ServerRegistry,
    private readonly visible: VisibleServers,
    private readonly access: ServerAccess,
    private readonly metadata: ServerMetadataCache,
    private readonly lists: PrimitiveLists,
  ) {}

  onModuleInit(): void {
    this.registry.onDelete({
      before: (tenant, name) => this.metadata.forget(tenant, name),
      after: () => Promise.resolve(),
    });
  }

  resources(context: CallContext): Promise<readonly ResourceDescriptor[]> {
    return this.lists.resources(context);
  }

  templates(context: CallContext): Promise<readonly ResourceTemplateDescriptor[]> {
    return this.lists.templates(context);
  }

  prompts(context: CallContext): Promise<readonly PromptDescriptor[]> {
    return this.lists.prompts(context);
  }

  read(app: string, uri: string, context: CallContext): Promise<RawObject> {
    return this.request(app, 'resources/read', { uri }, context);
  }

  async getPrompt(app: string, name: string, args: RawObject | undefined, context: CallContext): Promise<RawObject> {
    if (args) refuseUnsafeNames(args);
    return this.request(app, 'prompts/get', args ? { name, arguments: args } : { name }, context);
  }

  complete(app: string, reference: RawObject, params: RawObject, context: CallContext): Promise<RawObject> {
    return this.request(app, 'completion/complete', { ...params, ref: reference }, context);
  }

  task(app: string, method: string, params: RawObject, context: CallContext): Promise<RawObject> {
    return this.request(app, method, params, context);
  }

  subscribe(
    app: string,
    uri: string,
    context: CallContext,
    onUpdated: (params: RawObject) => void,
  ): Promise<() => void> {
    const { principal, signal } = context;
    const run = this.enabled(app, principal);
    return this.access.serve(run, context, async (server) => {
      const connection = await connectionTo(server, signal);
      const listeners = this.metadata.subscriptions.of(principal.tenant, app, run.ownerFor(principal));
      const heard = (params: RawObject): void => {
        if (this.visible.find(principal, app)) onUpdated(params);
      };
      return listeners.add(uri, heard, connection, signal);
    });
  }

  introduction(app: string, principal: Principal): Introduction | undefined {
    if (!this.visible.find(principal, app)?.enabled) return undefined;
    return this.metadata.features.of(principal.tenant, app)?.introduction;
  }

  /** Tells the servers that a client has connected. A server may list more tools for it, which is checked in the background. */
  onClientConnected(principal: Principal, capabilities: RawObject): void {
    if (!RELAYED.some((capability) => capabilities[capability] !== undefined)) return;
    for (const { name, enabled } of this.visible.list(principal)) {
      if (enabled) this.visible.run(principal, name)?.onClientConnected(principal);
    }
  }

  onChanged(what: Changing, listener: ChangeListener): () => void {
    const ends = [this.metadata.features.onChanged(what, listener), this.metadata.tools.onServersChanged(listener)];
    return () => ends.forEach((end) => end());
  }

  private async request(app: string, method: string, params: RawObject, context: CallContext): Promise<RawObject> {
    const run = this.enabled(app, context.principal);
    return this.access.serve(run, context, (server) => requestTo(server, method, params, context));
  }

  private enabled(app: string, principal: Principal): ServerRun {
    const run = this.visible.run(principal, app);
    if (!run) throw new ProviderError('invalid_arguments', `There is no server ${app}`);
    if (!run.record.enabled) throw new ProviderError('upstream_unavailable', `Server ${app} is disabled`);
    return run;
  }
}
