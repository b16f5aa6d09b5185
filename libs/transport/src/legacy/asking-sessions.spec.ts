import { once } from 'node:events';
import { ProviderError } from '@manifold/tool-provider';
import { askingTools } from '../../testing/src/asking-tools.js';
import { RelayProvider } from '../../testing/src/relay-provider.js';
import { callTool, events, openSessionWith, request, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const ALL = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };

interface Message {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: { readonly content: readonly { readonly text: string }[] };
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

/** The messages of a stream, one by one. */
function reader(response: Response) {
  const stream = events(response);
  return async (): Promise<Message | undefined> => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done) return undefined;
      if (value.data !== '') return JSON.parse(value.data) as Message;
    }
  };
}

describe('a session whose client is asked', () => {
  const { tools, events: happened } = askingTools();
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport({ providers: [new RelayProvider({ ask: { tools } })] });
  });
  afterAll(() => app.discard());

  const open = (capabilities: object = ALL, user = 'alice') => openSessionWith(app.url, capabilities, { user });
  const answer = (session: string, id: unknown, more: object, user = 'alice') =>
    send(app.url, { jsonrpc: '2.0', id, ...more }, { session, user });
  const call = async (session: string, name: string, args: object = {}, user = 'alice') =>
    reader(await send(app.url, callTool(1, `ask_${name}`, args), { session, user }));
  const failure = async (): Promise<ProviderError> => (await once(happened, 'failed'))[0] as ProviderError;

  it('gets the server request on the stream of its call, and the call gets the answer as it was given', async () => {
    const session = await open();
    const next = await call(session, 'ask');
    const asked = (await next())!;
    expect(asked).toEqual({
      jsonrpc: '2.0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      method: 'elicitation/create',
      params: { message: 'Who?' },
    });
    const response = await answer(session, asked.id, { result: { action: 'accept', content: { x: 1 }, y: 2 } });
    expect([response.status, await response.text()]).toEqual([202, '']);
    const result = (await next())!;
    expect(JSON.parse(result.result!.content[0]!.text)).toEqual({ action: 'accept', content: { x: 1 }, y: 2 });
    expect(await next()).toBeUndefined();
  });

  it('is asked several things at once, and may answer in any order', async () => {
    const session = await open();
    const next = await call(session, 'askThree');
    const asked = [(await next())!, (await next())!, (await next())!];
    expect(asked.map(({ method }) => method)).toEqual(['elicitation/create', 'sampling/createMessage', 'roots/list']);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(3);
    for (const { id, method } of asked.reverse()) await answer(session, id, { result: { method } });
    expect(JSON.parse((await next())!.result!.content[0]!.text)).toEqual({
      name: { method: 'elicitation/create' },
      sample: { method: 'sampling/createMessage' },
      roots: { method: 'roots/list' },
    });
  });

  it('fails the call with its own error', async () => {
    const session = await open();
    const next = await call(session, 'askThree');
    const [first, second, third] = [(await next())!, (await next())!, (await next())!];
    const failed = failure();
    await answer(session, second.id, { error: { code: -1, message: 'User rejected', data: { why: 1 } } });
    const rpcError = { code: -1, message: 'User rejected', data: { why: 1 } };
    expect(await failed).toMatchObject({ code: 'upstream_rejected', rpcError });
    const told = [(await next())!, (await next())!];
    expect(told.map(({ method, params }) => [method, params!.requestId])).toEqual([
      ['notifications/cancelled', first.id],
      ['notifications/cancelled', third.id],
    ]);
    expect((await next())!.error).toEqual(rpcError);
  });

  it.each([
    [{ result: 'text' }],
    [{ result: null }],
    [{ result: [] }],
    [{ error: 'text' }],
    [{ error: { code: 'x' } }],
  ])('fails the call with an answer that is none: %j', async (bad) => {
    const session = await open();
    const next = await call(session, 'ask');
    const { id } = (await next())!;
    expect((await answer(session, id, bad)).status).toBe(202);
    expect((await next())!.error).toMatchObject({ code: -32603 });
  });

  it('is told by nobody else: foreign, guessed, repeated and late answers are ignored', async () => {
    const [session, other, bobs] = [await open(), await open(), await open(ALL, 'bob')];
    const next = await call(session, 'askTwice');
    const first = (await next())!;
    const wrong = { result: { wrong: true } };
    for (const id of ['guess', 1, '1', `${String(first.id)} `]) {
      expect((await answer(session, id, wrong)).status).toBe(202);
    }
    expect((await answer(other, first.id, wrong)).status).toBe(202);
    expect((await answer(bobs, first.id, wrong, 'bob')).status).toBe(202);
    expect((await answer(session, first.id, wrong, 'bob')).status).toBe(404);
    await answer(session, first.id, { result: { n: 1 } });
    const second = (await next())!;
    expect((await answer(session, first.id, wrong)).status).toBe(202);
    await answer(session, second.id, { result: { n: 2 } });
    expect(JSON.parse((await next())!.result!.content[0]!.text)).toEqual([{ step: { n: 1 } }, { step: { n: 2 } }]);
    expect((await answer(session, second.id, wrong)).status).toBe(202);
  });

  it('is told that its server request is over when it cancels the call', async () => {
    const session = await open();
    const next = await call(session, 'ask');
    const { id } = (await next())!;
    const failed = failure();
    await send(app.url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, { session });
    expect(await failed).toMatchObject({ code: 'cancelled' });
    expect(await next()).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    expect(await next()).toBeUndefined();
  });

  it('is told that its server request is over when the call ends without the answer', async () => {
    const session = await open();
    const failed = failure();
    const next = await call(session, 'leave');
    const { id } = (await next())!;
    expect(await next()).toMatchObject({ method: 'notifications/cancelled', params: { requestId: id } });
    expect(await next()).toMatchObject({ result: { content: [{ text: 'left' }] } });
    expect(await failed).toMatchObject({ code: 'cancelled' });
  });

  it('leaves no call behind when it ends', async () => {
    const session = await open();
    const next = await call(session, 'ask');
    await next();
    const failed = failure();
    await withoutBody(app.url, 'DELETE', { session });
    expect(await failed).toMatchObject({ code: 'cancelled' });
  });

  it.each([
    ['sampling/createMessage', {}, { elicitation: {} }, { sampling: {} }],
    ['roots/list', {}, { sampling: {} }, { roots: {} }],
    ['elicitation/create', {}, { roots: {} }, { elicitation: { form: {} } }],
    ['elicitation/create', { mode: 'url' }, { elicitation: {} }, { elicitation: { url: {} } }],
    ['elicitation/create', { mode: 'form' }, { elicitation: { url: {} } }, { elicitation: { form: {} } }],
  ])('is not asked %s %j when it declared %j', async (method, params, declared, requiredCapabilities) => {
    const session = await open(declared);
    const response = await send(app.url, callTool(1, 'ask_ask', { method, params }), { session });
    expect(((await response.json()) as Message).error).toMatchObject({ code: -32601, data: { requiredCapabilities } });
  });

  it.each([{}, { elicitation: true }, { experimental: { sampling: {} } }])(
    'is no client to ask where it declared nothing to ask for: %j',
    async (declared) => {
      const session = await open(declared);
      const response = await send(app.url, callTool(1, 'ask_context'), { session });
      expect(((await response.json()) as Message).result!.content[0]!.text).toBe('{}');
    },
  );

  it('is asked over HTTP+SSE too, on its one stream', async () => {
    const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
    const stream = events(await fetch(`${app.url}/sse`, { headers }));
    const endpoint = (await stream.next()).value!.data;
    const post = (body: object) =>
      fetch(`${app.url}${endpoint}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const next = async () => JSON.parse((await stream.next()).value!.data) as Message;
    await post(request(0, 'initialize', { protocolVersion: '2024-11-05', capabilities: ALL }));
    await next();
    await post(callTool(1, 'ask_ask'));
    const { id } = await next();
    expect((await post({ jsonrpc: '2.0', id, result: { over: 'sse' } })).status).toBe(202);
    expect((await next()).result!.content[0]!.text).toBe('{"over":"sse"}');
    await stream.return(undefined);
  });

  it('reads what is logged from its level up, once it has named one', async () => {
    const session = await open();
    const quiet = await send(app.url, callTool(1, 'ask_logs'), { session });
    expect(await quiet.json()).toMatchObject({ result: { content: [{ text: 'nobody reads' }] } });
    await send(app.url, request(1, 'logging/setLevel', { level: 'warning' }), { session });
    const next = await call(session, 'logs');
    for (const level of ['warning', 'emergency', 'odd']) {
      expect(await next()).toEqual({ jsonrpc: '2.0', method: 'notifications/message', params: { level, data: level } });
    }
    expect(await next()).toMatchObject({ id: 1, result: { content: [{ text: 'logged' }] } });
  });

  it('sends along what an upstream may see of its _meta, and nothing else', async () => {
    const session = await open();
    const meta = {
      progressToken: 5,
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01',
      'com.example/x': { y: 1 },
      'io.modelcontextprotocol/clientInfo': { name: 'x', version: '1' },
      'io.modelcontextprotocol/related-task': { taskId: '1' },
    };
    const body = request(1, 'tools/call', { name: 'ask_context', _meta: meta });
    const answered = (await (await send(app.url, body, { session })).json()) as Message;
    const passed = Object.fromEntries(Object.entries(meta).filter(([key]) => !/progressToken|clientInfo/.test(key)));
    expect(JSON.parse(answered.result!.content[0]!.text)).toEqual({ meta: passed, capabilities: ALL });
  });
});
