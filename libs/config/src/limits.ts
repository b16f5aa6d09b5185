import type { LimitsConfig } from './config.js';
import type { Variables } from './variables.js';

/** The variables of limits, as parsed. */
export type LimitsValues = Pick<
  Variables,
  | 'NODE_ENV'
  | 'RATE_LIMIT_PER_PRINCIPAL'
  | 'RATE_LIMIT_PER_SERVER'
  | 'CALLS_MAX_PER_PRINCIPAL'
  | 'CALLS_MAX_PER_SERVER'
  | 'AUTH_FAILURES_PER_ADDRESS'
  | 'CALLS_MAX'
  | 'EVENT_LOOP_DELAY_MAX_MS'
  | 'BREAKER_FAILURES'
>;

/** Generous: they stop what has run away, not who works. One person at their own machine has none of them. */
const PRODUCTION = {
  requestsPerPrincipal: 12_000,
  callsPerPrincipal: 500,
  failuresPerAddress: 300,
  calls: 5_000,
  loopDelayMs: 500,
};

export function limitsConfig(values: LimitsValues): LimitsConfig {
  const among = (set: number | undefined, inProduction: number): number =>
    set ?? (values.NODE_ENV === 'production' ? inProduction : 0);
  return {
    requestsPerPrincipal: among(values.RATE_LIMIT_PER_PRINCIPAL, PRODUCTION.requestsPerPrincipal),
    requestsPerServer: values.RATE_LIMIT_PER_SERVER,
    callsPerPrincipal: among(values.CALLS_MAX_PER_PRINCIPAL, PRODUCTION.callsPerPrincipal),
    callsPerServer: values.CALLS_MAX_PER_SERVER,
    failuresPerAddress: among(values.AUTH_FAILURES_PER_ADDRESS, PRODUCTION.failuresPerAddress),
    calls: among(values.CALLS_MAX, PRODUCTION.calls),
    loopDelayMs: among(values.EVENT_LOOP_DELAY_MAX_MS, PRODUCTION.loopDelayMs),
    breakerFailures: values.BREAKER_FAILURES,
  };
}
