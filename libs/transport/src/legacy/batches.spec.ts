import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool, initialize, messages, openSession, request, send } from '../../testing/src/mcp-wire.js';

describe('batches', () => {
  let app: TransportApp;
  let session: string;

  beforeAll(async () => {
    app = await startTransport();
    session = await openSession(app.url, 'alice', '2025-03-26');
  });
  afterAll(() => app.discard());

  it('are answered as an array, without notifications, with an error for what is no message', async () => {
    const body = [
      callTool(1, 'echo', { message: 'a' }),
      { jsonrpc: '2.0', method: 'notifications/x' },
      { id: 3 },
      request('4', 'ping'),
    ];
    const response = await send(app.url, body, { session });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject([
      { id: 1, result: { content: [{ text: 'a' }] } },
      { id: null, error: { code: -32600 } },
      { id: '4', result: {} },
    ]);
  });

  it('have no answer if they hold notifications only', async () => {
    const response = await send(app.url, [{ jsonrpc: '2.0', method: 'notifications/initialized' }], { session });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
  });

  it('with progress are answered on a stream', async () => {
    const response = await send(app.url, [callTool(1, 'steps', { count: 2 }, 't'), request(2, 'ping')], { session });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await messages(response)).toMatchObject([
      { method: 'notifications/progress', params: { progress: 1, progressToken: 't' } },
      { method: 'notifications/progress', params: { progress: 2, progressToken: 't' } },
      { id: 1, result: { content: [{ text: 'done' }] } },
      { id: 2, result: {} },
    ]);
  });

  it('answer each request, also two of one id', async () => {
    const response = await send(app.url, [callTool(1, 'whoami'), callTool(1, 'whoami')], { session });
    expect(await response.json()).toMatchObject([
      { id: 1, result: {} },
      { id: 1, result: {} },
    ]);
  });

  it('with twenty requests are served', async () => {
    const body = Array.from({ length: 20 }, (_, id) => callTool(id, 'echo', { message: id }));
    expect(await (await send(app.url, body, { session })).json()).toHaveLength(20);
  });

  it.each([
    ['of none', []],
    ['of 21 requests', Array.from({ length: 21 }, (_, id) => request(id, 'ping'))],
    ['with initialize', [initialize('2025-03-26'), request(1, 'ping')]],
  ])('%s are refused', async (_title, body) => {
    const response = await send(app.url, body, { session });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32600 }, id: null });
  });

  it.each(['2025-06-18', '2025-11-25'])('are refused in revision %s', async (version) => {
    const later = await openSession(app.url, 'alice', version);
    const response = await send(app.url, [request(1, 'ping')], { session: later });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32600 } });
  });

  it('are refused where the header names a revision without them', async () => {
    const response = await send(app.url, [request(1, 'ping')], {
      session,
      headers: { 'mcp-protocol-version': '2025-06-18' },
    });
    expect(response.status).toBe(400);
  });

  it('in the oldest revision are served as long as no header names another', async () => {
    const oldest = await openSession(app.url, 'alice', '2024-11-05');
    const response = await send(app.url, [request(1, 'ping')], { session: oldest });
    expect(await response.json()).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
  });
});
