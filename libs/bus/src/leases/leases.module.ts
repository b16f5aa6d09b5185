import { Module } from '@nestjs/common';
import { LeaseSettings } from './lease-settings.js';
import { Leases } from './leases.js';
import { StoreLeases } from './store-leases.js';

/** Needs the global Store. */
@Module({ providers: [LeaseSettings, { provide: Leases, useClass: StoreLeases }], exports: [Leases] })
export class LeasesModule {}
