import { EgressError, retryAfterSeconds } from '@manifold/egress';
import { bearerChallenge, type BearerChallenge } from '@manifold/oauth';
import { isObject } from '@manifold/async';
import { ProviderError, type ProviderErrorOptions } from '@manifold/tool-provider';
import { asOwnId, asRpcError } from '../protocol/rpc-values.js';

/** Thrown if the server answers a request with an HTTP status other than success. */
export class HttpStatusError extends Error {
  constructor(
    readonly status: number,
    /** Seconds. */
    readonly retryAfter: number | undefined,
    /** The bearer challenge of `WWW-Authenticate`. */
    readonly challenge?: BearerChallenge,
    /** The JSON-RPC error in the body, and the id that it names. */
    readonly answer?: RpcErrorAnswer,
  ) {
    super(`HTTP ${status}`);
    this.name = 'HttpStatusError';
  }

  static of(response: Response, answer?: RpcErrorAnswer): HttpStatusError {
    const { status, headers } = response;
    const retryAfter = retryAfterSeconds(headers.get('retry-after'), Date.now());
    return new HttpStatusError(status, retryAfter, bearerChallenge(headers.get('www-authenticate')), answer);
  }

  /** Reads the body of a refusal: many servers answer with a JSON-RPC error and a status other than 200. Never rejects. */
  static async read(response: Response): Promise<HttpStatusError> {
    if (isAboutAccess(response.status)) {
      await response.body?.cancel().catch(() => undefined); // the status counts, also if the connection breaks now
      return HttpStatusError.of(response);
    }
    const text = await response.text().catch(() => '');
    return HttpStatusError.of(response, answerIn(text) ?? aboutSession(response.status, text));
  }
}

/** A JSON-RPC error that came with an HTTP status other than success. */
export interface RpcErrorAnswer {
  readonly id: unknown;
  readonly error: NonNullable<ProviderErrorOptions['rpcError']>;
}

/** Statuses that count more than the body. */
const isAboutAccess = (status: number): boolean => status === 401 || status === 403 || status === 429;

function answerIn(text: string): RpcErrorAnswer | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const error = isObject(body) ? asRpcError(body.error) : undefined;
    return error && { id: (body as { id?: unknown }).id, error };
  } catch {
    return undefined;
  }
}

/** Some servers say in plain words that they do not know the session. */
function aboutSession(status: number, text: string): RpcErrorAnswer | undefined {
  if (status !== 400 || !NAMES_SESSION.test(text)) return undefined;
  return { id: undefined, error: { code: SESSION_CODES[0]!, message: 'The server does not know the session' } };
}

/** Error codes with which servers say that they do not know a session. */
const ANY_FAULT = -32_000;
const SESSION_CODES: readonly number[] = [-32_001, ANY_FAULT, -32_600];
const NAMES_SESSION = /session/i;

/** Returns the error of a message that says that the server does not know the session. */
export function sessionFaultIn(message: unknown): RpcErrorAnswer | undefined {
  const error = isObject(message) && message.method === undefined ? asRpcError(message.error) : undefined;
  return error && isSessionFault(error, 200) ? { id: (message as { id?: unknown }).id, error } : undefined;
}

/**
 * Returns whether an error of a server says that it does not know the session. The request was not executed then. The code -32000 is that
 * of any error, also of a tool that has run: it counts only where the HTTP status refuses the request.
 */
const isSessionFault = ({ code, message }: RpcErrorAnswer['error'], status: number): boolean =>
  SESSION_CODES.includes(code) &&
  NAMES_SESSION.test(message) &&
  (code !== ANY_FAULT || status === 400 || status === 404);

/**
 * Returns whether the server has refused a request because it does not know the session that the request names. An error that names the
 * request is its answer, unless it speaks of the session.
 * @param id of the request
 */
export function isSessionLost({ status, answer }: HttpStatusError, id: number | undefined): boolean {
  if (!answer) return status === 404;
  if (isSessionFault(answer.error, status)) return true;
  const isNamed = asOwnId(answer.id) === id;
  return !isNamed && (status === 404 || (status === 400 && SESSION_CODES.includes(answer.error.code)));
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
