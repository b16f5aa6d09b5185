/** A running gateway, as a command sees it over HTTP. */
export class GatewayClient {
  /**
   * @param url the MCP_SERVER_URL, with or without a path before `/mcp`
   * @param token an API key or the token of a user; `null` for none
   */
  constructor(
    private readonly url: string,
    protected readonly token: string | null,
  ) {}

  /** Sends a request with the given token: the caller's by default, `null` for none. An error status does not throw. */
  async fetch(path: string, init: RequestInit = {}, token: string | null = this.token): Promise<Response> {
    return fetch(this.at(path), { ...init, redirect: 'manual', headers: { ...headersOf(token), ...init.headers } });
  }

  protected at(path: string): URL {
    return new URL(`${this.url.replace(/\/+$/, '')}${path}`);
  }
}

/** Returns the headers of a request. Each request uses a new connection, so that a load balancer spreads one session over all replicas. */
export const headersOf = (token: string | null): Record<string, string> => ({
  connection: 'close',
  ...(token !== null && { authorization: `Bearer ${token}` }),
});
