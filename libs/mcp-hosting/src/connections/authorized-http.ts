import type { EgressInit } from '@manifold/egress';
import { OAuthFlowError, type ConnectionOwner, type TokenService } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import { HttpStatusError, type HttpClient } from '@manifold/mcp-client';

const UNAUTHORIZED = 401;

/**
 * Sends the requests of one user to one server. Each request carries the access token that the user has at that time,
 * because a connection lives longer than one token. The token replaces a static `Authorization` header.
 *
 * A request that the server answers with 401 was not executed. It is sent once more with a new token. No other request is
 * repeated.
 */
export class AuthorizedHttp implements HttpClient {
  /** @param url the endpoint of the server. Requests to another origin carry no token. */
  constructor(
    private readonly egress: HttpClient,
    private readonly tokens: TokenService,
    private readonly owner: ConnectionOwner,
    private readonly url: string,
  ) {}

  /**
   * Checks that an access token is available before anything is sent.
   * @throws ProviderError `reauth_required`, `upstream_unavailable`; the signal's reason
   */
  async ready(signal: AbortSignal): Promise<void> {
    await this.token(signal);
  }

  async fetch(input: string | URL, init: EgressInit = {}): Promise<Response> {
    if (new URL(input).origin !== new URL(this.url).origin) return this.egress.fetch(input, init);
    const signal = init.signal ?? new AbortController().signal;
    const token = await this.token(signal);
    const response = await this.send(input, init, token);
    if (response.status !== UNAUTHORIZED) return response;
    await response.body?.cancel();
    return this.send(input, init, await this.token(signal, token, HttpStatusError.of(response)));
  }

  private send(input: string | URL, init: EgressInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return this.egress.fetch(input, { ...init, headers });
  }

  /**
   * @param rejected the token that the server refused
   * @param refusal the response with which the server refused it
   */
  private async token(signal: AbortSignal, rejected?: string, refusal?: HttpStatusError): Promise<string> {
    try {
      return await this.tokens.accessToken(this.owner, { url: this.url, signal, rejected });
    } catch (error) {
      if (signal.aborted) throw error;
      const { server } = this.owner;
      if (error instanceof OAuthFlowError && error.code === 'reauth_required') {
        throw new ProviderError('reauth_required', `Your authorization for server ${server} expired: connect again`, {
          cause: refusal ?? error,
        });
      }
      const message = `There is no token for server ${server} at the moment`;
      throw new ProviderError('upstream_unavailable', message, { retryAfter: 5, cause: error });
    }
  }
}
