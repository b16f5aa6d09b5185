import { once } from 'node:events';
import { StreamGrants } from '@manifold/auth';
import { eventually } from '../../../../test/support/eventually.js';
import { principalOf, startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool, events, initialize, request, type ServerEvent } from '../../testing/src/mcp-wire.js';
import { TransportStatus } from '../endpoints/transport-status.js';
import { SseMessages } from './sse-messages.service.js';

describe('HTTP+SSE', () => {
  let app: TransportApp;
  const open: AbortController[] = [];

  beforeAll(async () => {
    app = await startTransport();
  });
  afterEach(() => {
    for (const controller of open.splice(0)) controller.abort();
  });
  afterAll(() => app.discard());

  const connect = async (user = 'alice', query = '') => {
    const controller = new AbortController();
    open.push(controller);
    const response = await fetch(`${app.url}/sse${query}`, {
      headers: { authorization: `Bearer ${user}`, accept: 'text/event-stream' },
      signal: controller.signal,
    });
    const stream = events(response);
    const next = async (): Promise<ServerEvent> => (await stream.next()).value as ServerEvent;
    const message = async () => JSON.parse((await next()).data) as Record<string, unknown>;
    return { response, next, message, abort: () => controller.abort() };
  };
  const post = (endpoint: string, body: unknown, user = 'alice', headers: Record<string, string> = {}) =>
    fetch(`${app.url}${endpoint}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${user}`, 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('tells the client where to send its messages, and echoes nothing of its request', async () => {
    const { response, next } = await connect('alice', '?token=canary&user=eve&sessionId=chosen');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const { event, data } = await next();
    expect(event).toBe('endpoint');
    expect(data).toMatch(/^\/messages\?sessionId=[A-Za-z0-9_-]{59}$/); // the replica, and 256 random bits
  });

  it.each(['/messages', '/sse/messages'])('takes messages at %s and answers on the stream', async (path) => {
    const { next, message } = await connect();
    const endpoint = (await next()).data.replace('/messages', path);
    const response = await post(endpoint, initialize('2024-11-05'));
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('Accepted');
    expect(await message()).toMatchObject({ id: 0, result: { protocolVersion: '2024-11-05' } });
    await post(endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' });
    await post(endpoint, callTool(1, 'steps', { count: 2 }, 'token'));
    expect([await message(), await message(), await message()]).toMatchObject([
      { params: { progress: 1, progressToken: 'token' } },
      { params: { progress: 2 } },
      { id: 1, result: { content: [{ text: 'done' }] } },
    ]);
  });

  it('serves a client that came back after a restart and does not initialize again', async () => {
    const { next, message } = await connect();
    await post((await next()).data, request(7, 'tools/list'));
    expect(await message()).toMatchObject({ id: 7, result: { tools: expect.any(Array) } });
  });

  it('answers errors on the stream', async () => {
    const { next, message } = await connect();
    const endpoint = (await next()).data;
    await post(endpoint, callTool(1, 'nothing'));
    expect(await message()).toMatchObject({ id: 1, error: { code: -32602 } });
    await post(endpoint, request(2, 'tools/invent'));
    expect(await message()).toMatchObject({ id: 2, error: { code: -32601 } });
  });

  it('cancels a request without an answer', async () => {
    const { next, message } = await connect();
    const endpoint = (await next()).data;
    const [held, aborted] = [app.provider.nextHeld(), once(app.provider.events, 'aborted')];
    await post(endpoint, callTool(1, 'hold'));
    await held;
    await post(endpoint, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await aborted;
    await post(endpoint, request(2, 'ping'));
    expect(await message()).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });

  it('answers two requests of one id, and cancels the one that has run longest', async () => {
    const { next, message } = await connect();
    const endpoint = (await next()).data;
    for (let count = 0; count < 2; count += 1) {
      const held = app.provider.nextHeld();
      await post(endpoint, callTool(1, 'hold'));
      await held;
    }
    await post(endpoint, callTool(1, 'whoami'));
    expect(await message()).toMatchObject({ id: 1, result: { content: [{ text: 'alice' }] } });
    const aborted = once(app.provider.events, 'aborted');
    await post(endpoint, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    await aborted;
    app.provider.release();
    expect(await message()).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
    await post(endpoint, request(2, 'ping'));
    expect(await message()).toEqual({ jsonrpc: '2.0', id: 2, result: {} });
  });

  it('sends nothing about a call after its result', async () => {
    const { next, message } = await connect();
    const endpoint = (await next()).data;
    const late = once(app.provider.events, 'late');
    await post(endpoint, callTool(1, 'late', {}, 'token'));
    await late;
    await post(endpoint, request(2, 'ping'));
    expect([await message(), await message()]).toMatchObject([{ id: 1 }, { id: 2 }]);
  });

  it('announces changes of the tools', async () => {
    const { next, message } = await connect();
    await next();
    app.provider.add('new-tool');
    expect(await message()).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  });

  it('ends the session and its calls with the stream', async () => {
    const { next, abort } = await connect();
    const endpoint = (await next()).data;
    const [held, aborted] = [app.provider.nextHeld(), once(app.provider.events, 'aborted')];
    await post(endpoint, callTool(1, 'hold'));
    await held;
    abort();
    await aborted;
    expect((await post(endpoint, request(2, 'ping'))).status).toBe(404);
  });

  it('hides a session from everybody but its principal', async () => {
    const { next } = await connect('alice');
    const endpoint = (await next()).data;
    const foreign = await post(endpoint, request(1, 'ping'), 'bob');
    expect(foreign.status).toBe(404);
    expect(await foreign.json()).toMatchObject({ error: { code: -32001 }, id: null });
  });

  it('refuses a session that a client of Integration.app does not have with the code at which it starts a new one', async () => {
    const receive = (confinedTo?: string) =>
      app
        .get(SseMessages)
        .receive('none', { kind: 'invalid' }, { requestId: 'r', address: '::1' }, { ...principalOf(), confinedTo });
    await expect(receive('integration-app')).rejects.toMatchObject({ code: -32000, status: 404 });
    await expect(receive()).rejects.toMatchObject({ code: -32001, status: 404 });
  });

  it('takes the id of a session for a credential only where the token stood in the URL, and only while the stream is open', async () => {
    const grants = app.get(StreamGrants);
    const grantee = (endpoint: string) =>
      grants.principalOf(new URL(endpoint, app.url).searchParams.get('sessionId') ?? 'none');
    const [named, unnamed] = [await connect(), await connect('alice', '?token=a.b.c')];
    const [withHeader, withUrl] = [(await named.next()).data, (await unnamed.next()).data];
    expect(await grantee(withHeader)).toBeUndefined();
    expect(await grantee(withUrl)).toMatchObject({ subject: 'alice' });
    unnamed.abort();
    await eventually('the grant ends', async () => (await grantee(withUrl)) === undefined);
  });

  it.each(['/messages', '/messages?sessionId=none', '/messages?sessionId=a&sessionId=b'])(
    'knows no %s',
    async (endpoint) => {
      expect((await post(endpoint, request(1, 'ping'))).status).toBe(404);
    },
  );

  it.each([
    ['a batch', [request(1, 'ping')], {}, 400, -32600],
    ['no message', { hello: 'world' }, {}, 400, -32600],
    ['no JSON', '{', {}, 400, -32700],
    ['another type', 'x', { 'content-type': 'text/plain' }, 415, -32000],
    ['too much', `"${'x'.repeat(4 * 1024 * 1024)}"`, {}, 413, -32000],
  ])('refuses %s', async (_title, body, headers, status, code) => {
    const { next } = await connect();
    const response = await post((await next()).data, body, 'alice', headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code }, id: null });
  });

  it('sends clients that try Streamable HTTP there to the right method', async () => {
    const response = await post('/sse', initialize());
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET');
  });

  it('does not open a stream for HEAD', async () => {
    const before = app.get(TransportStatus).sessions;
    const response = await fetch(`${app.url}/sse`, { method: 'HEAD', headers: { accept: 'text/event-stream' } });
    expect(response.status).toBe(405);
    expect(app.get(TransportStatus).sessions).toBe(before);
  });

  it('refuses more sessions than there are slots', async () => {
    const full = await startTransport({ settings: { MCP_MAX_SESSIONS: '1' } });
    const controller = new AbortController();
    const ask = () => fetch(`${full.url}/sse`, { headers: { accept: 'text/event-stream' }, signal: controller.signal });
    expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).not.toBeNull();
    controller.abort();
    await full.discard();
  });

  it('is not there when it is switched off', async () => {
    const without = await startTransport({ settings: { ENABLE_LEGACY_SSE: 'false' } });
    for (const [method, path] of [
      ['GET', '/sse'],
      ['POST', '/messages'],
      ['POST', '/sse/messages'],
    ] as const) {
      const response = await fetch(`${without.url}${path}`, { method });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(await response.json()).toMatchObject({ code: 'not_found' });
    }
    await without.discard();
  });
});
