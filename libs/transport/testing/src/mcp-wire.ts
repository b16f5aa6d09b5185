/** Options of raw requests to the MCP endpoint. Tests use them for requests that real clients never send. */
export interface WireOptions {
  readonly user?: string;
  readonly session?: string;
  /** Path of the endpoint; the default is `/mcp`. */
  readonly path?: string;
  /** Query of the URL, including the question mark. */
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

const JSON_AND_STREAM = 'application/json, text/event-stream';

const headersOf = ({ user = 'alice', session, headers }: WireOptions): Record<string, string> => ({
  authorization: `Bearer ${user}`,
  'content-type': 'application/json',
  accept: JSON_AND_STREAM,
  ...(session !== undefined && { 'mcp-session-id': session }),
  ...headers,
});

export const send = (url: string, body: unknown, options: WireOptions = {}): Promise<Response> =>
  fetch(`${url}${options.path ?? '/mcp'}${options.query ?? ''}`, {
    method: 'POST',
    headers: headersOf(options),
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: options.signal,
  });

export function withoutBody(
  url: string,
  method: 'GET' | 'DELETE' | 'HEAD' | 'PUT',
  options: WireOptions = {},
): Promise<Response> {
  const headers = new Headers(headersOf(options));
  headers.delete('content-type');
  return fetch(`${url}${options.path ?? '/mcp'}${options.query ?? ''}`, { method, headers, signal: options.signal });
}

export const request = (id: number | string, method: string, params?: unknown) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});

export const callTool = (id: number | string, name: string, args: unknown = {}, progressToken?: string | number) =>
  request(id, 'tools/call', {
    name,
    arguments: args,
    ...(progressToken !== undefined && { _meta: { progressToken } }),
  });

export const initialize = (protocolVersion = '2025-11-25', capabilities: object = {}) =>
  request(0, 'initialize', { protocolVersion, capabilities, clientInfo: { name: 'test', version: '1' } });

/** Opens a session. @returns its id */
export async function openSession(
  url: string,
  user = 'alice',
  protocolVersion = '2025-11-25',
  query = '',
): Promise<string> {
  const response = await send(url, initialize(protocolVersion), { user, query });
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

export interface ModernRequest {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: unknown;
}

/**
 * Returns a request of revision 2026-07-28 with all required headers and `_meta` keys. `meta` and `headers` override them. Headers
 * with the value '' are left out.
 */
export function modernRequest(
  message: ModernRequest,
  { meta, headers = {} }: { meta?: Record<string, unknown>; headers?: Record<string, string> } = {},
): { body: object; headers: Record<string, string> } {
  const params = (message.params ?? {}) as Record<string, unknown>;
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
  };
  const body = {
    jsonrpc: '2.0',
    ...message,
    params: { ...params, _meta: { ...envelope, ...(params._meta as object | undefined), ...meta } },
  };
  const standard: Record<string, string> = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': message.method };
  const name = params.name ?? params.uri;
  if (typeof name === 'string') standard['mcp-name'] = name;
  const given = Object.entries({ ...standard, ...headers }).filter(([, value]) => value !== '');
  return { body, headers: Object.fromEntries(given) };
}

export function modern(
  url: string,
  message: ModernRequest,
  { meta, headers, ...options }: WireOptions & { meta?: Record<string, unknown> } = {},
): Promise<Response> {
  const request = modernRequest(message, { meta, headers });
  return send(url, request.body, { ...options, headers: request.headers });
}

export interface ServerEvent {
  /** Id of the event; '' if it has none. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Yields the events of a stream as they arrive. Comments and events without data are left out. */
export async function* events(response: Response): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body!) {
    const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => !line.startsWith(':'));
      const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? '';
      if (field('data') !== '') yield { id: field('id'), event: field('event'), data: field('data') };
    }
  }
}

/** Opens a session of a client with these capabilities. `options` name the endpoint and the user. @returns its id */
export async function openSessionWith(url: string, capabilities: object, options: WireOptions = {}): Promise<string> {
  const response = await send(url, initialize('2025-11-25', capabilities), options);
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

/** Reads a stream until it ends. @returns its messages */
export async function messages(response: Response): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for await (const { data } of events(response)) all.push(JSON.parse(data) as Record<string, unknown>);
  return all;
}

/** Capabilities that the gateway declares (MCP `ServerCapabilities`). */
export const GATEWAY_CAPABILITIES = {
  tools: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};
