export { AddressResolver } from './address-resolver.js';
export { EgressError, type EgressErrorCode } from './egress-error.js';
export { EgressLimits } from './egress-limits.js';
export { EgressModule } from './egress.module.js';
export { Egress, type EgressInit } from './egress.js';
export { retryAfterSeconds } from './retry-after.js';
