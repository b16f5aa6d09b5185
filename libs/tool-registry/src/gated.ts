import { LimitReached, type CallGate, type Ending, type Passage } from '@manifold/limits';
import { ProviderError, type CallContext, type ToolProvider } from '@manifold/tool-provider';

/** Lets a call through to a provider, within the limits. @throws ProviderError */
export function enterGate(gate: CallGate, provider: ToolProvider, app: string, context: CallContext): Passage {
  const { tenant, key } = context.principal;
  try {
    return gate.enter({ tenant, principal: key, provider: provider.id, app });
  } catch (error) {
    if (!(error instanceof LimitReached)) throw error;
    const { message, retryAfter, kind } = error;
    throw new ProviderError(kind === 'breaker' ? 'upstream_unavailable' : 'rate_limited', message, { retryAfter });
  }
}

/**
 * What the end of a call says of its upstream. Who says when to come again is there, or is already left alone.
 * @param failure undefined: there is a result, be it that of a failed tool
 */
export function endingOf(failure: ProviderError | undefined): Ending {
  switch (failure?.code) {
    case undefined:
    case 'upstream_rejected':
      return 'answered';
    case 'upstream_unavailable':
      return failure!.retryAfter === undefined ? 'unavailable' : 'unknown';
    case 'timeout':
      return 'timeout';
    default:
      return 'unknown'; // the caller's own doing, or refused before the upstream was asked
  }
}
