import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Progress } from '@manifold/tool-provider';
import { eventually } from '../../../test/support/eventually.js';
import { HttpConnections } from '../testing/src/http-connections.js';
import { event, INITIALIZE_RESULT, json, RawHttpServer, stream } from '../testing/src/raw-http-server.js';
import { call, unaborted } from '../testing/src/raw-stdio.js';

const text = (value: string) => ({ content: [{ type: 'text', text: value }] });

/** Requests over Streamable HTTP, against raw HTTP servers. */
describe('a connection over Streamable HTTP', () => {
  let server: RawHttpServer;
  let connections: HttpConnections;

  beforeEach(async () => {
    connections = new HttpConnections();
    server = await RawHttpServer.start((message, response) =>
      json(response, { id: message.id, result: text('plain') }),
    );
  });
  afterEach(async () => {
    await connections.close();
    await server.stop();
  });

  it('initialises, and names version, session and its own headers in every request', async () => {
    const connection = await connections.connect(server.url, { headers: { 'X-Api-Key': 'k-123' } });
    expect(connection.initializeResult).toEqual(INITIALIZE_RESULT);
    expect(await call(connection, 'any')).toBe('plain');
    const posts = server.received.filter(({ httpMethod }) => httpMethod === 'POST');
    expect(posts.map(({ message }) => message.method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/call',
    ]);
    expect(posts.map(({ headers }) => headers['x-api-key'])).toEqual(['k-123', 'k-123', 'k-123']);
    expect(posts.map(({ headers }) => headers['mcp-session-id'])).toEqual([undefined, 'session-1', 'session-1']);
    expect(posts.map(({ headers }) => headers['mcp-protocol-version'])).toEqual([
      undefined,
      '2025-06-18',
      '2025-06-18',
    ]);
    expect(connections.sessions).toEqual([
      { id: 'session-1', protocolVersion: '2025-06-18', initializeResult: INITIALIZE_RESULT },
    ]);
  });

  it('takes no header from the `_meta` of a request', async () => {
    const connection = await connections.connect(server.url);
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
    await connection.request('tools/call', { name: 'any', _meta: meta }, { signal: new AbortController().signal });
    const [{ headers, message }] = server.sent('tools/call');
    expect(message.params?._meta).toEqual(meta);
    expect(headers).toMatchObject({ 'mcp-protocol-version': '2025-06-18', 'mcp-session-id': 'session-1' });
    expect(headers).not.toHaveProperty('mcp-method');
  });

  it('works with a server without sessions', async () => {
    server.hasSessions = false;
    const connection = await connections.connect(server.url);
    expect(await call(connection, 'any')).toBe('plain');
    expect(connections.sessions).toEqual([]);
  });

  it('takes an answer from an event stream, with the progress before it', async () => {
    server.onRequest = ({ id, params }, response) => {
      const { progressToken } = params?._meta as { progressToken: number };
      stream(response).write(
        event({ method: 'notifications/progress', params: { progressToken, progress: 1, x: 'kept' } }),
      );
      response.end(event({ id, result: { ...text('streamed'), novel: [1] } }));
    };
    const connection = await connections.connect(server.url);
    const progress: Progress[] = [];
    const options = { signal: unaborted(), onProgress: (one: Progress) => progress.push(one) };
    expect(await connection.request('tools/call', { name: 'any' }, options)).toEqual({
      ...text('streamed'),
      novel: [1],
    });
    expect(progress).toEqual([{ progress: 1, x: 'kept' }]);
  });

  it('lets fields pass that the SDK does not know', async () => {
    server.onRequest = ({ id }, response) => json(response, { id, result: { _meta: null, content: 'odd' }, novel: 1 });
    const connection = await connections.connect(server.url);
    expect(await connection.request('odd/method', { a: null }, { signal: unaborted() })).toEqual({
      _meta: null,
      content: 'odd',
    });
    expect(server.sent('odd/method')[0].message.params).toEqual({ a: null });
  });

  it('gives parallel calls their own answers', async () => {
    const waiting: (() => void)[] = [];
    server.onRequest = ({ id, params }, response) => {
      waiting.push(() => json(response, { id, result: text(String(params?.name)) }));
      if (waiting.length === 50) for (const answer of waiting.reverse()) answer();
    };
    const connection = await connections.connect(server.url);
    const names = Array.from({ length: 50 }, (_, index) => `tool-${index}`);
    expect(await Promise.all(names.map((name) => call(connection, name)))).toEqual(names);
  });

  it('hears what the server says without being asked', async () => {
    server.onGet = (_message, response) => {
      setTimeout(() => response.write(event({ method: 'notifications/tools/list_changed' })), 50);
      stream(response);
    };
    const connection = await connections.connect(server.url);
    await new Promise<void>((resolve) => connection.onToolsChanged(resolve));
  });

  it('answers a ping of the server', async () => {
    server.onGet = (_message, response) => void stream(response).write(event({ id: 'p1', method: 'ping' }));
    await connections.connect(server.url);
    const answer = await eventually('the ping is answered', () =>
      server.received.find(({ message }) => message.id === 'p1'),
    );
    expect(answer.message).toMatchObject({ result: {} });
  });

  it('tells the server about a cancelled call and hangs up', async () => {
    const aborting = new AbortController();
    let left: Promise<unknown> = Promise.resolve();
    server.onRequest = (_message, response) => {
      left = once(response, 'close');
      aborting.abort(new Error('enough'));
    };
    const connection = await connections.connect(server.url);
    await expect(call(connection, 'never', { signal: aborting.signal })).rejects.toMatchObject({ code: 'cancelled' });
    await left;
    await eventually('the server is told', () => server.sent('notifications/cancelled').length > 0);
    const [{ message }] = server.sent('tools/call');
    expect(server.sent('notifications/cancelled')[0].message.params).toMatchObject({ requestId: message.id });
  });

  it.each([
    [401, {}, { code: 'reauth_required' }],
    [403, {}, { code: 'permission_denied' }],
    [429, { 'retry-after': '7' }, { code: 'rate_limited', retryAfter: 7 }],
    [500, {}, { code: 'upstream_unavailable' }],
    [422, {}, { code: 'upstream_rejected' }],
  ])('says what status %i means, does not repeat the call, and goes on', async (status, headers, expected) => {
    server.onRequest = (_message, response) =>
      void response.writeHead(status, headers).end('secret text of the server');
    const connection = await connections.connect(server.url);
    const failed = call(connection, 'any');
    await expect(failed).rejects.toMatchObject({ ...expected, message: expect.not.stringContaining('secret') });
    expect(server.sent('tools/call')).toHaveLength(1);
    server.onRequest = (message, response) => json(response, { id: message.id, result: text('again') });
    expect(await call(connection, 'any')).toBe('again');
  });

  it.each([200, 400, 404, 409, 422, 500, 503])(
    'reads the JSON-RPC error of the server with status %i',
    async (status) => {
      const error = { code: -32602, message: 'start must be before end', data: { field: 'start' } };
      server.onRequest = ({ id }, response) =>
        void response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(`\uFEFF${JSON.stringify({ jsonrpc: '2.0', id: String(id), error })}`);
      const connection = await connections.connect(server.url);
      await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_rejected', rpcError: error });
      expect(server.sent('tools/call')).toHaveLength(1);
    },
  );

  it('initialises with a version that the server names when it refuses another one', async () => {
    const initialize = server.onInitialize;
    server.onInitialize = (message, response, request) => {
      if ((message.params as { protocolVersion: string }).protocolVersion === '2025-03-26')
        return initialize(message, response, request);
      const data = { supported: ['1999-01-01', '2024-11-05', '2025-03-26'] };
      json(response, { id: message.id, error: { code: -32602, message: 'Unsupported protocol version', data } });
    };
    await connections.connect(server.url);
    expect(server.sent('initialize')).toHaveLength(2);
  });

  it.each([
    [
      'no JSON',
      (response: ServerResponse) => response.setHeader('content-type', 'application/json').end('{'),
      'upstream_rejected',
    ],
    [
      'a page',
      (response: ServerResponse) => response.setHeader('content-type', 'text/html').end('<p>'),
      'upstream_rejected',
    ],
    [
      'another answer',
      (response: ServerResponse) => json(response, { id: 99_999, result: {} }),
      'upstream_unavailable',
    ],
    ['an empty stream', (response: ServerResponse) => stream(response).end(), 'upstream_unavailable'],
    ['nothing', (response: ServerResponse) => response.writeHead(202).end(), 'upstream_rejected'],
    ['a broken connection', (response: ServerResponse) => response.destroy(), 'upstream_unavailable'],
    [
      'a redirect elsewhere',
      (response: ServerResponse) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'upstream_unavailable',
    ],
  ])('fails a call that gets %s instead of an answer, without repeating it', async (_what, answer, code) => {
    server.onRequest = (_message, response) => void answer(response);
    const connection = await connections.connect(server.url);
    await expect(call(connection, 'any')).rejects.toMatchObject({ name: 'ProviderError', code });
    expect(server.sent('tools/call')).toHaveLength(1);
  });

  it.each(['ends', 'breaks'])(
    'resumes a stream that %s before the answer, where the server gave it an id',
    async (how) => {
      let id: number | string | undefined;
      server.onRequest = (message, response) => {
        ({ id } = message);
        stream(response).write('id: e1\nretry: 15\ndata:\n\n', () =>
          how === 'ends' ? response.end() : response.destroy(),
        );
      };
      server.onGet = (_message, response, { headers }) => {
        if (headers['last-event-id'] !== 'e1') return void response.writeHead(405).end();
        stream(response).end(event({ id, result: text('resumed') }, 'e2'));
      };
      const connection = await connections.connect(server.url);
      expect(await call(connection, 'any')).toBe('resumed');
      expect(server.sent('tools/call')).toHaveLength(1);
    },
  );

  it('fails a call whose stream cannot be resumed', async () => {
    server.onRequest = (_message, response) => void stream(response).end('id: e1\ndata:\n\n');
    const connection = await connections.connect(server.url);
    await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_rejected' });
  });

  it('refuses an answer of more than 8 MiB and goes on', async () => {
    server.onRequest = ({ id }, response) => json(response, { id, result: text('x'.repeat(9 * 1024 * 1024)) });
    const connection = await connections.connect(server.url);
    await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_rejected' });
    server.onRequest = ({ id }, response) => json(response, { id, result: text('small') });
    expect(await call(connection, 'any')).toBe('small');
  });

  it.each([
    [{ 'X-Key': 'a\r\nX-Admin: 1' }, 'X-Key'],
    [{ 'X-Key\r\n': 'a' }, 'name'],
    [{ 'Mcp-Session-Id': 'a' }, 'Mcp-Session-Id'],
    [{ Host: 'other' }, 'Host'],
  ])('refuses the headers %j', async (headers, named) => {
    const refused = connections.connect(server.url, { headers });
    await expect(refused).rejects.toMatchObject({ name: 'ProviderError', message: expect.stringContaining(named) });
    expect(server.received).toEqual([]);
  });

  it('refuses a URL that is none, and one that egress forbids', async () => {
    await expect(connections.connect('no url')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(connections.connect('file:///etc/passwd')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    await expect(connections.connect('http://10.0.0.1/')).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringContaining('10.0.0.1 may not be reached'),
    });
  });

  it('gives up on a server that never answers initialize', async () => {
    server.onInitialize = () => undefined;
    const aborting = new AbortController();
    const connecting = connections.connect(server.url, {}, aborting.signal);
    setTimeout(() => aborting.abort(new Error('enough')), 50);
    await expect(connecting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('keeps the session when it closes, unless it is told to end it', async () => {
    await (await connections.connect(server.url)).close();
    expect(server.received.filter(({ httpMethod }) => httpMethod === 'DELETE')).toEqual([]);
    await (await connections.connect(server.url)).close({ endSession: true });
    expect(server.received.filter(({ httpMethod }) => httpMethod === 'DELETE')).toMatchObject([
      { headers: { 'mcp-session-id': 'session-2' } },
    ]);
  });

  it('fails what is pending when it closes', async () => {
    server.onRequest = () => undefined;
    const connection = await connections.connect(server.url);
    let told = false;
    connection.onClosed(() => (told = true));
    const [pending] = await Promise.allSettled([call(connection, 'never'), connection.close()]);
    expect(pending).toMatchObject({ reason: { code: 'upstream_unavailable' } });
    expect(told).toBe(false);
  });
});
