import { Injectable } from '@nestjs/common';
import { BackendApi, type ApiCall } from '@manifold/backend-api';
import { Egress } from '@manifold/egress';
import type { CallContext } from '@manifold/tool-provider';
import { upstreamError } from './upstream-error.js';
import { UserTokens } from './user-tokens.service.js';

/** Sends requests to Paragon in the name of a principal. */
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
   * @returns the body of a successful answer
   * @throws ProviderError; `not_connected` (without a setup link) where the user has not connected the integration
   */
  async send(call: ApiCall, context: CallContext): Promise<string> {
    const headers = { 'content-type': 'application/json', ...call.headers };
    const answer = await this.api.send({ ...call, headers }, await this.tokens.tokenOf(context.principal), context);
    if (answer.status >= 200 && answer.status < 300) return answer.text;
    throw upstreamError(answer);
  }
}
