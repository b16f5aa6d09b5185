import { DEFAULT_TENANT, type Principal } from '@manifold/auth';
import { ProblemError } from '@manifold/rest';
import { tenantNotFound } from '@manifold/tenants';

/** Returns whether the caller belongs to the tenant "default", whose admins administer the whole installation. */
export const managesAll = ({ tenant }: Principal): boolean => tenant === DEFAULT_TENANT;

/**
 * Refuses access to another tenant as if that tenant did not exist, unless the caller manages all tenants.
 * @throws ProblemError 404
 */
export function mustBelongTo(caller: Principal, tenant: string): void {
  if (!managesAll(caller) && caller.tenant !== tenant) throw tenantNotFound(tenant);
}

/** @throws ProblemError 403, 404 */
export function mustManage(caller: Principal, tenant: string): void {
  mustBelongTo(caller, tenant);
  mustManageAll(caller);
}

/** @throws ProblemError 403 */
export function mustManageAll(caller: Principal): void {
  if (managesAll(caller)) return;
  throw new ProblemError(403, 'other_tenant', `Only admins of the tenant "${DEFAULT_TENANT}" can manage tenants`);
}
