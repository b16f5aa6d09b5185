import { tupleKey } from '@manifold/async';
import type { Principal } from '@manifold/auth';
import { fitsPattern, type ServerAccessRules } from '@manifold/server-model';
import { admits } from './access-rule.js';

/** Maximum number of cached decisions for one server. It limits memory if a server keeps listing new tool names. */
const MOST_DECIDED = 10_000;
/** Maximum number of cached principals, and of cached decisions. A full cache is cleared, and the decisions are made again. */
const MOST_KNOWN = 10_000;

/** Decides which tools of a server with access rules a principal may use. */
class ServerAccessView {
  private readonly decided = new Map<string, boolean>();

  /** @param admitted for each tool rule, whether it admits the principal */
  constructor(
    private readonly access: ServerAccessRules,
    private readonly admitted: readonly boolean[],
  ) {}

  allows(tool: string): boolean {
    const known = this.decided.get(tool);
    if (known !== undefined) return known;
    const decision = this.decide(tool);
    if (this.decided.size >= MOST_DECIDED) this.decided.clear();
    this.decided.set(tool, decision);
    return decision;
  }

  private decide(tool: string): boolean {
    const { tools = [] } = this.access;
    const naming = tools.flatMap(({ names }, index) =>
      names.some((pattern) => fitsPattern(pattern, tool)) ? [this.admitted[index]!] : [],
    );
    return naming.length === 0 || naming.includes(true);
  }
}

/** Decides which servers and tools of a tenant a principal may use. All principals with the same access share one object. */
export class EffectiveAccess {
  /**
   * @param key identifies the decisions and the rules that they are based on
   * @param servers the servers that have access rules; the value undefined means that the server is hidden
   */
  constructor(
    readonly key: string,
    private readonly servers: ReadonlyMap<string, ServerAccessView | undefined>,
  ) {}

  allowsServer(name: string): boolean {
    return !this.servers.has(name) || this.servers.get(name) !== undefined;
  }

  allowsTool(server: string, tool: string): boolean {
    if (!this.servers.has(server)) return true;
    return this.servers.get(server)?.allows(tool) ?? false;
  }
}

/** A server with access rules. */
interface RestrictedServer {
  readonly name: string;
  readonly access: ServerAccessRules;
}

/** The access rules of the servers of one tenant, with a cache of decisions. The rules are immutable: a change creates a new object. */
export class TenantRules {
  private readonly known = new WeakMap<Principal, EffectiveAccess>();
  /** Cache for principals whose object is created for each request. */
  private readonly byIdentity = new Map<string, EffectiveAccess>();
  private readonly byKey = new Map<string, EffectiveAccess>();

  /** @param key unique for each tenant and for each version of its rules */
  constructor(
    private readonly key: string,
    private readonly servers: readonly RestrictedServer[],
  ) {}

  /** Returns the access of a principal. It is decided once and then cached. */
  accessOf(principal: Principal): EffectiveAccess {
    const known = this.known.get(principal);
    if (known) return known;
    const { key, roles, groups } = principal;
    const identity = tupleKey(key, roles, groups);
    const effective = this.byIdentity.get(identity) ?? this.decide(principal);
    keep(this.byIdentity, identity, effective);
    this.known.set(principal, effective);
    return effective;
  }

  private decide(principal: Principal): EffectiveAccess {
    const admissions = this.servers.map(({ access }) => admission(access, principal));
    const text = admissions.map((admitted) => (admitted ? `+${admitted.map(Number).join('')}` : '-')).join('');
    const key = `${this.key} ${text}`;
    const effective = this.byKey.get(key) ?? new EffectiveAccess(key, this.serverViews(admissions));
    keep(this.byKey, key, effective);
    return effective;
  }

  private serverViews(
    admissions: readonly (readonly boolean[] | undefined)[],
  ): Map<string, ServerAccessView | undefined> {
    return new Map(
      this.servers.map(({ name, access }, index) => {
        const admitted = admissions[index];
        return [name, admitted && new ServerAccessView(access, admitted)];
      }),
    );
  }
}

function keep(cache: Map<string, EffectiveAccess>, key: string, effective: EffectiveAccess): void {
  if (cache.size >= MOST_KNOWN) cache.clear();
  cache.set(key, effective);
}

/** @returns undefined if the principal may not use the server; else for each tool rule, whether it admits the principal */
function admission(access: ServerAccessRules, principal: Principal): readonly boolean[] | undefined {
  if (!admits(access, principal)) return undefined;
  return (access.tools ?? []).map((rule) => admits(rule, principal));
}
