import { processCounter } from '@manifold/metrics';

const limited = processCounter(
  'manifold_limited_total',
  'Refused requests and calls, by the limit that was reached',
  'kind',
);

/** The limit that was reached. */
export type LimitKind =
  | 'principal_rate'
  | 'principal_requests'
  | 'principal_calls'
  | 'server_rate'
  | 'server_calls'
  | 'tenant_rate'
  | 'tenant_calls'
  | 'address_failures'
  | 'breaker'
  | 'overload';

/** Error: a limit was reached, and the call or request was not started. */
export class LimitExceededError extends Error {
  /** @param retryAfter seconds */
  constructor(
    readonly kind: LimitKind,
    message: string,
    readonly retryAfter: number,
  ) {
    super(message);
    this.name = 'LimitExceededError';
    limited.of(kind).add();
  }
}
