// Tenants as the gateway reads them: their state, limits, allowed packages and policy.
// Auth and limits use it. The routes that manage tenants are in tenant-admin.
export type { AllowedPackages, TenantLimits, TenantPolicy, TenantRecord } from './tenant-record.js';
export { TenantPolicies, type PolicyRule } from './tenant-policies.js';
export { TenantRegistry, tenantNotFound, type TenantSettings } from './tenant-registry.service.js';
export { DEFAULT_TENANT, Tenants } from './tenants.js';
export { TenantsModule } from './tenants.module.js';
