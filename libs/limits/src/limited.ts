import { processCounter } from '@manifold/metrics';

const limited = processCounter('manifold_limited_total', 'What was refused because of a limit, by the limit', 'kind');

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

/** A limit was reached: nothing has been done. */
export class LimitReached extends Error {
  /** @param retryAfter seconds */
  constructor(
    readonly kind: LimitKind,
    message: string,
    readonly retryAfter: number,
  ) {
    super(message);
    this.name = 'LimitReached';
    limited.of(kind).add();
  }
}
