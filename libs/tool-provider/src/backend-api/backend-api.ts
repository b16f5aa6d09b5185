import { Egress, EgressError, retryAfterSeconds, type WholeRequest } from '@manifold/egress';
import { ProviderError } from '../provider-error.js';
import { type CallContext } from '../call-context.js';

export interface ApiCall {
  readonly url: string;
  /** HTTP method; GET by default. */
  readonly method?: WholeRequest['method'];
  /** Header names are in lower case. They override the `content-type` that a body sets; they cannot override the credential. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Value that is sent as JSON. */
  readonly body?: unknown;
}

/** Response of the API, with any status. */
export interface ApiAnswer {
  readonly status: number;
  /** Response body; each occurrence of the caller's token is replaced by `[secret]`. */
  readonly text: string;
  /** Value of the `Retry-After` header, in seconds. */
  readonly retryAfter?: number;
}

/** Client of a backend's HTTP API. The operator has configured the backend; each call uses the token of a user. */
export class BackendApi {
  /** @param name name of the backend, for error messages */
  constructor(
    private readonly name: string,
    private readonly egress: Egress,
  ) {}

  /**
   * Sends a request once. A request is never repeated.
   * @param token the user's bearer token
   * @throws ProviderError if the backend sends no response; if the call was cancelled, the cancellation's reason
   */
  async send(call: ApiCall, token: string, { cancellation, requestId, origin }: CallContext): Promise<ApiAnswer> {
    const { url, method = 'GET', headers, body } = call;
    const span = origin?.trace?.upstream(method, { 'http.request.method': method, 'server.address': hostOf(url) });
    try {
      const answer = await this.egress.request(url, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
          authorization: `Bearer ${token}`,
          'x-request-id': requestId,
          ...span?.carrier,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        policy: 'configured',
        signal: cancellation,
      });
      span?.end(answer.status >= 400 ? String(answer.status) : undefined, {
        'http.response.status_code': answer.status,
      });
      const retryAfter = retryAfterSeconds(answer.headers.get('retry-after'), Date.now());
      return { status: answer.status, text: withoutToken(answer.text, token), retryAfter };
    } catch (error) {
      const failure = cancellation.aborted ? cancellation.reason : this.failure(error, method !== 'GET');
      span?.end(failure instanceof ProviderError ? failure.code : 'failed');
      throw failure;
    }
  }

  private failure(cause: unknown, hasEffect: boolean): ProviderError {
    if (!(cause instanceof EgressError)) {
      return new ProviderError('upstream_unavailable', `The request to ${this.name} failed`, { cause });
    }
    const { code, message } = cause;
    if (code === 'timeout') return new ProviderError('timeout', message, { cause });
    if (code === 'too_large') return new ProviderError('upstream_rejected', message, { cause });
    const modelText = hasEffect && code === 'connection_lost' ? `${message}. ${EFFECT_UNKNOWN}` : undefined;
    return new ProviderError('upstream_unavailable', message, { cause, modelText });
  }
}

const hostOf = (url: string): string => URL.parse(url)?.hostname ?? '';

/** Text for the model after a call that may have had an effect. */
export const EFFECT_UNKNOWN = 'The call may or may not have had an effect: check before you repeat it.';

/** Removes the user's token: a backend may echo request headers, and the model reads the response (docs/THREATS.md, threat 42). */
const withoutToken = (text: string, token: string): string =>
  text.includes(token) ? text.replaceAll(token, '[secret]') : text;
