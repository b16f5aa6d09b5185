export { CallGate, type GatedCall, type Passage } from './call-gate.js';
export type { Ending } from './breaker.js';
export { LimitReached } from './limited.js';
export { LimitsModule } from './limits.module.js';
export { Overload } from './overload.js';
export { RequestLimits } from './request-limits.js';
