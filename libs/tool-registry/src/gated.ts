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
 * What the end of a call says of its upstream.
 * @param outcome `ok`, `tool_error` or the code of a ProviderError
 */
export function endingOf(outcome: string): Ending {
  switch (outcome) {
    case 'ok':
    case 'tool_error':
    case 'upstream_rejected':
      return 'answered';
    case 'upstream_unavailable':
      return 'unavailable';
    case 'timeout':
      return 'timeout';
    default:
      return 'unknown'; // the caller's own doing, or refused before the upstream was asked
  }
}
