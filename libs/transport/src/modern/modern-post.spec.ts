import { once } from 'node:events';
import { eventually } from '../../../../test/support/eventually.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import {
  callTool,
  GATEWAY_CAPABILITIES,
  initialize,
  messages,
  modern,
  openSession,
  request,
  send,
  withoutBody,
} from '../../testing/src/mcp-wire.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';
const serverInfo = { name: 'manifold', title: 'Manifold', version: expect.any(String) };

describe('POST /mcp in the modern era', () => {
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport();
  });
  afterAll(() => app.discard());

  const call = (name: string, args: object = {}, options: Parameters<typeof modern>[2] = {}) =>
    modern(app.url, { id: 1, method: 'tools/call', params: { name, arguments: args } }, options);

  it('discovers what the gateway speaks', async () => {
    const response = await modern(app.url, { id: 'd', method: 'server/discover' });
    expect(response.status).toBe(200);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: 'd',
      result: {
        resultType: 'complete',
        supportedVersions: ['2026-07-28'],
        capabilities: GATEWAY_CAPABILITIES,
        ttlMs: expect.any(Number),
        cacheScope: 'public',
        _meta: { [SERVER_INFO_KEY]: serverInfo },
      },
    });
  });

  it('lists tools as something that only this user may keep', async () => {
    const response = await modern(app.url, { id: 1, method: 'tools/list' });
    expect(await response.json()).toMatchObject({
      id: 1,
      result: {
        resultType: 'complete',
        ttlMs: expect.any(Number),
        cacheScope: 'private',
        _meta: { [SERVER_INFO_KEY]: serverInfo },
        tools: expect.arrayContaining([{ name: 'echo', inputSchema: { type: 'object' }, 'x-unknown': { kept: true } }]),
      },
    });
  });

  it('calls a tool and passes fields that nobody knows', async () => {
    const response = await call('echo', { message: 'hi' });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {
        resultType: 'complete',
        content: [{ type: 'text', text: 'hi' }],
        _meta: { 'test/unknown': 1, [SERVER_INFO_KEY]: serverInfo },
        unknown: 'kept',
      },
    });
  });

  it('sends progress on a stream that ends with the result', async () => {
    const response = await call('steps', { count: 3 }, { meta: { progressToken: 0 } });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await messages(response)).toMatchObject([
      { params: { progress: 1, progressToken: 0, 'x-unknown': 1 } },
      { params: { progress: 2 } },
      { params: { progress: 3 } },
      { id: 1, result: { resultType: 'complete' } },
    ]);
  });

  it.each([
    ['while it is pending', undefined],
    ['while it streams', 't'],
  ])('cancels the call when the client closes the connection %s', async (_title, progressToken) => {
    const controller = new AbortController();
    const held = app.provider.nextHeld();
    const aborted = once(app.provider.events, 'aborted');
    const pending = call('hold', {}, { meta: { progressToken }, signal: controller.signal });
    const ended = pending.then((response) => response.text()).catch((error: Error) => error.name);
    await held;
    if (progressToken !== undefined) await pending;
    controller.abort();
    await aborted;
    expect(await ended).toBe('AbortError');
    await eventually('the call has ended', () => app.get(TransportStatus).callsInFlight === 0);
  });

  it.each([
    ['an unknown tool', () => call('nothing'), 200, -32602],
    ['an upstream error', () => call('reject'), 200, -32050],
    [
      'a cursor that it never gave',
      () => modern(app.url, { id: 1, method: 'tools/list', params: { cursor: 'x' } }),
      200,
      -32602,
    ],
    ['an unknown method', () => modern(app.url, { id: 1, method: 'tools/invent' }), 404, -32601],
    ['ping', () => modern(app.url, { id: 1, method: 'ping' }), 404, -32601],
    ['initialize', () => modern(app.url, { id: 1, method: 'initialize' }), 404, -32601],
    ['a header that names another tool', () => call('echo', {}, { headers: { 'mcp-name': 'whoami' } }), 400, -32020],
    ['a missing header', () => call('echo', {}, { headers: { 'mcp-method': '' } }), 400, -32020],
    ['a missing version header', () => call('echo', {}, { headers: { 'mcp-protocol-version': '' } }), 400, -32020],
    [
      'an envelope that lacks a part',
      () => send(app.url, callTool(1, 'echo'), { headers: { 'mcp-protocol-version': '2026-07-28' } }),
      400,
      -32602,
    ],
    [
      'a revision that is not spoken',
      () =>
        call(
          'echo',
          {},
          {
            meta: { 'io.modelcontextprotocol/protocolVersion': '2027-01-01' },
            headers: { 'mcp-protocol-version': '2027-01-01' },
          },
        ),
      400,
      -32022,
    ],
  ])('answers %s with its error, under the id of the request', async (_title, ask, status, code) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: 1, error: { code } });
  });

  it('does not call a tool when header and body disagree', async () => {
    const held = jest.fn();
    app.provider.events.on('held', held);
    await call('hold', {}, { headers: { 'mcp-name': 'echo' } });
    app.provider.events.off('held', held);
    expect(held).not.toHaveBeenCalled();
  });

  it('takes notifications with 202', async () => {
    const response = await modern(app.url, { method: 'notifications/anything' });
    expect(response.status).toBe(202);
    expect(await response.text()).toBe('');
  });

  it.each([
    ['a batch', [request(1, 'tools/list')]],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }],
    ['what is no message', { hello: 'world' }],
  ])('refuses %s', async (_title, body) => {
    const response = await send(app.url, body, { headers: { 'mcp-protocol-version': '2026-07-28' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: -32600 }, id: null });
  });

  it.each(['GET', 'DELETE'] as const)('has no %s', async (method) => {
    const session = await openSession(app.url);
    const response = await withoutBody(app.url, method, { session, headers: { 'mcp-protocol-version': '2026-07-28' } });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  it('serves requests of both eras side by side, each to its own user', async () => {
    const session = await openSession(app.url, 'bob');
    const [one, two] = await Promise.all([
      modern(app.url, { id: 1, method: 'tools/call', params: { name: 'whoami' } }, { user: 'alice', session }),
      send(app.url, callTool(1, 'whoami'), { user: 'bob', session }),
    ]);
    expect(await one.json()).toMatchObject({ result: { content: [{ text: 'alice' }] } });
    expect(await two.json()).toMatchObject({ result: { content: [{ text: 'bob' }] } });
  });

  it('keeps no session', async () => {
    const before = app.get(TransportStatus).sessions;
    await call('echo');
    await modern(app.url, { id: 1, method: 'server/discover' });
    expect(app.get(TransportStatus).sessions).toBe(before);
  });

  it('leaves initialize without an envelope to the legacy era', async () => {
    expect(await (await send(app.url, initialize('2026-07-28'))).json()).toMatchObject({
      result: { protocolVersion: '2025-11-25' },
    });
  });
});
