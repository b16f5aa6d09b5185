import { EgressError, retryAfterSeconds } from '@manifold/egress';
import { bearerChallenge, type BearerChallenge } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';

/** The server answered a request with an HTTP status that is no success. */
export class HttpRefusal extends Error {
  constructor(
    readonly status: number,
    /** Seconds. */
    readonly retryAfter: number | undefined,
    /** What it wants to see. */
    readonly challenge?: BearerChallenge,
  ) {
    super(`HTTP ${status}`);
    this.name = 'HttpRefusal';
  }

  static of(response: Response): HttpRefusal {
    const retryAfter = retryAfterSeconds(response.headers.get('retry-after'), Date.now());
    return new HttpRefusal(response.status, retryAfter, bearerChallenge(response.headers.get('www-authenticate')));
  }
}

/** The one place where faults of HTTP upstreams get their meaning. What the server wrote into the body is not repeated. */
export function httpFailure(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof HttpRefusal) return refusal(error);
  if (error instanceof EgressError) {
    const code = error.code === 'too_large' ? 'upstream_rejected' : 'upstream_unavailable';
    return new ProviderError(code, error.message, { cause: error });
  }
  return new ProviderError('upstream_unavailable', 'The request to the server failed', { cause: error });
}

function refusal(cause: HttpRefusal): ProviderError {
  const { status, retryAfter } = cause;
  if (status === 401)
    return new ProviderError('reauth_required', 'The server asks for credentials (HTTP 401)', { cause });
  if (status === 403) return new ProviderError('permission_denied', 'The server refuses access (HTTP 403)', { cause });
  if (status === 429) {
    return new ProviderError('rate_limited', 'The server gets too many requests (HTTP 429)', { retryAfter, cause });
  }
  const unavailable = status >= 500 || status === 404 || status === 408;
  const code = unavailable ? 'upstream_unavailable' : 'upstream_rejected';
  return new ProviderError(code, `The server answered HTTP ${status}`, { retryAfter, cause });
}
