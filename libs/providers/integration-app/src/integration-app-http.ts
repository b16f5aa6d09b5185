import { Injectable } from '@nestjs/common';
import { Egress, EgressError, retryAfterSeconds, type WholeAnswer } from '@manifold/egress';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { AccessTokens } from './access-tokens.service.js';
import { parseJson } from './json.js';
import { EFFECT_UNKNOWN, upstreamError } from './upstream-error.js';

export interface IntegrationAppRequest {
  readonly url: string;
  /** JSON. With it the request is a POST, and may have an effect. */
  readonly body?: unknown;
  /** Name of the integration that is used, for messages. */
  readonly app?: string;
}

/** Sends requests to Integration.app in the name of a principal. Each is sent once: none is repeated. */
@Injectable()
export class IntegrationAppHttp {
  constructor(
    private readonly egress: Egress,
    private readonly tokens: AccessTokens,
  ) {}

  /**
   * @returns what the JSON of a successful answer says, without the caller's token wherever an upstream repeats it
   * @throws ProviderError
   */
  async send(request: IntegrationAppRequest, context: CallContext): Promise<unknown> {
    const token = await this.tokens.tokenOf(context.principal);
    if (token === undefined) {
      throw new ProviderError('permission_denied', 'Integration.app needs an access token, and the caller has none');
    }
    const { status, headers, text } = await this.answer(request, token, context);
    if (status >= 200 && status < 300) return jsonOf(text);
    const retryAfter = retryAfterSeconds(headers.get('retry-after'), Date.now());
    throw upstreamError({ status, text, retryAfter, app: request.app });
  }

  private async answer(
    { url, body }: IntegrationAppRequest,
    token: string,
    { signal, requestId }: CallContext,
  ): Promise<WholeAnswer> {
    const posted = body !== undefined;
    const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'x-request-id': requestId };
    try {
      const answer = await this.egress.request(url, {
        method: posted ? 'POST' : 'GET',
        headers: posted ? { ...headers, 'content-type': 'application/json' } : headers,
        body: posted ? JSON.stringify(body) : undefined,
        policy: 'configured',
        signal,
      });
      return { ...answer, text: withoutToken(answer.text, token) };
    } catch (error) {
      throw signal.aborted ? signal.reason : networkFailure(error, posted);
    }
  }
}

function jsonOf(text: string): unknown {
  const answer = parseJson(text);
  if (answer !== undefined) return answer;
  throw new ProviderError('upstream_rejected', 'Integration.app answered with something that is not JSON');
}

function networkFailure(cause: unknown, posted: boolean): ProviderError {
  if (!(cause instanceof EgressError)) {
    return new ProviderError('upstream_unavailable', 'The request to Integration.app failed', { cause });
  }
  const { code, message } = cause;
  if (code === 'timeout') return new ProviderError('timeout', message, { cause });
  if (code === 'too_large') return new ProviderError('upstream_rejected', message, { cause });
  const modelText = posted && code === 'connection_lost' ? `${message}. ${EFFECT_UNKNOWN}` : undefined;
  return new ProviderError('upstream_unavailable', message, { cause, modelText });
}

/** Upstreams that echo request headers must not teach the model the user's token (SECURITY.md, threat 42). */
const withoutToken = (text: string, token: string): string =>
  text.includes(token) ? text.replaceAll(token, '[secret]') : text;
