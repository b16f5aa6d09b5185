import type { Egress, EgressInit } from '@manifold/egress';
import { OAuthFault, type ConnectionOwner, type TokenService } from '@manifold/oauth';
import { ProviderError } from '@manifold/tool-provider';
import { HttpRefusal } from '../upstream/index.js';

const UNAUTHORIZED = 401;

/**
 * Requests of one user to one server, each with the user's access token as it is then: a connection outlives many of them. It takes the
 * place of a static `Authorization` header.
 *
 * What is refused with 401 was not executed: it is sent once more with a new token. Nothing else is repeated.
 */
export class AuthorizedHttp implements Pick<Egress, 'fetch'> {
  /** @param url the endpoint of the server: nothing else gets a token */
  constructor(
    private readonly egress: Egress,
    private readonly tokens: TokenService,
    private readonly owner: ConnectionOwner,
    private readonly url: string,
  ) {}

  /**
   * Finds out whether there is a token, before anything is sent.
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
    return this.send(input, init, await this.token(signal, token, HttpRefusal.of(response)));
  }

  private send(input: string | URL, init: EgressInit, token: string): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return this.egress.fetch(input, { ...init, headers });
  }

  /** @param refusal what the server said to the rejected token */
  private async token(signal: AbortSignal, rejected?: string, refusal?: HttpRefusal): Promise<string> {
    try {
      return await this.tokens.accessToken(this.owner, { url: this.url, signal, rejected });
    } catch (error) {
      if (signal.aborted) throw error;
      const { server } = this.owner;
      if (error instanceof OAuthFault && error.code === 'reauth_required') {
        throw new ProviderError('reauth_required', `Your connection to server ${server} is no longer good`, {
          cause: refusal ?? error,
        });
      }
      const message = `There is no token for server ${server} at the moment`;
      throw new ProviderError('upstream_unavailable', message, { retryAfter: 5, cause: error });
    }
  }
}
