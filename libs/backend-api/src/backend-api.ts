import { Egress, EgressError, retryAfterSeconds, type WholeRequest } from '@manifold/egress';
import { ProviderError, type CallContext } from '@manifold/tool-provider';

export interface ApiCall {
  readonly url: string;
  /** GET unless told. */
  readonly method?: WholeRequest['method'];
  /** In lower case. They win over the `content-type` of JSON, not over the credential. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: unknown;
}

/** An answer of the API, whatever its status. */
export interface ApiAnswer {
  readonly status: number;
  /** Without the caller's token, wherever the API repeats it. */
  readonly text: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** The HTTP API of a backend that the operator has configured, called in the name of a user. */
export class BackendApi {
  /** @param name of the backend, for messages */
  constructor(
    private readonly name: string,
    private readonly egress: Egress,
  ) {}

  /**
   * Sends a request once: none is repeated.
   * @param token the user's bearer token
   * @throws ProviderError where there is no answer, or the reason why the call was cancelled
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

/** For the model, of a call that may have done something. */
export const EFFECT_UNKNOWN = 'The call may or may not have had an effect: check before you repeat it.';

/** Backends that echo request headers must not teach the model the user's token (SECURITY.md, threat 42). */
const withoutToken = (text: string, token: string): string =>
  text.includes(token) ? text.replaceAll(token, '[secret]') : text;
