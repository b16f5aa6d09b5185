import { ProblemError } from '@manifold/rest';
import { OAuthFlowError } from './oauth-flow-error.js';

/**
 * Maps errors of OAuth flows for callers of REST routes.
 * @throws ProblemError for an OAuthFlowError; any other error unchanged
 */
export function asProblem(error: unknown): never {
  if (!(error instanceof OAuthFlowError)) throw error;
  const retryAfter = error.code === 'unavailable' ? 30 : undefined;
  throw new ProblemError(retryAfter === undefined ? 502 : 503, error.code, error.message, { retryAfter, cause: error });
}
