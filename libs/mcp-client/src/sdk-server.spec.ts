import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Progress } from '@manifold/tool-provider';
import { z } from 'zod';
import { HttpConnections } from '../testing/src/http-connections.js';
import { call, unaborted } from '../testing/src/raw-stdio.js';

/** Against the server that most others are built on. */
describe.each([
  ['event streams', false],
  ['JSON answers', true],
])('a Streamable HTTP server of the SDK with %s', (_name, enableJsonResponse) => {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const servers: McpServer[] = [];
  let connections: HttpConnections;
  let http: Server;
  let url: string;

  function toolServer(): McpServer {
    const server = new McpServer({ name: 'sdk', version: '1' }, { capabilities: { logging: {} } });
    server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: 'text', text }],
    }));
    server.registerTool('steps', {}, async ({ _meta, sendNotification }) => {
      const progressToken = _meta?.progressToken as number;
      for (const progress of [1, 2, 3])
        await sendNotification({ method: 'notifications/progress', params: { progressToken, progress } });
      return { content: [{ type: 'text', text: 'done' }] };
    });
    servers.push(server);
    return server;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = request.headers['mcp-session-id'] as string | undefined;
    const known = id === undefined ? undefined : transports.get(id);
    if (known) return known.handleRequest(request, response);
    if (id !== undefined) return void response.writeHead(404).end();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse,
      onsessioninitialized: (session) => void transports.set(session, transport),
    });
    await toolServer().connect(transport);
    await transport.handleRequest(request, response);
  }

  beforeEach(async () => {
    connections = new HttpConnections();
    http = createServer((request, response) => void handle(request, response));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
  });
  afterEach(async () => {
    await connections.close();
    http.close();
    http.closeAllConnections();
    await once(http, 'close');
    servers.length = 0;
    transports.clear();
  });

  it('lists and calls tools', async () => {
    const connection = await connections.connect(url);
    expect((await connection.listTools(unaborted())).map((tool) => tool.name)).toEqual(['echo', 'steps']);
    const texts = Array.from({ length: 50 }, (_, index) => `text-${index}`);
    expect(await Promise.all(texts.map((text) => call(connection, 'echo', { args: { text } })))).toEqual(texts);
    await expect(connection.request('no/such', {}, { signal: unaborted() })).rejects.toMatchObject({
      rpcError: { code: -32601 },
    });
  });

  it('reports progress', async () => {
    const connection = await connections.connect(url);
    const seen: number[] = [];
    const options = { signal: unaborted(), onProgress: ({ progress }: Progress) => seen.push(progress) };
    await connection.request('tools/call', { name: 'steps', arguments: {} }, options);
    // JSON answers have no room for progress.
    expect(seen).toEqual(enableJsonResponse ? [] : [1, 2, 3]);
  });

  it('says that its tools have changed', async () => {
    const connection = await connections.connect(url);
    const changed = new Promise<void>((resolve) => connection.onToolsChanged(resolve));
    const announcing = setInterval(() => servers[0].sendToolListChanged(), 20);
    await changed;
    clearInterval(announcing);
  });

  it('forgets a session that is ended, and another one follows', async () => {
    const connection = await connections.connect(url);
    const [session] = connections.sessions;
    await connection.close({ endSession: true });
    transports.delete(session?.id ?? '');
    const next = await connections.connect(url, { session });
    expect(await call(next, 'echo', { args: { text: 'again' } })).toBe('again');
    expect(connections.sessions.map((one) => one === undefined)).toEqual([false, true, false]);
  });
});
