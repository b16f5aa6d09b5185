import { Problem } from '@manifold/rest';
import { OAuthFault } from './oauth-fault.js';

/** How faults reach the callers of REST routes. @throws Problem for a fault; else the error as it is */
export function asProblem(error: unknown): never {
  if (!(error instanceof OAuthFault)) throw error;
  const retryAfter = error.code === 'unavailable' ? 30 : undefined;
  throw new Problem(retryAfter === undefined ? 502 : 503, error.code, error.message, { retryAfter, cause: error });
}
