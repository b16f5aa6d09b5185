import { Injectable } from '@nestjs/common';
import type { Principal } from '@manifold/auth';
import type { ChangedApp } from '@manifold/tool-provider';
import { notFound } from '../server-index.js';
import type { ServerRecord } from '../server-record.js';
import { ServerRegistry } from '../server-registry.service.js';
import type { ServerRun } from '../server-run.js';
import { ServerSupervisor } from '../server-supervisor.js';
import type { Sight } from './sight.js';
import { TenantRules } from './tenant-rules.js';

interface KnownRules {
  readonly revision: number;
  /** The rules as text: what has not changed goes on as it is. */
  readonly text: string;
  readonly rules: TenantRules;
}

/**
 * The servers of a tenant as its users see them. Whatever is done for a user asks here and nowhere else; what operators manage is in
 * ServerRegistry. A server that is hidden from somebody is, to them, not there: the errors are the same.
 *
 * Decisions are made from memory, once for each principal, until the rules of the tenant are others.
 */
@Injectable()
export class VisibleServers {
  private readonly tenants = new Map<string, KnownRules>();
  private changes = 0;

  constructor(
    private readonly registry: ServerRegistry,
    private readonly supervisor: ServerSupervisor,
  ) {}

  /** Decided at this moment. */
  sightOf(principal: Principal): Sight {
    return this.rulesOf(principal.tenant).sightOf(principal);
  }

  /** In ascending order of name. */
  list(principal: Principal): ServerRecord[] {
    const sight = this.sightOf(principal);
    return this.registry.list(principal.tenant).filter(({ name }) => sight.showsServer(name));
  }

  find(principal: Principal, name: string): ServerRecord | undefined {
    return this.sightOf(principal).showsServer(name) ? this.registry.find(principal.tenant, name) : undefined;
  }

  /** @throws Problem 404 `server_not_found` */
  get(principal: Principal, name: string): ServerRecord {
    const record = this.find(principal, name);
    if (!record) throw notFound(name);
    return record;
  }

  /** What runs of it. */
  run(principal: Principal, name: string): ServerRun | undefined {
    return this.sightOf(principal).showsServer(name) ? this.supervisor.server(principal.tenant, name) : undefined;
  }

  /** Runs a task while the server cannot be changed or deleted. @throws Problem 404 `server_not_found` */
  whileRegistered<T>(principal: Principal, name: string, task: () => Promise<T>): Promise<T> {
    return this.registry.whileRegistered(principal.tenant, name, () => {
      this.get(principal, name);
      return task();
    });
  }

  /** Whether a change of a server is any of this principal's business. A change of rules is everybody's in the tenant. */
  isConcerned(principal: Principal, { tenant, app }: ChangedApp): boolean {
    return principal.tenant === tenant && (app === undefined || this.sightOf(principal).showsServer(app));
  }

  private rulesOf(tenant: string): TenantRules {
    const { revision } = this.registry;
    const known = this.tenants.get(tenant);
    if (known?.revision === revision) return known.rules;
    const restricted = this.registry.list(tenant).flatMap(({ name, access }) => (access ? [{ name, access }] : []));
    const text = JSON.stringify(restricted);
    const rules =
      known?.text === text ? known.rules : new TenantRules(this.newKey(tenant, restricted.length), restricted);
    this.tenants.set(tenant, { revision, text, rules });
    return rules;
  }

  /** A key is never used again: what others were listed under it would be shown to whoever has it next. */
  private newKey(tenant: string, restricted: number): string {
    if (restricted === 0) return JSON.stringify([tenant]);
    this.changes += 1;
    return JSON.stringify([tenant, this.changes]);
  }
}
