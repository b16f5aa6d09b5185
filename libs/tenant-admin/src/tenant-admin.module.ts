import { Module } from '@nestjs/common';
import { ApiKeyModule } from '@manifold/auth';
import { TenantRegistry } from '@manifold/tenants';
import { TenantKeysController } from './tenant-keys.controller.js';
import { TenantRemoval } from './tenant-removal.service.js';
import { TenantsController } from './tenants.controller.js';

/** Provides the administration of tenants. Needs the global modules that provide Store, Bus, Tenants and ServerHost. */
@Module({
  imports: [ApiKeyModule],
  controllers: [TenantsController, TenantKeysController],
  providers: [TenantRegistry, TenantRemoval],
})
export class TenantAdminModule {}
