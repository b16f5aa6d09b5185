import { DEFAULT_TENANT, type Principal } from '@manifold/auth';
import { Problem } from '@manifold/rest';
import { tenantNotFound } from '@manifold/tenants';

/** Admins of the tenant "default" are those of the installation. */
export const managesAll = ({ tenant }: Principal): boolean => tenant === DEFAULT_TENANT;

/** Other tenants do not exist for whoever does not manage them all. @throws Problem 404 */
export function mustBelongTo(caller: Principal, tenant: string): void {
  if (!managesAll(caller) && caller.tenant !== tenant) throw tenantNotFound(tenant);
}

/** @throws Problem 403, 404 */
export function mustManage(caller: Principal, tenant: string): void {
  mustBelongTo(caller, tenant);
  mustManageAll(caller);
}

/** @throws Problem 403 */
export function mustManageAll(caller: Principal): void {
  if (managesAll(caller)) return;
  throw new Problem(403, 'other_tenant', `Only admins of the tenant "${DEFAULT_TENANT}" manage tenants`);
}
