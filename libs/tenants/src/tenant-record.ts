import type { CollectionSpec } from '@manifold/store';

/** What a tenant may do at most. What is not given is as the gateway is configured; 0 turns a limit off. */
export type TenantLimits = {
  /** Calls in a minute of each principal, and for each server. */
  requestsPerPrincipal?: number;
  requestsPerServer?: number;
  /** Calls at a time of each principal, and for each server. */
  callsPerPrincipal?: number;
  callsPerServer?: number;
  /** Calls in a minute, and at a time, of the whole tenant. */
  requestsPerTenant?: number;
  callsPerTenant?: number;
};

/** Names of packages that may be installed, by runtime; `*` stands for any characters. A runtime that is not given: all packages. */
export type AllowedPackages = { node?: string[]; python?: string[] };

/** A tenant that was set up. Its name is the id of its record. Others, which an issuer or a key names, have no record and no settings. */
export type TenantRecord = {
  displayName?: string;
  /** False: its callers are refused. */
  enabled: boolean;
  packages?: AllowedPackages;
  limits?: TenantLimits;
  /** ISO 8601. */
  createdAt: string;
  updatedAt: string;
};

export const TENANTS: CollectionSpec<TenantRecord> = { name: 'tenants' };
