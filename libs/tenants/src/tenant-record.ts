import type { RoleName, SCRIPT_WORDS, STDIO_WORDS } from '@manifold/config';
import type { CollectionSpec } from '@manifold/store';

/** Limits of a tenant. A missing limit uses the value of the gateway's configuration; 0 turns a limit off. */
export type TenantLimits = {
  /** Maximum calls per minute of each principal, and to each server. */
  requestsPerPrincipal?: number;
  requestsPerServer?: number;
  /** Maximum concurrent calls of each principal, and to each server. */
  callsPerPrincipal?: number;
  callsPerServer?: number;
  /** Maximum calls per minute, and maximum concurrent calls, of the whole tenant. */
  requestsPerTenant?: number;
  callsPerTenant?: number;
};

/**
 * Names of the packages that may be installed, by runtime; `*` stands for any characters. If a runtime is missing, all its packages are
 * allowed.
 */
export type AllowedPackages = { node?: string[]; python?: string[] };

/** The rules for programs and roles of a tenant. A missing rule is that of the gateway's configuration for tenants other than `default`. */
export type TenantPolicy = {
  stdio?: (typeof STDIO_WORDS)[number] | string[];
  allowScripts?: (typeof SCRIPT_WORDS)[number] | string[];
  /** Roles that an admin of the tenant may give to API keys. */
  grantableRoles?: RoleName[];
};

/**
 * Record of a tenant that was set up. The id of the record is the tenant's name. A tenant that only an issuer or an API key names has no
 * record and no settings.
 */
export type TenantRecord = {
  displayName?: string;
  /** If false, the gateway refuses the tenant's callers. */
  enabled: boolean;
  packages?: AllowedPackages;
  policy?: TenantPolicy;
  limits?: TenantLimits;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
};

export const TENANTS: CollectionSpec<TenantRecord> = { name: 'tenants' };
