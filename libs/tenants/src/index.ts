export type { AllowedPackages, TenantLimits, TenantRecord } from './tenant-record.js';
export { TenantRegistry, tenantNotFound, type TenantSettings } from './tenant-registry.service.js';
export { Tenants } from './tenants.js';
export { TenantsModule } from './tenants.module.js';
