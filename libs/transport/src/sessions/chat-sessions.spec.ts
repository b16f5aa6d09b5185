import { initialize, modern, openSession, request, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionStore } from './session-store.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const IDLE_MS = 60_000;

describe('chat sessions', () => {
  let app: TransportApp;

  const start = async (dataDir?: string): Promise<void> => {
    app = await startTransport({ dataDir, settings: { MCP_SESSION_IDLE_TIMEOUT_MS: String(IDLE_MS) } });
  };
  const restart = async (): Promise<void> => {
    const { dataDir } = app;
    await app.stop();
    await start(dataDir);
  };
  beforeEach(() => start());
  afterEach(() => app.discard());

  interface Opening {
    readonly user?: string;
    readonly query?: string;
    readonly body?: object;
  }
  const answer = (chat: string, { user, query, body = initialize() }: Opening = {}): Promise<Response> =>
    send(app.url, body, { user, query, headers: { 'x-chat-id': chat } });
  /** @returns the session that the chat continues in */
  const open = async (chat: string, opening?: Opening): Promise<string> => {
    const response = await answer(chat, opening);
    await response.text();
    expect(response.status).toBe(200);
    return response.headers.get('mcp-session-id')!;
  };
  const chats = async (user = 'alice'): Promise<unknown> =>
    (await fetch(`${app.url}/mcp/sessions`, { headers: { authorization: `Bearer ${user}` } })).json();
  const ping = async (session: string, user = 'alice'): Promise<number> =>
    (await send(app.url, request(1, 'ping'), { session, user })).status;

  it('are none at first, and none of those without a chat', async () => {
    await openSession(app.url);
    expect(await chats()).toEqual({});
  });

  it('continue in the session that they have', async () => {
    const session = await open('my-awesome-chat-123');
    const response = await answer('my-awesome-chat-123');
    expect(response.headers.get('mcp-session-id')).toBe(session);
    expect(await response.json()).toMatchObject({ id: 0, result: { protocolVersion: '2025-11-25' } });
    const other = await open('another-chat-456');
    expect(other).not.toBe(session);
    expect(await chats()).toEqual({ 'my-awesome-chat-123': session, 'another-chat-456': other });
    expect(app.get(TransportStatus).sessions).toBe(2);
  });

  it('are of their user: one chat id of two users is two chats', async () => {
    const [mine, bobs] = [await open('chat'), await open('chat', { user: 'bob' })];
    expect(mine).not.toBe(bobs);
    expect(await chats()).toEqual({ chat: mine });
    expect(await chats('bob')).toEqual({ chat: bobs });
    expect(await chats('carol')).toEqual({});
    expect(await ping(mine, 'bob')).toBe(404);
    expect(await open('chat', { user: 'bob' })).toBe(bobs);
  });

  it('survive a restart', async () => {
    const session = await open('chat');
    await restart();
    expect(await chats()).toEqual({ chat: session });
    expect(await open('chat')).toBe(session);
  });

  it('are gone with their session after DELETE, and begin anew', async () => {
    const session = await open('chat');
    await withoutBody(app.url, 'DELETE', { session });
    expect(await chats()).toEqual({});
    const next = await open('chat');
    expect(next).not.toBe(session);
    expect(await chats()).toEqual({ chat: next });
  });

  it('are gone when their session was idle for too long', async () => {
    const session = await open('chat');
    app.get(LegacySessions).endIdle(Date.now() + IDLE_MS + 5_000);
    expect(await ping(session)).toBe(404);
    expect(await chats()).toEqual({});
    expect(await open('chat')).not.toBe(session);
  });

  it('are gone when their record has expired', async () => {
    const session = await open('chat');
    const { revision, value } = (await app.get(SessionStore).get(session))!;
    expect(revision).toBe(1);
    await app.get(SessionStore).remove(session);
    await app.get(SessionStore).insert(session, { ...value, lastSeen: Date.now() - 2 * IDLE_MS });
    await restart();
    expect(await chats()).toEqual({});
    expect(await open('chat')).not.toBe(session);
  });

  it('are kept alive by being opened', async () => {
    const session = await open('chat');
    const seen = [...app.get(LegacySessions).all()].find(({ id }) => id === session)!;
    seen.lastSeen -= IDLE_MS - 1_000;
    await open('chat');
    expect(seen.lastSeen).toBeGreaterThan(Date.now() - IDLE_MS / 2);
  });

  it('get one session when they are opened by many at the same time, however slow the database is', async () => {
    const store = app.get(SessionStore);
    const insert = store.insert.bind(store);
    jest.spyOn(store, 'insert').mockImplementation(async (...record) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return insert(...record);
    });
    const sessions = await Promise.all(Array.from({ length: 10 }, () => open('chat')));
    expect(new Set(sessions).size).toBe(1);
    expect(app.get(TransportStatus).sessions).toBe(1);
  });

  it.each([
    ['another view', { query: '?mode=dynamic' }],
    ['another revision', { body: initialize('2025-03-26') }],
    [
      'a client that shows URLs',
      {
        body: request(0, 'initialize', {
          protocolVersion: '2025-11-25',
          capabilities: { elicitation: { url: {} } },
        }),
      },
    ],
  ])('continue in a new session for %s; the one before goes on without the chat', async (_title, opening) => {
    const session = await open('chat');
    const next = await open('chat', opening);
    expect(next).not.toBe(session);
    expect(await ping(session)).toBe(200);
    expect(await chats()).toEqual({ chat: next });
    await withoutBody(app.url, 'DELETE', { session: next });
    expect(await chats()).toEqual({});
  });

  it('keep the tools that were enabled in them', async () => {
    const dynamic = { query: '?mode=dynamic' };
    const session = await open('chat', dynamic);
    const args = { name: 'enable-tools', arguments: { tools: ['echo'] } };
    await (await send(app.url, request(1, 'tools/call', args), { session })).text();
    await restart();
    const same = await open('chat', dynamic);
    const { result } = (await (await send(app.url, request(2, 'tools/list'), { session: same })).json()) as {
      result: { tools: { name: string }[] };
    };
    expect(result.tools.map(({ name }) => name)).toContain('echo');
  });

  it.each(['', 'x'.repeat(257), 'a\tb'])('have an id of 1 to 256 printable characters: case %#', async (chat) => {
    const session = await openSession(app.url);
    const headers = { 'x-chat-id': chat };
    const initialized = await answer(chat);
    expect(initialized.status).toBe(400);
    expect(await initialized.json()).toMatchObject({ id: 0, error: { message: expect.stringContaining('x-chat-id') } });
    const rest = [
      await send(app.url, request(1, 'ping'), { session, headers }),
      await withoutBody(app.url, 'GET', { session, headers }),
      await withoutBody(app.url, 'DELETE', { session, headers }),
    ];
    expect(rest.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(await ping(session)).toBe(200);
  });

  it.each(['__proto__', 'constructor', '{"a":[1]}', 'größe', 'x'.repeat(256)])('may be called "%s"', async (chat) => {
    const session = await open(chat);
    expect(Object.entries((await chats()) as object)).toEqual([[chat, session]]);
    expect(await open(chat)).toBe(session);
  });

  it('do not change with a request of another session that names them', async () => {
    const [session, other] = [await open('chat'), await openSession(app.url)];
    const response = await send(app.url, request(1, 'ping'), { session: other, headers: { 'x-chat-id': 'chat' } });
    expect(response.status).toBe(200);
    expect(await chats()).toEqual({ chat: session });
  });

  it('have nothing to do with the modern era, which checks their ids all the same', async () => {
    const list = (chat: string) => modern(app.url, { id: 1, method: 'tools/list' }, { headers: { 'x-chat-id': chat } });
    expect((await list('chat')).status).toBe(200);
    expect((await list('x'.repeat(257))).status).toBe(400);
    expect(await chats()).toEqual({});
  });

  it('are listed for those who say who they are only', async () => {
    const response = await fetch(`${app.url}/mcp/sessions`, { headers: { authorization: 'Bearer nobody' } });
    expect(response.status).toBe(401);
  });
});
