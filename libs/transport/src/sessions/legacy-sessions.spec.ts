import { Store, StoreUnavailableError } from '@manifold/store';
import { eventually } from '../../../../test/support/eventually.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { callTool, initialize, openSession, request, send, withoutBody } from '../../testing/src/mcp-wire.js';
import { LegacySessions } from './legacy-sessions.service.js';
import { SessionStore } from './session-store.js';
import { SessionUpkeep } from './session-upkeep.js';
import { TransportStatus } from '../endpoints/transport-status.js';

const IDLE_MS = 60_000;

describe('sessions of the legacy era', () => {
  let app: TransportApp;

  const start = async (settings: Record<string, string> = {}) => {
    app = await startTransport({ settings: { MCP_SESSION_IDLE_TIMEOUT_MS: String(IDLE_MS), ...settings } });
    return app;
  };
  const ping = (session: string, user = 'alice') => send(app.url, request(1, 'ping'), { session, user });
  const restart = async () => {
    const { dataDir } = app;
    await app.stop();
    app = await startTransport({ dataDir, settings: { MCP_SESSION_IDLE_TIMEOUT_MS: String(IDLE_MS) } });
  };

  afterEach(() => app.discard());

  it('belong to the principal that opened them: to everybody else they do not exist', async () => {
    await start();
    const session = await openSession(app.url, 'alice');
    const bob = { session, user: 'bob' };
    const attempts = [
      await send(app.url, request(1, 'tools/list'), bob),
      await send(app.url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }, bob),
      await send(app.url, [request(1, 'ping')], bob),
      await withoutBody(app.url, 'GET', bob),
      await withoutBody(app.url, 'DELETE', bob),
    ];
    for (const response of attempts) {
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({
        jsonrpc: '2.0',
        error: { code: -32001, message: 'Session not found' },
        id: null,
      });
    }
    expect((await ping(session)).status).toBe(200);
  });

  it('are stored with the caller and the client before the client learns their id', async () => {
    await start();
    const response = await send(app.url, initialize('2025-06-18'));
    const stored = await app.get(SessionStore).get(response.headers.get('mcp-session-id')!);
    expect(stored?.value).toMatchObject({
      subject: 'alice',
      tenant: 'default',
      issuer: 'https://issuer.test',
      protocolVersion: '2025-06-18',
      clientInfo: { name: 'test', version: '1' },
      capabilities: {},
    });
    expect(stored?.expiresAt).toBeGreaterThan(Date.now() + IDLE_MS);
  });

  it('cost no wait for the disk each: who loses one opens another', async () => {
    await start();
    const collections = jest.spyOn(app.get(Store), 'collection');
    await openSession(app.url);
    expect(collections).toHaveBeenCalledWith(expect.objectContaining({ name: 'mcp_sessions', replaceable: true }));
  });

  it('survive a restart, with their principal and revision', async () => {
    await start();
    const session = await openSession(app.url, 'alice', '2025-03-26');
    await restart();
    expect((await ping(session, 'bob')).status).toBe(404);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, id) => send(app.url, [callTool(id, 'echo', { message: id })], { session })),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(app.get(TransportStatus).sessions).toBe(1);
  });

  it('are gone after DELETE, for good', async () => {
    await start();
    const session = await openSession(app.url);
    const response = await withoutBody(app.url, 'DELETE', { session });
    expect(response.status).toBe(200);
    expect((await ping(session)).status).toBe(404);
    expect((await withoutBody(app.url, 'DELETE', { session })).status).toBe(404);
    await restart();
    expect((await ping(session)).status).toBe(404);
    expect(app.get(TransportStatus).sessions).toBe(0);
  });

  it('end their calls and streams with DELETE', async () => {
    await start();
    const session = await openSession(app.url);
    const stream = await withoutBody(app.url, 'GET', { session });
    const held = app.provider.nextHeld();
    const pending = send(app.url, callTool(1, 'hold'), { session });
    await held;
    await withoutBody(app.url, 'DELETE', { session });
    expect((await pending).status).toBe(202);
    expect(await stream.text()).toMatch(/^id: \S+\nretry: \d+\ndata: \n\n$/);
  });

  it('end when they were idle for too long, and their record goes with them', async () => {
    await start();
    const [idle, streaming] = [await openSession(app.url), await openSession(app.url)];
    const controller = new AbortController();
    await withoutBody(app.url, 'GET', { session: streaming, signal: controller.signal });
    app.get(LegacySessions).endIdle(Date.now() + IDLE_MS - 5_000);
    expect(app.get(TransportStatus).sessions).toBe(2);
    app.get(LegacySessions).endIdle(Date.now() + IDLE_MS + 5_000);
    expect(app.get(TransportStatus).sessions).toBe(1);
    expect((await ping(idle)).status).toBe(404);
    expect(await app.get(SessionStore).get(idle)).toBeUndefined();
    expect((await ping(streaming)).status).toBe(200);
    controller.abort();
  });

  it('are not ended here while another replica serves them', async () => {
    await start();
    const session = await openSession(app.url);
    await app.get(SessionStore).refresh(session, Date.now() + 1_000);
    app.get(LegacySessions).endIdle(Date.now() + IDLE_MS + 5_000);
    expect(app.get(TransportStatus).sessions).toBe(0);
    expect((await ping(session)).status).toBe(200);
  });

  it('end by themselves', async () => {
    await start({ MCP_SESSION_IDLE_TIMEOUT_MS: '1000' });
    await openSession(app.url);
    const status = app.get(TransportStatus);
    await eventually('no session is left', () => status.sessions === 0);
  });

  it('are written down once in a quarter of the idle time, not with each request', async () => {
    await start();
    const session = await openSession(app.url);
    const store = app.get(SessionStore);
    const before = await store.get(session);
    const upkeep = app.get(SessionUpkeep);
    await ping(session);
    await upkeep.run(Date.now());
    expect((await store.get(session))?.revision).toBe(before?.revision);

    const [live] = [...app.get(LegacySessions).all()];
    live!.lastSeen += IDLE_MS / 4;
    await upkeep.run(Date.now());
    await upkeep.run(Date.now());
    const after = await store.get(session);
    expect(after?.revision).toBe(before!.revision + 1);
    expect(after?.value.lastSeen).toBe(live?.lastSeen);
    expect(after?.expiresAt).toBe(live!.lastSeen + IDLE_MS * 1.5);
  });

  it('cost no access to the store while they are used', async () => {
    await start();
    const session = await openSession(app.url);
    const store = app.get(SessionStore);
    const accesses = [jest.spyOn(store, 'get'), jest.spyOn(store, 'refresh'), jest.spyOn(store, 'insert')];
    for (let id = 0; id < 100; id += 1) await (await send(app.url, callTool(id, 'echo'), { session })).text();
    for (const access of accesses) expect(access).not.toHaveBeenCalled();
  });

  it('are refused with 503 when there are too many, until one has ended', async () => {
    await start({ MCP_MAX_SESSIONS: '3' });
    const sessions = await Promise.all([1, 2, 3].map(() => openSession(app.url)));
    const refused = await send(app.url, initialize());
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ error: { code: -32000 }, id: null });
    await withoutBody(app.url, 'DELETE', { session: sessions[0] });
    expect((await send(app.url, initialize())).status).toBe(200);
  });

  it('are limited to a share for each principal, and others still get theirs (threat 62)', async () => {
    await start({ MCP_MAX_SESSIONS: '8', SHARE_PER_PRINCIPAL: '50', SHARE_PER_TENANT: '75' });
    const open = (user: string) => send(app.url, initialize(), { headers: { authorization: `Bearer ${user}` } });
    const answers = [];
    for (let count = 0; count < 5; count += 1) answers.push(await open('alice'));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
    expect(Number(answers[4]!.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answers[4]!.json()).toMatchObject({ error: { code: -32000, message: 'You have too many sessions' } });
    expect([(await open('bob')).status, (await open('carol')).status, (await open('dave')).status]).toEqual([
      200, 200, 429,
    ]);

    const session = answers[0]!.headers.get('mcp-session-id')!;
    await withoutBody(app.url, 'DELETE', { session, headers: { authorization: 'Bearer alice' } });
    expect((await open('alice')).status).toBe(200);
  });

  it('that are idle make way for new ones at the limit', async () => {
    await start({ MCP_MAX_SESSIONS: '1' });
    const idle = await openSession(app.url);
    const [session] = [...app.get(LegacySessions).all()];
    session!.lastSeen -= 2 * IDLE_MS;
    expect((await send(app.url, initialize())).status).toBe(200);
    expect((await ping(idle)).status).toBe(404);
  });

  it('never pass the limit, however many are opened at once', async () => {
    await start({ MCP_MAX_SESSIONS: '10' });
    const responses = await Promise.all(Array.from({ length: 40 }, () => send(app.url, initialize())));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(responses.filter(({ status }) => status === 503)).toHaveLength(30);
  });

  it('a thousand of them are small in memory, and each has its own calls', async () => {
    await start();
    const sessions: string[] = [];
    for (let batch = 0; batch < 20; batch += 1) {
      sessions.push(...(await Promise.all(Array.from({ length: 50 }, () => openSession(app.url)))));
    }
    expect(new Set(sessions).size).toBe(1_000);
    const texts = await Promise.all(
      sessions
        .slice(0, 200)
        .map(async (session, index) =>
          (await send(app.url, callTool(1, 'echo', { message: index }), { session })).text(),
        ),
    );
    expect(texts.every((text, index) => text.includes(`"text":"${index}"`))).toBe(true);
    for (const session of app.get(LegacySessions).all()) {
      expect(session.stream).toBeUndefined();
      expect(session.calls.size).toBe(0);
      expect(JSON.stringify(session).length).toBeLessThan(400);
    }
  });

  it('answer 503 while the store is away, and work again when it is back', async () => {
    await start();
    const store = app.get(SessionStore);
    const insert = jest.spyOn(store, 'insert').mockRejectedValueOnce(new StoreUnavailableError('away'));
    const refused = await send(app.url, initialize());
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(insert).toHaveBeenCalledTimes(1);
    expect(app.get(TransportStatus).sessions).toBe(0);
    expect((await send(app.url, initialize())).status).toBe(200);
  });
});
