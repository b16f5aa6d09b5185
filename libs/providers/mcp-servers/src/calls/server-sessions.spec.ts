import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { TestGateway, textOf, until } from '../../testing/src/gateway.js';

/** The least that a Streamable HTTP server with sessions must do. */
class HttpUpstream {
  readonly sessions = new Set<string>();
  readonly requests: { method: string; session?: string; authorization?: string }[] = [];
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      void this.answer(request).then(({ status, body, headers }) => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(body && JSON.stringify({ jsonrpc: '2.0', ...body }));
      });
    });
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/mcp`;
  }

  count(method: string): number {
    return this.requests.filter((request) => request.method === method).length;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(
    request: IncomingMessage,
  ): Promise<{ status: number; body?: Record<string, unknown>; headers?: Record<string, string> }> {
    const session = request.headers['mcp-session-id'] as string | undefined;
    const { authorization } = request.headers;
    if (request.method !== 'POST') {
      this.requests.push({ method: request.method!, session });
      if (request.method === 'DELETE') this.sessions.delete(session!);
      return { status: request.method === 'DELETE' ? 200 : 405 };
    }
    const { id, method, params } = JSON.parse(await text(request));
    this.requests.push({ method, session, authorization });
    if (method === 'initialize') {
      const sessionId = randomUUID();
      this.sessions.add(sessionId);
      const serverInfo = { name: 'http', version: '1' };
      const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo };
      return { status: 200, body: { id, result }, headers: { 'mcp-session-id': sessionId } };
    }
    if (!this.sessions.has(session!))
      return { status: 404, body: { error: { code: -32001, message: 'no session' }, id } };
    if (id === undefined) return { status: 202 };
    if (method === 'tools/list') {
      return { status: 200, body: { id, result: { tools: [{ name: 'session', inputSchema: { type: 'object' } }] } } };
    }
    return { status: 200, body: { id, result: { content: [{ type: 'text', text: session }] } } };
  }
}

describe('the HTTP session of a server', () => {
  let upstream: HttpUpstream;
  let url: string;
  let gateway: TestGateway;

  beforeEach(async () => {
    upstream = new HttpUpstream();
    url = await upstream.listen();
    gateway = await TestGateway.start();
  });

  afterEach(async () => {
    await gateway.destroy();
    upstream.close();
  });

  const remote = (fields: Record<string, unknown> = {}) => ({
    name: 'remote',
    transportType: 'streamable_http',
    url,
    ...fields,
  });
  const server = async () => (await gateway.rest('GET', '/mcp/servers/remote')).body.server;
  const sessionOfCall = async () => textOf(await gateway.call('remote_session'));

  it('is shown, and resumed after a restart of the gateway', async () => {
    const { body } = await gateway.rest('POST', '/mcp/servers', remote());
    const [session] = upstream.sessions;
    expect(body.server).toMatchObject({ transportType: 'streamable_http', url, status: 'connected', headers: {} });
    await until(async () => (await server()).sessionId === session);
    await gateway.stop();
    gateway = await TestGateway.start({ dataDir: gateway.dataDir });
    expect(await sessionOfCall()).toBe(session);
    expect(upstream.count('initialize')).toBe(1);
    expect(upstream.count('DELETE')).toBe(0);
  });

  it('is replaced when the server no longer knows it after a restart', async () => {
    await gateway.rest('POST', '/mcp/servers', remote());
    const [session] = upstream.sessions;
    await until(async () => (await server()).sessionId === session);
    await gateway.stop();
    upstream.sessions.clear();
    gateway = await TestGateway.start({ dataDir: gateway.dataDir });
    const next = await sessionOfCall();
    expect(next).not.toBe(session);
    expect([...upstream.sessions]).toEqual([next]);
    await until(async () => (await server()).sessionId === next);
    expect(upstream.count('initialize')).toBe(2);
  });

  it('may be brought along by the operator', async () => {
    upstream.sessions.add('brought-along');
    const { body } = await gateway.rest('POST', '/mcp/servers', remote({ sessionId: 'brought-along' }));
    expect(body.server).toMatchObject({ status: 'connected', sessionId: 'brought-along' });
    expect(await sessionOfCall()).toBe('brought-along');
    expect(upstream.count('initialize')).toBe(0);
  });

  it('ends with the server, and with its URL', async () => {
    await gateway.rest('POST', '/mcp/servers', remote());
    const [first] = upstream.sessions;
    await gateway.rest('PUT', '/mcp/servers/remote', { url: `${url}?other` });
    expect([...upstream.sessions]).not.toContain(first);
    expect(upstream.sessions.size).toBe(1);
    await gateway.rest('DELETE', '/mcp/servers/remote');
    expect(upstream.sessions.size).toBe(0);
  });

  it('lets a confidential header through to the server, and to nobody who reads the settings', async () => {
    const headers = { Authorization: 'Bearer canary-token', 'X-Plain': 'plain' };
    const { body } = await gateway.rest('POST', '/mcp/servers', remote({ headers }));
    expect(body.server.headers).toEqual({ Authorization: '[hidden]', 'X-Plain': '[hidden]' });
    await gateway.rest('PUT', '/mcp/servers/remote', { headers: body.server.headers });
    expect(await sessionOfCall()).not.toBe('');
    expect(upstream.requests.at(-1)).toMatchObject({ method: 'tools/call', authorization: 'Bearer canary-token' });
    const texts = [
      await gateway.rest('GET', '/mcp/servers'),
      await gateway.rest('GET', '/mcp/servers', undefined, 'alice'),
    ];
    expect(JSON.stringify(texts)).not.toContain('canary');
  });

  it('shows an address that must not be reached as the reason, and keeps others out of it', async () => {
    const { body } = await gateway.rest('POST', '/mcp/servers', remote({ url: 'http://169.254.169.254/latest' }));
    expect(body.server).toMatchObject({ status: 'error' });
    expect(body.server.lastError).toContain('169.254.169.254');
    expect(upstream.requests).toEqual([]);
  });

  it('is dropped with the rest of the HTTP settings when the server becomes a program', async () => {
    await gateway.rest('POST', '/mcp/servers', remote({ headers: { 'X-Plain': 'plain' } }));
    const { body } = await gateway.rest('PUT', '/mcp/servers/remote', {
      transportType: 'stdio',
      command: './no-such-program',
    });
    expect(body.server).toMatchObject({ transportType: 'stdio', command: './no-such-program', args: [], env: {} });
    for (const field of ['url', 'headers', 'sessionId', 'reconnectionOptions'])
      expect(body.server).not.toHaveProperty(field);
    expect(upstream.sessions.size).toBe(0);
  });
});
