import { Injectable } from '@nestjs/common';
import { BackendApi, ProviderError, type ApiCall, type CallContext } from '@manifold/tool-provider';
import { Egress } from '@manifold/egress';
import { upstreamError } from './upstream-error.js';
import { UserTokens } from './user-tokens.service.js';

/** Sends requests to Paragon on behalf of a principal. */
@Injectable()
export class ParagonHttp {
  private readonly api: BackendApi;

  constructor(
    egress: Egress,
    private readonly tokens: UserTokens,
  ) {
    this.api = new BackendApi('Paragon', egress);
  }

  /**
   * @returns the body of a successful response
   * @throws ProviderError; `not_connected` (without a setup link) if the user has not connected the integration, `permission_denied` if
   * the project does not serve the principal
   */
  async send(call: ApiCall, context: CallContext): Promise<string> {
    const headers = { 'content-type': 'application/json', ...call.headers };
    const token = await this.tokens.tokenOf(context.principal);
    if (token === undefined)
      throw new ProviderError('permission_denied', 'The Paragon project does not serve the caller');
    const answer = await this.api.send({ ...call, headers }, token, context);
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw upstreamError(answer);
  }
}
