import { ProblemError } from '@manifold/rest';
import type { TenantPolicies } from '@manifold/tenants';
import { DEFAULT_TENANT, type Principal, type Role } from '../principal.js';
import type { ApiKeyRecord } from './api-key.record.js';

/**
 * Checks the roles that a principal gives to an API key. Admins of the tenant `default` may give every role.
 * @throws ProblemError 403 `role_not_grantable` with the setting to change and who can change it
 */
export function checkGrant(
  { tenant: granter }: Pick<Principal, 'tenant'>,
  tenant: string,
  roles: readonly Role[],
  policies: TenantPolicies,
): void {
  if (granter === DEFAULT_TENANT) return;
  const { value: grantable, origin } = policies.grantableRoles(tenant);
  const refused = roles.find((role) => role !== 'user' && !grantable.includes(role));
  if (refused === undefined) return;
  const message = `Admins of tenant ${tenant} may not give the role ${refused} to API keys: see ${origin}`;
  throw new ProblemError(403, 'role_not_grantable', message);
}

/**
 * Returns the roles that a key has now. Roles that an admin of its tenant gave to it count as long as the policy of the tenant allows it,
 * also for keys that are older than the policy.
 */
export function grantedRoles({ tenant, roles, createdBy }: ApiKeyRecord, policies: TenantPolicies): readonly Role[] {
  if (tenant === DEFAULT_TENANT || tenantOf(createdBy) !== tenant) return roles;
  const { value: grantable } = policies.grantableRoles(tenant);
  return roles.filter((role) => role === 'user' || grantable.includes(role));
}

/** @param createdBy the key of a principal, which is JSON that begins with its tenant, or the name of a command */
function tenantOf(createdBy: string): unknown {
  try {
    const [tenant] = [JSON.parse(createdBy)].flat() as unknown[];
    return tenant;
  } catch {
    return undefined;
  }
}
