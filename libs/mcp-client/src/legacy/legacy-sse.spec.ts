import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { z } from 'zod';
import { HttpConnections } from '../../testing/src/http-connections.js';
import { call } from '../../testing/src/raw-stdio.js';

/** A server of the SDK that speaks HTTP+SSE only, on one URL as old servers do. */
class SseServer {
  readonly keys: unknown[] = [];
  status: number | undefined;
  private readonly transports = new Map<string, SSEServerTransport>();
  private readonly server: Server = createServer(
    { keepAliveTimeout: 0 },
    (request, response) => void this.handle(request, response),
  );

  /** @param refusal status of the answer to POSTs to the stream's URL */
  constructor(private readonly refusal: number) {}

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/sse`;
  }

  hangUp(): void {
    this.server.closeAllConnections();
  }

  async stop(): Promise<void> {
    this.server.close();
    this.hangUp();
    await once(this.server, 'close');
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.keys.push(request.headers['x-api-key']);
    const url = new URL(request.url ?? '', 'http://localhost');
    if (request.method === 'GET' && url.pathname === '/sse') {
      if (this.status !== undefined) return void response.writeHead(this.status).end();
      const transport = new SSEServerTransport('/messages', response);
      this.transports.set(transport.sessionId, transport);
      return echoServer().connect(transport);
    }
    const transport = this.transports.get(url.searchParams.get('sessionId') ?? '');
    if (request.method === 'POST' && url.pathname === '/messages' && transport) {
      if (this.status !== undefined) return void response.writeHead(this.status).end('secret text');
      return transport.handlePostMessage(request, response);
    }
    response.writeHead(this.refusal).end();
  }
}

function echoServer(): McpServer {
  const server = new McpServer({ name: 'old', version: '1' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
    content: [{ type: 'text', text }],
  }));
  return server;
}

describe('a connection over HTTP+SSE', () => {
  let connections: HttpConnections;
  let server: SseServer | undefined;

  const start = async (refusal = 404) => {
    server = new SseServer(refusal);
    return { server, url: await server.start() };
  };
  beforeEach(() => (connections = new HttpConnections()));
  afterEach(async () => {
    await connections.close();
    await server?.stop();
  });

  it.each([400, 404, 405])('is what a server gets that refuses initialize with status %i', async (status) => {
    const old = await start(status);
    const connection = await connections.connect(old.url, { headers: { 'x-api-key': 'k' } });
    expect(connection.initializeResult).toMatchObject({ serverInfo: { name: 'old' } });
    expect(await call(connection, 'echo', { args: { text: 'hello' } })).toBe('hello');
    expect(await connection.listTools(new AbortController().signal)).toMatchObject([{ name: 'echo' }]);
    expect(new Set(old.server.keys)).toEqual(new Set(['k']));
    expect(connections.sessions).toEqual([]);
  });

  it('is not tried where initialize fails in another way', async () => {
    const old = await start(500);
    await expect(connections.connect(old.url)).rejects.toMatchObject({ message: 'The server answered HTTP 500' });
    expect(old.server.keys).toHaveLength(1);
  });

  it('keeps the first reason when the server speaks neither', async () => {
    const old = await start(405);
    old.server.status = 404;
    await expect(connections.connect(old.url)).rejects.toMatchObject({ message: 'The server answered HTTP 405' });
  });

  it('says that credentials are missing when it is the stream that asks for them', async () => {
    const old = await start(404);
    old.server.status = 401;
    await expect(connections.connect(old.url)).rejects.toMatchObject({ code: 'reauth_required' });
  });

  it('gives parallel calls their own answers', async () => {
    const connection = await connections.connect((await start()).url);
    const texts = Array.from({ length: 50 }, (_, index) => `text-${index}`);
    expect(await Promise.all(texts.map((text) => call(connection, 'echo', { args: { text } })))).toEqual(texts);
  });

  it('fails a call that is refused, without the words of the server', async () => {
    const old = await start();
    const connection = await connections.connect(old.url);
    old.server.status = 403;
    await expect(call(connection, 'echo', { args: { text: 'x' } })).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.not.stringContaining('secret'),
    });
  });

  it('ends when its stream breaks, and fails what is pending', async () => {
    const old = await start();
    const connection = await connections.connect(old.url);
    const reason = new Promise<string>((resolve) => connection.onClosed(resolve));
    old.server.hangUp();
    expect(await reason).toBe('The event stream of the server was interrupted');
    await expect(call(connection, 'echo', { args: { text: 'x' } })).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });
});
