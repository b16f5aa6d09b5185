import { Injectable } from '@nestjs/common';
import { tupleKey } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import type { ChangedApp, ToolDefinition } from '@manifold/tool-provider';
import { notFound } from './server-index.js';
import {
  isAuthorizationTool,
  type ServerRecord,
  type ServerRun,
  ServerSupervisor,
  ServerTools,
} from '@manifold/mcp-hosting';
import { ServerRegistry } from './server-registry.service.js';
import { TenantRules, type EffectiveAccess } from './effective-access.js';

/** A tool that a principal may use, and the run that has it. */
interface FoundTool {
  readonly run: ServerRun;
  /** Whether the server has the tool only for clients that accept requests. */
  readonly isOnlyForClients: boolean;
}

interface KnownRules {
  readonly revision: number;
  /** The rules as text. If the text has not changed, `rules` stay in use. */
  readonly text: string;
  readonly rules: TenantRules;
}

/**
 * The servers of a tenant that its users can see. All requests of users must use this class; operators use ServerRegistry. For a hidden
 * server the errors are the same as for a server that does not exist.
 *
 * Decisions need no database. They are made once for each principal and cached until the rules of the tenant change.
 */
@Injectable()
export class VisibleServers {
  private readonly tenants = new Map<string, KnownRules>();
  private changes = 0;

  constructor(
    private readonly registry: ServerRegistry,
    private readonly supervisor: ServerSupervisor,
    private readonly tools: ServerTools,
  ) {}

  /** Returns the current access of a principal. */
  accessOf(principal: Principal): EffectiveAccess {
    return this.rulesOf(principal.tenant).accessOf(principal);
  }

  /** Returns the servers that a principal can see, in ascending order of name. */
  list(principal: Principal): ServerRecord[] {
    const access = this.accessOf(principal);
    return this.registry.list(principal.tenant).filter(({ name }) => access.allowsServer(name));
  }

  find(principal: Principal, name: string): ServerRecord | undefined {
    return this.accessOf(principal).allowsServer(name) ? this.registry.find(principal.tenant, name) : undefined;
  }

  /** @throws ProblemError 404 `server_not_found` */
  get(principal: Principal, name: string): ServerRecord {
    const record = this.find(principal, name);
    if (!record) throw notFound(name);
    return record;
  }

  /** Returns the running configuration of a server; undefined if the principal cannot see the server. */
  run(principal: Principal, name: string): ServerRun | undefined {
    return this.accessOf(principal).allowsServer(name) ? this.supervisor.server(principal.tenant, name) : undefined;
  }

  /** Returns the tools of a server that principals with this access may use, in the server's own order. */
  toolsOf(record: ServerRecord, access: EffectiveAccess): readonly ToolDefinition[] {
    const { tenant, name: server } = record;
    const { definitions = [] } = this.tools.of(tenant, server) ?? {};
    return definitions.filter(({ name }) => !isAuthorizationTool(record, name) && access.allowsTool(server, name));
  }

  /**
   * Finds a tool that the principal may use. After a replacement, its run can be the predecessor, if the client listed the tools
   * before.
   */
  findTool(principal: Principal, server: string, tool: string): FoundTool | undefined {
    if (!this.accessOf(principal).allowsTool(server, tool)) return undefined;
    const { tenant } = principal;
    const known = this.tools.of(tenant, server);
    const run = known?.names.has(tool)
      ? this.supervisor.server(tenant, server)
      : this.supervisor.predecessor(tenant, server, tool);
    if (!run || isAuthorizationTool(run.record, tool)) return undefined;
    return { run, isOnlyForClients: known?.onlyForClients.has(tool) ?? false };
  }

  /** Runs a task. The server cannot be changed or deleted until it ends. @throws ProblemError 404 `server_not_found` */
  whileRegistered<T>(principal: Principal, name: string, task: () => Promise<T>): Promise<T> {
    return this.registry.whileRegistered(principal.tenant, name, () => {
      this.get(principal, name);
      return task();
    });
  }

  /** Returns whether a change of a server affects this principal. A change of rules affects the whole tenant. */
  isAffected(principal: Principal, { tenant, app }: ChangedApp): boolean {
    return principal.tenant === tenant && (app === undefined || this.accessOf(principal).allowsServer(app));
  }

  private rulesOf(tenant: string): TenantRules {
    const { revision } = this.registry.index;
    const known = this.tenants.get(tenant);
    if (known?.revision === revision) return known.rules;
    const restricted = this.registry.list(tenant).flatMap(({ name, access }) => (access ? [{ name, access }] : []));
    const text = JSON.stringify(restricted);
    const rules =
      known?.text === text ? known.rules : new TenantRules(this.newKey(tenant, restricted.length), restricted);
    this.tenants.set(tenant, { revision, text, rules });
    return rules;
  }

  /** Returns a new key. Keys are never reused, because a listing that is cached under an old key could reach principals without access. */
  private newKey(tenant: string, restricted: number): string {
    if (restricted === 0) return tupleKey(tenant);
    this.changes += 1;
    return tupleKey(tenant, this.changes);
  }
}
