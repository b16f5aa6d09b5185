// Limits of rates and concurrent calls, circuit breakers, and the refusal of requests on overload.
// Auth, transport and the tool registry use it. It decides by counts alone, never by the content of a call.
export { CallGate, type CallIdentity, type Permit } from './call-gate.js';
export type { CallOutcome } from './breaker.js';
export { LimitExceededError } from './limited.js';
export { LimitsModule } from './limits.module.js';
export { Overload } from './overload.js';
export { RequestLimits } from './request-limits.js';
export { sourceKey } from './source-key.js';
