export { LeaseSettings } from './lease-settings.js';
export { Leases, LeaseTaken, type Candidacy, type KeptLease } from './leases.js';
export { LeasesModule } from './leases.module.js';
export { StoreLeases } from './store-leases.js';
