import { Injectable } from '@nestjs/common';
import { BackendApi, parseJson, ProviderError, type CallContext } from '@manifold/tool-provider';
import { Egress } from '@manifold/egress';
import { AccessTokens } from './access-tokens.service.js';
import { upstreamError } from './upstream-error.js';

export interface IntegrationAppRequest {
  readonly url: string;
  /** The JSON body. A request with a body is a POST and may have side effects. */
  readonly body?: unknown;
  /** The display name of the integration, for messages. */
  readonly app?: string;
}

const HEADERS = { accept: 'application/json' };

/** Sends requests to Integration.app on behalf of a principal. */
@Injectable()
export class IntegrationAppHttp {
  private readonly api: BackendApi;

  constructor(
    egress: Egress,
    private readonly tokens: AccessTokens,
  ) {
    this.api = new BackendApi('Integration.app', egress);
  }

  /**
   * @returns the parsed JSON of a successful response
   * @throws ProviderError
   */
  async send({ url, body, app }: IntegrationAppRequest, context: CallContext): Promise<unknown> {
    const token = await this.tokens.tokenOf(context.principal);
    if (token === undefined) {
      throw new ProviderError('permission_denied', 'Integration.app needs an access token, and the caller has none');
    }
    const method = body === undefined ? 'GET' : 'POST';
    const answer = await this.api.send({ url, method, body, headers: HEADERS }, token, context);
    if (answer.status < 200 || answer.status >= 300) throw upstreamError(answer, app);
    const value = parseJson(answer.text);
    if (value !== undefined) return value;
    throw new ProviderError('upstream_rejected', 'Integration.app answered with something that is not JSON');
  }
}
