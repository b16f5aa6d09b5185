import { initialize, modernRequest, type ModernRequest } from '../../libs/transport/testing/src/mcp-wire.js';

export interface WireRequest {
  /** The endpoint; `/mcp` unless told. */
  readonly path?: string;
  readonly session?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Sends raw requests to the MCP endpoints of a gateway as one caller. Tests can send what real clients never send, and see what they hide.
 */
export class WireClient {
  /** @param caller `token`: an API key; `user`: the `?user=` of development */
  constructor(
    private readonly baseUrl: string,
    private readonly caller: { readonly token?: string; readonly user?: string } = {},
  ) {}

  /** @param body JSON text, or a value that is converted to it */
  post(body: unknown, request: WireRequest = {}): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const accept = 'application/json, text/event-stream';
    return this.send('POST', request, { accept, 'content-type': 'application/json' }, text);
  }

  get(request: WireRequest = {}): Promise<Response> {
    return this.send('GET', request, { accept: 'text/event-stream' });
  }

  delete(request: WireRequest = {}): Promise<Response> {
    return this.send('DELETE', request, {});
  }

  /** @returns the id of a new session */
  async openSession(protocolVersion?: string): Promise<string> {
    const response = await this.post(initialize(protocolVersion));
    await response.text();
    const id = response.headers.get('mcp-session-id');
    if (id === null) throw new Error(`initialize was answered ${response.status} without a session`);
    return id;
  }

  /** Sends a stateless request of revision 2026-07-28, complete unless `meta` and `headers` change it. */
  modern(message: ModernRequest, { meta, ...request }: WireRequest & { meta?: Record<string, unknown> } = {}) {
    const { body, headers } = modernRequest(message, { meta, headers: request.headers });
    return this.post(body, { ...request, headers });
  }

  private send(method: string, request: WireRequest, headers: Record<string, string>, body?: string) {
    const { path = '/mcp', session, signal } = request;
    const url = new URL(path, this.baseUrl);
    if (this.caller.user !== undefined) url.searchParams.set('user', this.caller.user);
    const all = {
      ...headers,
      ...(session !== undefined && { 'mcp-session-id': session }),
      ...(this.caller.token !== undefined && { authorization: `Bearer ${this.caller.token}` }),
      ...request.headers,
    };
    return fetch(url, { method, headers: all, body, signal });
  }
}
