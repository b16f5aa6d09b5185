import { Injectable } from '@nestjs/common';
import { CallGate, LimitExceededError, type CallOutcome, type Permit } from '@manifold/limits';
import { ProviderError, type CallContext, type ToolProvider, type ToolResult } from '@manifold/tool-provider';
import type { CallHandler, CallInterceptor, ToolCall } from './tool-call.js';

/** Acquires a permit for each call and holds it while the provider works. If no permit is available, the call is refused. */
@Injectable()
export class CallPermits implements CallInterceptor {
  constructor(private readonly gate: CallGate) {}

  async intercept(call: ToolCall, next: CallHandler): Promise<ToolResult> {
    const { entry, context } = call;
    const permit = acquirePermit(this.gate, entry.provider, entry.app, context);
    let failure: unknown;
    try {
      return await next(call);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      permit.release(outcomeOf(failure));
    }
  }
}

/** Acquires a permit for a call to a provider. @throws ProviderError */
export function acquirePermit(gate: CallGate, provider: ToolProvider, app: string, context: CallContext): Permit {
  const { tenant, key } = context.principal;
  try {
    return gate.acquire({ tenant, principal: key, provider: provider.id, app });
  } catch (error) {
    if (!(error instanceof LimitExceededError)) throw error;
    const { message, retryAfter, kind } = error;
    throw new ProviderError(kind === 'breaker' ? 'upstream_unavailable' : 'rate_limited', message, { retryAfter });
  }
}

/**
 * Classifies the outcome of a call for the circuit breaker. `upstream_unavailable` with a `retryAfter` counts as `unknown`: the upstream
 * is up, or a breaker already protects it.
 * @param failure error of the call; undefined if the tool returned a result, also an `isError` result
 */
export function outcomeOf(failure: unknown): CallOutcome {
  if (failure === undefined) return 'answered';
  if (!(failure instanceof ProviderError)) return 'unknown';
  switch (failure.code) {
    case 'upstream_rejected':
      return 'answered';
    case 'upstream_unavailable':
      return failure.retryAfter === undefined ? 'unavailable' : 'unknown';
    case 'timeout':
      return 'timeout';
    default:
      return 'unknown'; // the caller caused it, or the call was refused before it reached the upstream
  }
}
