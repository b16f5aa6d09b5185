export { TenantAdminModule } from './tenant-admin.module.js';
