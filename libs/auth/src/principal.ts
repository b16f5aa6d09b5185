import { tupleKey } from '@manifold/async';
import { DEFAULT_TENANT } from '@manifold/tenants';

/** Roles of a caller. A caller with the role `service` may act for other users of its issuer (`username` in the REST calls). */
export const ROLES = ['user', 'operator', 'admin', 'service'] as const;
export type Role = (typeof ROLES)[number];

/** The caller. Two principals are the same exactly if their keys are equal. The same `sub` from two issuers is two principals. */
export interface Principal {
  /** Single string for (tenant, issuer, subject), used in cache keys, session records and logs. */
  readonly key: string;
  readonly tenant: string;
  readonly issuer: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  /**
   * Groups that the issuer says the principal belongs to, filtered by {@link keptGroups}. A user for whom a service acts has no groups,
   * because the gateway does not know them.
   */
  readonly groups?: readonly string[];
  readonly method: 'development' | 'api-key' | 'jwt';
  /** Token of the caller, which a provider may forward. It is never logged and never stored. */
  readonly credential?: string;
  /** Time, in epoch milliseconds, after which the credential is no longer valid. */
  readonly expiresAt?: number;
  /** Id of the only provider whose tools the principal may use. It is set if only that provider's upstream checks the credential. */
  readonly confinedTo?: string;
  /** Key of the address of a caller with `confinedTo`: nobody has verified who it is. Pools count such callers by address. */
  readonly source?: string;
  /** For the role `service`: the issuer of the users it acts for, if that is not its own issuer. */
  readonly actsForIssuer?: string;
}

/** Issuer of principals that the gateway itself defines: API keys and development users. */
export const LOCAL_ISSUER = 'manifold';
export { DEFAULT_TENANT };
export const DEFAULT_USERNAME = 'default';

export const principalKey = (tenant: string, issuer: string, subject: string): string =>
  tupleKey(tenant, issuer, subject);

/**
 * Checks that the text can be a user name: 1 to 256 printable characters. Line breaks and control characters could forge log lines and
 * headers.
 */
export const isSubject = (text: unknown): text is string =>
  typeof text === 'string' && /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u.test(text);

/** Maximum number of groups of one principal. Identity providers apply a similar limit themselves. */
export const MOST_GROUPS = 200;

/**
 * Returns the group names that the gateway keeps: valid names only, each once, at most {@link MOST_GROUPS}. Without the limit, a token
 * would determine how much memory it uses and what each access decision costs.
 */
export function keptGroups(names: readonly unknown[]): string[] {
  const kept = new Set<string>();
  for (const name of names) {
    if (kept.size === MOST_GROUPS) break;
    if (isSubject(name)) kept.add(name);
  }
  return [...kept];
}

export const hasRole = (principal: Principal, role: Role): boolean => principal.roles.includes(role);
