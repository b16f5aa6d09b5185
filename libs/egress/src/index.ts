// The only client for HTTP requests that leave the gateway: it checks addresses and redirects, and limits sizes and times. The
// programs that the gateway starts leave through its proxy, under the same rule of addresses.
// The caller decides which requests are sent. No other library sends HTTP requests by itself.
export { AddressResolver } from './address-resolver.js';
export { EgressError, type EgressErrorCode } from './egress-error.js';
export { EgressLimits } from './egress-limits.js';
export { EgressModule } from './egress.module.js';
export { Egress, type EgressInit, type WholeRequest } from './egress.js';
export { isAllowedDomain } from './proxy/allowed-domains.js';
export { EgressProxy } from './proxy/egress-proxy.js';
export { operatorsNoProxy, operatorsProxyVariables } from './proxy/operators-proxy.js';
export type { ProxyAccess, ProxyClient } from './proxy/proxy-access.js';
export { ProxyLimits } from './proxy/proxy-limits.js';
export { retryAfterSeconds } from './retry-after.js';
export type { WholeAnswer } from './whole-answer.js';
