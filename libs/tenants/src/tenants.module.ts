import { Global, Module } from '@nestjs/common';
import { Tenants } from './tenants.js';

/** The settings of tenants, for all who ask. */
@Global()
@Module({ providers: [Tenants], exports: [Tenants] })
export class TenantsModule {}
