import { AnnouncingProvider, tool } from '@manifold/tool-registry/testing';
import type { ToolDescriptor } from '@manifold/tool-provider';
import {
  callTool,
  events,
  initialize,
  modern,
  openSession,
  request,
  send,
  withoutBody,
} from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const ofApp = (app: string, name: string): ToolDescriptor => ({ ...tool(`${app}_${name}`), app, name });
const TOOLS = [ofApp('gmail', 'send-email'), ofApp('gmail', 'read-email'), ofApp('slack', 'post')];

interface Answer {
  readonly id?: unknown;
  readonly result?: { readonly tools?: { readonly name: string }[]; readonly content?: { readonly text: string }[] };
  readonly error?: { readonly code: number; readonly message: string };
}

describe('the view of a URL', () => {
  const provider = new AnnouncingProvider(async () => TOOLS, 'apps');
  let app: TransportApp;

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
  });
  afterAll(() => app.discard());

  const open = (query: string): Promise<string> => openSession(app.url, 'alice', '2025-11-25', query);
  const ask = async (session: string, body: object, query = ''): Promise<Answer> =>
    (await (await send(app.url, body, { session, query })).json()) as Answer;
  const names = ({ result }: Answer): string[] => result!.tools!.map(({ name }) => name);

  const BAD = [
    'mode=',
    'mode=Dynamic',
    'mode=other',
    'mode=static&mode=static',
    'apps=',
    'apps=,',
    'apps=a,',
    'apps=a,,b',
    'apps=a%20b',
    'apps=a;b',
    'apps=-a',
    'apps=%00',
    'apps=a&apps=b',
    `apps=${'a'.repeat(129)}`,
    `apps=${Array.from({ length: 101 }, (_, index) => `a${index}`).join(',')}`,
  ];

  it.each(BAD)('is refused with words when it is no view: %s', async (query) => {
    const response = await send(app.url, initialize(), { query: `?${query}` });
    expect(response.status).toBe(400);
    expect(response.headers.get('mcp-session-id')).toBeNull();
    const [field] = query.split('=');
    expect(await response.json()).toMatchObject({ id: 0, error: { message: expect.stringContaining(field!) } });

    const stateless = await modern(app.url, { id: 7, method: 'tools/list' }, { query: `?${query}` });
    expect(stateless.status).toBe(400);
    expect(await stateless.json()).toMatchObject({ id: 7, error: { message: expect.stringContaining(field!) } });

    const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
    const sse = await fetch(`${app.url}/sse?${query}`, { headers });
    expect(sse.status).toBe(400);
    expect(await sse.json()).toMatchObject({ error: { message: expect.stringContaining(field!) } });
  });

  it('belongs to the session: what later requests of it have in their URL does not count', async () => {
    const session = await open('?apps=gmail');
    expect(names(await ask(session, request(1, 'tools/list')))).toEqual(['gmail_send-email', 'gmail_read-email']);
    const other = await ask(session, request(2, 'tools/list'), '?apps=slack&mode=dynamic');
    expect(names(other)).toEqual(['gmail_send-email', 'gmail_read-email']);
  });

  it('hides tools from calls as if they did not exist', async () => {
    const session = await open('?apps=gmail');
    const hidden = await ask(session, callTool(1, 'slack_post'));
    const missing = await ask(session, callTool(1, 'nobody_knows'));
    expect(hidden.error).toEqual({ code: -32602, message: 'Unknown tool: slack_post' });
    expect(missing.error).toEqual({ code: -32602, message: 'Unknown tool: nobody_knows' });
    expect((await ask(session, callTool(2, 'gmail_send-email'))).result?.content).toHaveLength(1);
  });

  it('is empty where the apps do not exist', async () => {
    expect(names(await ask(await open('?apps=nothing,GMAIL'), request(1, 'tools/list')))).toEqual([]);
  });

  it('is that of each request in the modern era', async () => {
    const list = async (query: string): Promise<string[]> =>
      names((await (await modern(app.url, { id: 1, method: 'tools/list' }, { query })).json()) as Answer);
    expect(await list('?apps=slack')).toEqual(['slack_post']);
    expect(await list('?apps=gmail&mode=static')).toEqual(['gmail_send-email', 'gmail_read-email']);
    expect(await list('?mode=dynamic')).toEqual(['search-tools', 'call-tool']);
    expect(await list('')).toEqual(expect.arrayContaining(['echo', 'slack_post']));
    const hiddenCall = { id: 2, method: 'tools/call', params: { name: 'slack_post', arguments: {} } };
    const hidden = await modern(app.url, hiddenCall, { query: '?apps=gmail' });
    expect(await hidden.json()).toMatchObject({ error: { code: -32602 } });
  });

  it('is that of the stream in HTTP+SSE', async () => {
    const controller = new AbortController();
    const headers = { authorization: 'Bearer alice', accept: 'text/event-stream' };
    const stream = events(await fetch(`${app.url}/sse?apps=slack`, { headers, signal: controller.signal }));
    const endpoint = (await stream.next()).value!.data;
    await fetch(`${app.url}${endpoint}`, {
      method: 'POST',
      headers: { authorization: 'Bearer alice', 'content-type': 'application/json' },
      body: JSON.stringify(request(1, 'tools/list')),
    });
    expect(names(JSON.parse((await stream.next()).value!.data) as Answer)).toEqual(['slack_post']);
    controller.abort();
  });

  it('survives a restart', async () => {
    const session = await open('?apps=slack');
    const { dataDir } = app;
    await app.stop();
    app = await startTransport({ dataDir, providers: [provider] });
    expect(names(await ask(session, request(1, 'tools/list')))).toEqual(['slack_post']);
    expect((await withoutBody(app.url, 'DELETE', { session })).status).toBe(200);
  });
});
