// Routes that set up tenants and create their API keys.
// The gateway mounts it. Other libraries import nothing from it but its module.
export { TenantAdminModule } from './tenant-admin.module.js';
