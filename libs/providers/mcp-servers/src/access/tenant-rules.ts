import type { Principal } from '@manifold/auth';
import type { ServerAccessRules } from '@manifold/server-hosting';
import { admission, ServerSight, Sight } from './sight.js';

/** Principals and combinations of decisions that are remembered; more, and what is known is found out anew. */
const MOST_KNOWN = 10_000;

/** A server that not everybody sees. */
export interface RestrictedServer {
  readonly name: string;
  readonly access: ServerAccessRules;
}

/** The rules of the servers of one tenant, as they are at a time, and what they have decided so far. Immutable otherwise. */
export class TenantRules {
  private readonly known = new WeakMap<Principal, Sight>();
  /** For principals that are made anew with each request. */
  private readonly byIdentity = new Map<string, Sight>();
  private readonly byKey = new Map<string, Sight>();

  /** @param key different for all tenants, and for all rules that a tenant has had */
  constructor(
    private readonly key: string,
    private readonly servers: readonly RestrictedServer[],
  ) {}

  /** Decided once for each principal. */
  sightOf(principal: Principal): Sight {
    const known = this.known.get(principal);
    if (known) return known;
    const { key, roles, groups } = principal;
    const identity = JSON.stringify([key, roles, groups]);
    const sight = this.byIdentity.get(identity) ?? this.decide(principal);
    keep(this.byIdentity, identity, sight);
    this.known.set(principal, sight);
    return sight;
  }

  private decide(principal: Principal): Sight {
    const admissions = this.servers.map(({ access }) => admission(access, principal));
    const text = admissions.map((admitted) => (admitted ? `+${admitted.map(Number).join('')}` : '-')).join('');
    const key = `${this.key} ${text}`;
    const sight = this.byKey.get(key) ?? new Sight(key, this.sights(admissions));
    keep(this.byKey, key, sight);
    return sight;
  }

  private sights(admissions: readonly (readonly boolean[] | undefined)[]): Map<string, ServerSight | undefined> {
    return new Map(
      this.servers.map(({ name, access }, index) => {
        const admitted = admissions[index];
        return [name, admitted && new ServerSight(access, admitted)];
      }),
    );
  }
}

function keep(sights: Map<string, Sight>, key: string, sight: Sight): void {
  if (sights.size >= MOST_KNOWN) sights.clear();
  sights.set(key, sight);
}
