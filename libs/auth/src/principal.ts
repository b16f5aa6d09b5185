/** What a caller may do. `service` may act for other users of its issuer (`username` in the REST calls). */
export const ROLES = ['user', 'operator', 'admin', 'service'] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling. Two principals are the same exactly when their keys are: one `sub` of two issuers is two principals. */
export interface Principal {
  /** Stands for (tenant, issuer, subject) wherever one string is needed: cache keys, session records, logs. */
  readonly key: string;
  readonly tenant: string;
  readonly issuer: string;
  readonly subject: string;
  readonly roles: readonly Role[];
  /** What its issuer says that it belongs to, as far as it is kept (see {@link keptGroups}). Whoever is acted for has none: nobody here knows them. */
  readonly groups?: readonly string[];
  readonly method: 'development' | 'api-key' | 'jwt';
  /** The caller's own token, where a provider may forward it. Never logged, never stored. */
  readonly credential?: string;
  /** Epoch milliseconds after which the credential is no longer good. */
  readonly expiresAt?: number;
  /** Id of the only provider whose tools it may use, where that provider's upstream is all that judges the credential. */
  readonly confinedTo?: string;
  /** For the role `service`: the issuer whose users it acts for, where that is not its own. */
  readonly actsForIssuer?: string;
}

/** The issuer of users that the gateway itself knows: API keys and the development user. */
export const LOCAL_ISSUER = 'manifold';
export const DEFAULT_TENANT = 'default';
export const DEFAULT_USERNAME = 'default';

export const principalKey = (tenant: string, issuer: string, subject: string): string =>
  JSON.stringify([tenant, issuer, subject]);

/** What may name a user: 1 to 256 printable characters. Line breaks and control characters would forge log lines and headers. */
export const isSubject = (text: unknown): text is string =>
  typeof text === 'string' && /^[^\p{C}\p{Zl}\p{Zp}]{1,256}$/u.test(text);

/** Of one principal. Issuers themselves stop at about as many. */
export const MOST_GROUPS = 200;

/**
 * Names of groups as they are kept: the first ones, each once, those that could name a user. A token decides about memory here, and about
 * what each decision costs.
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
