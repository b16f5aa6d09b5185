import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import {
  callTool,
  events,
  GATEWAY_CAPABILITIES,
  initialize,
  openSession,
  request,
  send,
  withoutBody,
  type WireOptions,
} from '../../testing/src/mcp-wire.js';

describe('POST /mcp in the legacy era', () => {
  let app: TransportApp;
  let session: string;

  beforeAll(async () => {
    app = await startTransport();
    session = await openSession(app.url);
  });
  afterAll(() => app.discard());

  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'starts a session of revision %s',
    async (version) => {
      const response = await send(app.url, initialize(version));
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(response.headers.get('mcp-session-id')).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(await response.json()).toEqual({
        jsonrpc: '2.0',
        id: 0,
        result: {
          protocolVersion: version,
          capabilities: GATEWAY_CAPABILITIES,
          serverInfo: { name: 'manifold', title: 'Manifold', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
        },
      });
    },
  );

  it('never takes a session id from the client', async () => {
    const chosen = 'A'.repeat(43);
    const response = await send(app.url, initialize(), { session: chosen });
    expect(response.headers.get('mcp-session-id')).not.toBe(chosen);
  });

  it.each([
    ['no params', undefined],
    ['no version', {}],
    ['a version that is no string', { protocolVersion: 1 }],
    ['capabilities that are no object', { protocolVersion: '2025-11-25', capabilities: ['roots'] }],
    ['a client name that is no object', { protocolVersion: '2025-11-25', clientInfo: 'me' }],
    [
      'a client that describes itself at length',
      { protocolVersion: '2025-11-25', clientInfo: { name: 'x'.repeat(20_000) } },
    ],
  ])('refuses to initialize with %s', async (_title, params) => {
    const response = await send(app.url, request(5, 'initialize', params));
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await response.json()).toMatchObject({ id: 5, error: { code: -32602 } });
  });

  it('calls a tool and passes fields that nobody knows', async () => {
    const response = await send(app.url, callTool(1, 'echo', { message: 'hi' }), { session });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { content: [{ type: 'text', text: 'hi' }], _meta: { 'test/unknown': 1 }, unknown: 'kept' },
    });
  });

  it('lists all tools on one page, with fields that nobody knows', async () => {
    const response = await send(app.url, request('list', 'tools/list'), { session });
    const { result } = (await response.json()) as { result: { tools: object[] } };
    expect(result.tools).toContainEqual({ name: 'echo', inputSchema: { type: 'object' }, 'x-unknown': { kept: true } });
  });

  it('answers ping', async () => {
    const response = await send(app.url, request('p', 'ping'), { session });
    expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
  });

  it.each([
    ['a cursor that it never gave', request(1, 'tools/list', { cursor: 'x' }), -32602],
    ['an unknown tool', callTool(1, 'nothing'), -32602],
    ['a call without a name', request(1, 'tools/call', {}), -32602],
    ['arguments that are no object', request(1, 'tools/call', { name: 'echo', arguments: ['a'] }), -32602],
    ['an unknown method', request(1, 'tools/invent'), -32601],
    ['a method of the modern era', request(1, 'server/discover'), -32601],
    ['a result that cannot be written', callTool(1, 'deep'), -32603],
  ])('answers %s with a JSON-RPC error', async (_title, body, code) => {
    const response = await send(app.url, body, { session });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ id: 1, error: { code } });
  });

  it('names the tool that does not exist', async () => {
    const response = await send(app.url, callTool(1, 'nothing'), { session });
    expect(await response.json()).toMatchObject({ error: { message: 'Unknown tool: nothing' } });
  });

  it('passes the JSON-RPC error of an upstream as it came', async () => {
    const response = await send(app.url, callTool(1, 'reject'), { session });
    expect(await response.json()).toMatchObject({
      error: { code: -32050, message: 'No such thing', data: { why: 'because' } },
    });
  });

  it('tells the model of a failed call in words', async () => {
    const response = await send(app.url, callTool(1, 'busy'), { session });
    expect(await response.json()).toMatchObject({
      result: { isError: true, content: [{ type: 'text', text: expect.stringContaining('7 seconds') }] },
    });
  });

  it.each([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/initialized' }],
    ['an unknown notification', { jsonrpc: '2.0', method: 'notifications/invented', params: {} }],
    ['a cancellation of nothing', { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 99 } }],
    ['a cancellation without an id', { jsonrpc: '2.0', method: 'notifications/cancelled' }],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }],
  ])('takes %s with 202 and no body', async (_title, body) => {
    const response = await send(app.url, body, { session });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
  });

  describe('refuses', () => {
    it.each([
      ['an Accept without JSON', { accept: 'text/event-stream' }, 406, -32000],
      ['text', { 'content-type': 'text/plain' }, 415, -32000],
      ['a type that only begins like JSON', { 'content-type': 'application/json-seq' }, 415, -32000],
      ['an unsupported revision', { 'mcp-protocol-version': '1999-01-01' }, 400, -32000],
      ['a session id that is none', { 'mcp-session-id': 'none' }, 404, -32001],
      ['a session id that nobody was given', { 'mcp-session-id': 'A'.repeat(43) }, 404, -32001],
    ])('%s', async (_title, headers, status, code) => {
      const response = await send(app.url, request(1, 'ping'), { session, headers });
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({
        jsonrpc: '2.0',
        error: { code, message: expect.any(String) },
        id: null,
      });
    });

    it.each([
      ['text that is no JSON', '{"jsonrpc":', 400, -32700],
      ['nothing', '', 400, -32700],
      ['null', 'null', 400, -32600],
      ['a number', '7', 400, -32600],
      ['what is no JSON-RPC', '{"hello":"world"}', 400, -32600],
      ['a prototype', '{"jsonrpc":"2.0","id":1,"method":"ping","__proto__":{"x":1}}', 400, -32700],
      ['a key that comes twice', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', 400, -32700],
      [
        'deep nesting',
        `{"jsonrpc":"2.0","id":1,"method":"ping","params":${'{"a":'.repeat(70)}1${'}'.repeat(70)}}`,
        400,
        -32700,
      ],
      [
        'more than 4 MiB',
        `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(4 * 1024 * 1024)}"}}`,
        413,
        -32000,
      ],
    ])('%s', async (_title, body, status, code) => {
      const response = await send(app.url, body, { session });
      expect(response.status).toBe(status);
      expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code }, id: null });
      expect(({} as { x?: number }).x).toBeUndefined();
    });

    it('a request without a session', async () => {
      const response = await send(app.url, request(1, 'tools/list'));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: -32000 }, id: null });
    });

    it('a caller without credentials in the words of HTTP, and in those that clients show', async () => {
      const response = await send(app.url, request(1, 'ping'), { session, user: 'nobody' });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(response.headers.get('content-type')).toMatch(/^application\/json/);
      const problem = { status: 401, code: 'unauthenticated', detail: 'Who is it?', success: false };
      const error = { code: -32600, message: 'Who is it?' };
      expect(await response.json()).toMatchObject({ ...problem, jsonrpc: '2.0', id: null, error });
    });

    it('a stream without credentials with a problem document', async () => {
      const response = await withoutBody(app.url, 'GET', { session, user: 'nobody' });
      expect([response.status, response.headers.get('content-type')]).toEqual([
        401,
        expect.stringContaining('application/problem+json'),
      ]);
    });

    it('another HTTP method, and says which there are', async () => {
      const response = await withoutBody(app.url, 'PUT', { session });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, POST, DELETE');
    });
  });

  describe('with two requests of one id at the same time', () => {
    const cancel = (requestId: number, options: WireOptions) =>
      send(app.url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } }, options);

    it('answers both, each in its own response', async () => {
      const held = app.provider.nextHeld();
      const first = send(app.url, callTool(7, 'hold'), { session });
      await held;
      const second = await send(app.url, callTool(7, 'echo', { message: 'second' }), { session });
      expect(await second.json()).toMatchObject({ id: 7, result: { content: [{ text: 'second' }] } });
      app.provider.release();
      expect(await (await first).json()).toMatchObject({ id: 7, result: { content: [{ text: 'released' }] } });
    });

    it('cancels the one that has run longest, and none of another session', async () => {
      const other = await openSession(app.url);
      const calls: Promise<Response>[] = [];
      for (const id of [other, session, session]) {
        const held = app.provider.nextHeld();
        calls.push(send(app.url, callTool(7, 'hold'), { session: id }));
        await held;
      }
      const [foreign, first, second] = calls;

      expect((await cancel(7, { session })).status).toBe(202);
      expect((await first!).status).toBe(202);
      app.provider.release();
      for (const answer of [second, foreign]) {
        expect(await (await answer!).json()).toMatchObject({ id: 7, result: { content: [{ text: 'released' }] } });
      }
    });

    it('refuses a cancellation in a session of somebody else', async () => {
      const held = app.provider.nextHeld();
      const first = send(app.url, callTool(7, 'hold'), { session });
      await held;
      expect((await cancel(7, { session, user: 'eve' })).status).toBe(404);
      app.provider.release();
      expect(await (await first).json()).toMatchObject({ result: { content: [{ text: 'released' }] } });
    });
  });

  describe('for a client that accepts JSON alone', () => {
    it.each([{ accept: 'application/json' }, { accept: '' }])('answers in JSON: %s', async (headers) => {
      const opened = await send(app.url, initialize(), { headers });
      const own = opened.headers.get('mcp-session-id')!;
      const response = await send(app.url, callTool(1, 'steps', { count: 2 }, 'token'), { session: own, headers });
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.json()).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
    });

    it('sends what precedes the result on the stream of the session, if the client has opened it', async () => {
      const own = await openSession(app.url);
      const stream = events(
        await withoutBody(app.url, 'GET', { session: own, headers: { accept: 'text/event-stream' } }),
      );
      const headers = { accept: 'application/json' };
      const response = await send(app.url, callTool(1, 'steps', { count: 1 }, 'token'), { session: own, headers });
      expect(await response.json()).toMatchObject({ id: 1, result: { content: [{ text: 'done' }] } });
      expect(JSON.parse((await stream.next()).value!.data)).toMatchObject({ params: { progressToken: 'token' } });
      await stream.return(undefined);
    });
  });

  it.each<[string, object, object]>([
    ['params', { method: 'ping', params: null }, {}],
    ['_meta', { method: 'tools/list', params: { _meta: null } }, { tools: expect.any(Array) }],
    ['a cursor', { method: 'tools/list', params: { cursor: null } }, { tools: expect.any(Array) }],
    ['a cursor of resources', { method: 'resources/list', params: { cursor: null } }, { resources: expect.any(Array) }],
    [
      'arguments',
      { method: 'tools/call', params: { name: 'whoami', arguments: null } },
      { content: [{ text: 'alice' }] },
    ],
    ['a progress token', { method: 'tools/call', params: { name: 'whoami', _meta: { progressToken: null } } }, {}],
    [
      'what a client is and supports',
      {
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', clientInfo: null, capabilities: { sampling: null, roots: null } },
      },
      { protocolVersion: '2025-06-18' },
    ],
  ])('reads null as absent: %s', async (_title, message, result) => {
    const response = await send(app.url, { jsonrpc: '2.0', id: 1, ...message }, { session });
    expect(await response.json()).toMatchObject({ id: 1, result });
  });

  it('takes a notification whose id and params are null', async () => {
    const body = { jsonrpc: '2.0', id: null, method: 'notifications/initialized', params: null };
    expect((await send(app.url, body, { session })).status).toBe(202);
    expect((await send(app.url, { ...body, method: 'ping' }, { session })).status).toBe(400);
  });

  it.each(['application/json;charset=utf-8', 'Application/JSON'])('takes a body of type %s', async (type) => {
    const response = await send(app.url, request(1, 'ping'), { session, headers: { 'content-type': type } });
    expect(response.status).toBe(200);
  });

  it.each(['*/*', 'application/*, text/*', 'text/event-stream;q=0.9,application/json;q=0.8'])(
    'accepts %s',
    async (accept) => {
      const response = await send(app.url, request(1, 'ping'), { session, headers: { accept } });
      expect(response.status).toBe(200);
    },
  );

  it('takes and sends messages of the size that PAYLOAD_LIMIT allows', async () => {
    const large = await startTransport({ settings: { PAYLOAD_LIMIT: '9mb' } });
    const own = await openSession(large.url);
    const echoed = async (bytes: number) =>
      send(large.url, callTool(1, 'echo', { message: 'x'.repeat(bytes) }), { session: own });
    const answer = (await (await echoed(8 * 1024 * 1024)).json()) as { result: { content: { text: string }[] } };
    expect(answer.result.content[0]!.text).toHaveLength(8 * 1024 * 1024);
    expect((await echoed(9 * 1024 * 1024)).status).toBe(413);
    await large.discard();
  });

  it('tells the ids 1 and "1" apart', async () => {
    const held = app.provider.nextHeld();
    const first = send(app.url, callTool(1, 'hold'), { session });
    await held;
    const second = await send(app.url, callTool('1', 'echo', { message: 'text' }), { session });
    expect(await second.json()).toMatchObject({ id: '1', result: { content: [{ text: 'text' }] } });
    app.provider.release();
    expect(await (await first).json()).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
  });

  it('answers fifty clients with the same ids, each with its own result', async () => {
    const users = Array.from({ length: 50 }, (_, index) => `user-${index}`);
    const sessions = await Promise.all(users.map((user) => openSession(app.url, user)));
    const answers = await Promise.all(
      users.map(async (user, index) =>
        (await send(app.url, callTool(1, 'whoami'), { user, session: sessions[index] })).json(),
      ),
    );
    const texts = answers.map(
      (answer) => (answer as { result: { content: { text: string }[] } }).result.content[0]?.text,
    );
    expect(texts).toEqual(users);
  });
});
