/** An unchanged answer of the gateway's REST routes, with any status. */
export interface RestAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T & { readonly success?: boolean; readonly error?: string; readonly code?: string };
}

export interface ServerView {
  readonly name: string;
  readonly transportType: 'stdio' | 'streamable_http';
  readonly status: 'connected' | 'connecting' | 'disconnected' | 'error';
  readonly enabled: boolean;
  readonly toolsList?: readonly { readonly name: string }[];
  readonly logs?: readonly string[];
  readonly sessionId?: string;
  readonly lastError?: string;
}

/** The body of `POST /mcp/servers`. Tests send invalid bodies with `request`. */
export interface ServerRegistration {
  readonly name: string;
  readonly transportType?: 'stdio' | 'streamable_http';
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly enabled?: boolean;
}

export interface SecretOf {
  readonly username?: string;
  readonly serverName: string;
  readonly secretName: string;
}

export interface ToolCall {
  readonly username?: string;
  readonly serverName: string;
  readonly methodName: string;
  readonly args: Readonly<Record<string, unknown>>;
}

type ServerAnswer = Promise<RestAnswer<{ server: ServerView }>>;
type SuccessAnswer = Promise<RestAnswer<{ success: boolean }>>;

/** Calls the REST routes as one caller. It checks nothing: tests check status and body themselves. */
export class RestClient {
  /** @param caller `token`: an API key or JWT; `user`: the `?user=` of development */
  constructor(
    private readonly baseUrl: string,
    private readonly caller: { readonly token?: string; readonly user?: string } = {},
  ) {}

  /** Sends any body to any route: for requests that the typed calls below do not allow. */
  async request<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<RestAnswer<T>> {
    const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...more };
    const response = await this.fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    const parsed = (text === '' ? {} : JSON.parse(text)) as RestAnswer<T>['body'];
    return { status: response.status, headers: response.headers, body: parsed };
  }

  /** Returns the whole answer of a route that does not return JSON. */
  async text(path: string): Promise<string> {
    return (await this.fetch(path, {})).text();
  }

  private fetch(path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
    const url = new URL(path, this.baseUrl);
    if (this.caller.user !== undefined) url.searchParams.set('user', this.caller.user);
    const authorization = this.caller.token && `Bearer ${this.caller.token}`;
    return fetch(url, { ...init, headers: { ...init.headers, ...(authorization && { authorization }) } });
  }

  tools(): Promise<RestAnswer<{ tools: Record<string, { name: string }[]>[] }>> {
    return this.request('GET', '/mcp/tools');
  }

  callTool(
    call: ToolCall,
  ): Promise<RestAnswer<{ data: { content: unknown; contentType: string; isError?: boolean } }>> {
    return this.request('POST', '/mcp/tool/call', call);
  }

  servers(): Promise<RestAnswer<{ servers: ServerView[] }>> {
    return this.request('GET', '/mcp/servers');
  }

  server(name: string): ServerAnswer {
    return this.request('GET', serverPath(name));
  }

  register(registration: ServerRegistration): ServerAnswer {
    return this.request('POST', '/mcp/servers', registration);
  }

  update(name: string, changes: Partial<ServerRegistration>): ServerAnswer {
    return this.request('PUT', serverPath(name), changes);
  }

  enable(name: string): ServerAnswer {
    return this.request('PUT', `${serverPath(name)}/enable`);
  }

  disable(name: string): ServerAnswer {
    return this.request('PUT', `${serverPath(name)}/disable`);
  }

  remove(name: string): SuccessAnswer {
    return this.request('DELETE', serverPath(name));
  }

  setSecret(secret: SecretOf & { readonly secretValue: string }): SuccessAnswer {
    return this.request('POST', '/secrets/set', secret);
  }

  deleteSecret(secret: SecretOf): SuccessAnswer {
    return this.request('POST', '/secrets/delete', secret);
  }
}

const serverPath = (name: string): string => `/mcp/servers/${encodeURIComponent(name)}`;
