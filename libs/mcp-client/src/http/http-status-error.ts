import { EgressError, retryAfterSeconds } from '@manifold/egress';
import { bearerChallenge, type BearerChallenge } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';

/** Thrown if the server answers a request with an HTTP status other than success. */
export class HttpStatusError extends Error {
  constructor(
    readonly status: number,
    /** Seconds. */
    readonly retryAfter: number | undefined,
    /** The bearer challenge of `WWW-Authenticate`. */
    readonly challenge?: BearerChallenge,
  ) {
    super(`HTTP ${status}`);
    this.name = 'HttpStatusError';
  }

  static of(response: Response): HttpStatusError {
    const retryAfter = retryAfterSeconds(response.headers.get('retry-after'), Date.now());
    return new HttpStatusError(response.status, retryAfter, bearerChallenge(response.headers.get('www-authenticate')));
  }
}

/** Maps all errors of HTTP servers to ProviderError. The text that the server wrote into the body is not included. */
export function httpFailure(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof HttpStatusError) return refusal(error);
  if (error instanceof EgressError) {
    const code = error.code === 'too_large' ? 'upstream_rejected' : 'upstream_unavailable';
    return new ProviderError(code, error.message, { cause: error });
  }
  return new ProviderError('upstream_unavailable', 'The request to the server failed', { cause: error });
}

function refusal(cause: HttpStatusError): ProviderError {
  const { status, retryAfter } = cause;
  if (status === 401)
    return new ProviderError('reauth_required', 'The server asks for credentials (HTTP 401)', { cause });
  if (status === 403) return new ProviderError('permission_denied', 'The server refuses access (HTTP 403)', { cause });
  if (status === 429) {
    return new ProviderError('rate_limited', 'The server received too many requests (HTTP 429)', { retryAfter, cause });
  }
  const unavailable = status >= 500 || status === 404 || status === 408;
  const code = unavailable ? 'upstream_unavailable' : 'upstream_rejected';
  return new ProviderError(code, `The server answered HTTP ${status}`, { retryAfter, cause });
}
