import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { introspect } from './token-check.js';

const METADATA_PATH = '/.well-known/oauth-protected-resource/mcp';

/** The scope that each tool needs. */
const TOOLS: Readonly<Record<string, string>> = { whoami: 'files:read', write_file: 'files:write' };

export interface ProtectedUpstreamOptions {
  readonly issuer: string;
}

interface Refusal {
  readonly status: 401 | 403;
  readonly error?: string;
  readonly scope: string;
}

/**
 * An MCP server that requires tokens of an authorization server: Streamable HTTP at `/mcp`, protected resource metadata (RFC 9728), and
 * checks of audience, scope and lifetime of each token (RFC 7662). Its tools answer who calls: `whoami`, and `write_file`, which needs
 * another scope.
 */
export class ProtectedUpstream {
  /** The scope in the challenge of a 401; undefined: the challenge names none. */
  challengedScope: string | undefined = 'files:read';
  /** Seconds by which its clock is ahead of all others. */
  clockAheadSeconds = 0;
  /** Methods that need no token. */
  open: readonly string[] = [];
  /** Replacements for fields of the resource metadata; undefined removes a field. */
  metadataChange: Readonly<Record<string, unknown>> = {};
  /** Whether the metadata is served at the path of RFC 9728, and whether challenges name it. */
  metadata: 'served and named' | 'served' | 'missing' = 'served and named';
  /** Every request to `/mcp`: its token, and the status of its answer. */
  readonly requests: { readonly token?: string; readonly status: number }[] = [];
  private readonly server: Server;
  private issuer = '';

  private constructor() {
    this.server = createServer({ keepAliveTimeout: 0 }, (request, response) => void this.serve(request, response));
  }

  static async start({ issuer }: ProtectedUpstreamOptions): Promise<ProtectedUpstream> {
    const upstream = new ProtectedUpstream();
    upstream.issuer = issuer;
    upstream.server.listen(0, '127.0.0.1');
    await once(upstream.server, 'listening');
    return upstream;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Its MCP endpoint, which is also the resource that tokens must be issued for. */
  get url(): string {
    return `${this.origin}/mcp`;
  }

  /** Returns the number of requests with this status. */
  count(status: number): number {
    return this.requests.filter((request) => request.status === status).length;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url!.split('?')[0];
    if (path === METADATA_PATH && this.metadata !== 'missing') return json(response, 200, this.resourceMetadata());
    if (path !== '/mcp') return json(response, 404, {});
    if (request.method !== 'POST') return json(response, 405, {}); // no sessions, no streams
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    response.on('finish', () => this.requests.push({ token, status: response.statusCode }));
    const body = await bodyOf(request);
    const { method = '' } = body as { method?: string };
    const isOpen = this.open.includes(method);
    const caller = isOpen ? 'nobody' : await this.callerOf(token, neededScope(body));
    if (typeof caller !== 'string') return this.refuse(response, caller);
    await answer(caller, request, response, body);
  }

  private async callerOf(token: string | undefined, needed: string): Promise<string | Refusal> {
    const refusal = { status: 401, scope: this.challengedScope ?? '' } as const;
    if (token === undefined) return refusal;
    const { active, sub = '', aud, scope = '', exp = 0 } = await introspect(this.issuer, token);
    const alive = active && exp > Date.now() / 1000 + this.clockAheadSeconds;
    if (!alive || ![aud].flat().includes(this.url)) return { ...refusal, error: 'invalid_token' };
    if (!scope.split(' ').includes(needed)) return { status: 403, error: 'insufficient_scope', scope: needed };
    return sub;
  }

  private refuse(response: ServerResponse, { status, error, scope }: Refusal): void {
    const named = this.metadata === 'served and named' ? `${this.origin}${METADATA_PATH}` : undefined;
    const parameters = Object.entries({ error, resource_metadata: named, scope: scope || undefined })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}="${value}"`);
    json(response, status, { error }, { 'www-authenticate': `Bearer ${parameters.join(', ')}`.trim() });
  }

  private resourceMetadata(): object {
    return {
      resource: this.url,
      authorization_servers: [this.issuer],
      scopes_supported: ['files:read'],
      bearer_methods_supported: ['header'],
      ...this.metadataChange,
    };
  }
}

function neededScope(body: unknown): string {
  const { method, params } = (body ?? {}) as { method?: string; params?: { name?: string } };
  return (method === 'tools/call' && TOOLS[params?.name ?? '']) || 'files:read';
}

/** Answers a request. There are no sessions: each request gets a new server, which knows the caller. */
async function answer(
  caller: string,
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Promise<void> {
  const server = new McpServer({ name: 'protected-upstream', version: '1.0.0' });
  for (const name of Object.keys(TOOLS)) {
    server.registerTool(name, { description: `Says who called ${name}` }, () => ({
      content: [{ type: 'text', text: `${name} of ${caller}` }],
    }));
  }
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse: true });
  response.on('close', () => void server.close());
  await server.connect(transport);
  await transport.handleRequest(request, response, body);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
