import { Global, Module } from '@nestjs/common';
import { TenantPolicies } from './tenant-policies.js';
import { Tenants } from './tenants.js';

/** Provides the settings of tenants to all modules. Config comes from the global ConfigModule. */
@Global()
@Module({ providers: [TenantPolicies, Tenants], exports: [TenantPolicies, Tenants] })
export class TenantsModule {}
