import { Injectable } from '@nestjs/common';
import { BackendApi, parseJson } from '@manifold/backend-api';
import { Egress } from '@manifold/egress';
import { ProviderError, type CallContext } from '@manifold/tool-provider';
import { AccessTokens } from './access-tokens.service.js';
import { upstreamError } from './upstream-error.js';

export interface IntegrationAppRequest {
  readonly url: string;
  /** JSON. With it the request is a POST, and may have an effect. */
  readonly body?: unknown;
  /** Name of the integration that is used, for messages. */
  readonly app?: string;
}

const HEADERS = { accept: 'application/json' };

/** Sends requests to Integration.app in the name of a principal. */
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
   * @returns what the JSON of a successful answer says
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
