import { Injectable } from '@nestjs/common';
import { Egress, EgressError, retryAfterSeconds } from '@manifold/egress';
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
  async send(request: IntegrationAppRequest, { principal, signal, requestId }: CallContext): Promise<unknown> {
    const token = await this.tokens.tokenOf(principal);
    if (token === undefined) throw new ProviderError('permission_denied', NO_TOKEN);
    const { url, body, app } = request;
    const posted = body !== undefined;
    let response: Response;
    let text: string;
    try {
      response = await this.egress.fetch(url, {
        method: posted ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(posted && { 'content-type': 'application/json' }),
          'x-request-id': requestId,
        },
        body: posted ? JSON.stringify(body) : undefined,
        policy: 'configured',
        // Integration.app ends a run after 60 seconds by itself, with an answer that says more than a time-out here.
        longPoll: posted,
        signal,
      });
      text = withoutToken(await response.text(), token);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw networkFailure(error, posted);
    }
    if (response.ok) return jsonOf(text);
    const retryAfter = retryAfterSeconds(response.headers.get('retry-after'), Date.now());
    throw upstreamError({ status: response.status, text, retryAfter, app });
  }
}

const NO_TOKEN = 'Integration.app needs an access token of its own, and the caller came without one';

function jsonOf(text: string): unknown {
  const answer = parseJson(text);
  if (answer !== undefined) return answer;
  throw new ProviderError('upstream_rejected', 'Integration.app answered with something that is not JSON');
}

function networkFailure(cause: unknown, posted: boolean): ProviderError {
  const { code, message } = cause instanceof EgressError ? cause : { code: undefined, message: 'The request failed' };
  if (code === 'timeout') return new ProviderError('timeout', message, { cause });
  if (code === 'too_large' || code === 'redirect_forbidden')
    return new ProviderError('upstream_rejected', message, { cause });
  const arrived = posted && code !== 'connect_failed';
  const modelText = arrived ? `${message}. ${EFFECT_UNKNOWN}` : undefined;
  return new ProviderError('upstream_unavailable', message, { cause, modelText });
}

/** Upstreams that echo request headers must not teach the model the user's token (SECURITY.md, threat 42). */
const withoutToken = (text: string, token: string): string =>
  text.includes(token) ? text.replaceAll(token, '[secret]') : text;
