import { Injectable } from '@nestjs/common';
import { Egress, EgressError, retryAfterSeconds, type WholeAnswer, type WholeRequest } from '@manifold/egress';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { upstreamError } from './upstream-error.js';
import { UserTokens } from './user-tokens.service.js';

export interface ParagonRequest {
  readonly url: string;
  readonly method?: WholeRequest['method'];
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body?: unknown;
}

/** Sends requests to Paragon in the name of a principal. Each is sent once: none is repeated. */
@Injectable()
export class ParagonHttp {
  constructor(
    private readonly egress: Egress,
    private readonly tokens: UserTokens,
  ) {}

  /**
   * @returns the body of a successful answer, without the caller's token wherever an upstream repeats it
   * @throws ProviderError; `not_connected` (without a setup link) where the user has not connected the integration
   */
  async send(request: ParagonRequest, context: CallContext): Promise<string> {
    const token = await this.tokens.tokenOf(context.principal);
    const { status, headers, text } = await this.answer(request, token, context);
    if (status >= 200 && status < 300) return text;
    throw upstreamError({ status, text, retryAfter: retryAfterSeconds(headers.get('retry-after'), Date.now()) });
  }

  private async answer(
    request: ParagonRequest,
    token: string,
    { signal, requestId }: CallContext,
  ): Promise<WholeAnswer> {
    try {
      const answer = await this.egress.request(request.url, {
        method: request.method ?? 'GET',
        headers: {
          'content-type': 'application/json',
          ...request.headers,
          authorization: `Bearer ${token}`,
          'x-request-id': requestId,
        },
        body: request.body === undefined ? undefined : JSON.stringify(request.body),
        policy: 'configured',
        signal,
      });
      return { ...answer, text: withoutToken(answer.text, token) };
    } catch (error) {
      throw signal.aborted ? signal.reason : networkFailure(error);
    }
  }
}

function networkFailure(cause: unknown): ProviderError {
  if (!(cause instanceof EgressError)) {
    return new ProviderError('upstream_unavailable', 'The request to Paragon failed', { cause });
  }
  if (cause.code === 'timeout') return new ProviderError('timeout', cause.message, { cause });
  const code = cause.code === 'too_large' ? 'upstream_rejected' : 'upstream_unavailable';
  return new ProviderError(code, cause.message, { cause });
}

/** Upstreams that echo request headers must not teach the model the user's token (SECURITY.md, threat 42). */
const withoutToken = (text: string, token: string): string =>
  text.includes(token) ? text.replaceAll(token, '[secret]') : text;
