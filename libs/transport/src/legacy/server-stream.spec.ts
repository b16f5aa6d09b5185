import { Revocations } from '@manifold/auth';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';
import { events, openSession, withoutBody } from '../../testing/src/mcp-wire.js';
import { EventStreams } from '../sessions/event-streams.js';
import { LegacySessions } from '../sessions/legacy-sessions.service.js';

describe('GET /mcp', () => {
  let app: TransportApp;
  const open: AbortController[] = [];

  beforeAll(async () => {
    app = await startTransport();
  });
  afterEach(() => {
    for (const controller of open.splice(0)) controller.abort();
  });
  afterAll(() => app.discard());

  const get = async (session: string, user = 'alice', headers: Record<string, string> = {}) => {
    const controller = new AbortController();
    open.push(controller);
    const response = await withoutBody(app.url, 'GET', { session, user, headers, signal: controller.signal });
    return { response, abort: () => controller.abort() };
  };
  const sendOn = (session: string, data: string): void => {
    for (const { id, stream } of app.get(LegacySessions).all()) if (id === session) stream!.send(data);
  };

  it('opens a stream that proxies leave alone', async () => {
    const { response } = await get(await openSession(app.url));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-accel-buffering')).toBe('no');
  });

  it('announces a change of the tools to every session', async () => {
    const streams = await Promise.all(
      ['alice', 'alice', 'bob'].map(async (user) => (await get(await openSession(app.url, user), user)).response),
    );
    for (const name of ['one', 'two', 'three']) app.provider.add(name);
    for (const stream of streams) {
      const { value } = await events(stream).next();
      expect(JSON.parse(value!.data)).toEqual({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
    }
  });

  it('sends one announcement for a burst of changes', async () => {
    const session = await openSession(app.url);
    const { response } = await get(session);
    app.provider.add('four');
    app.provider.add('five');
    const stream = events(response);
    await stream.next();
    sendOn(session, '"the next message"');
    expect((await stream.next()).value).toMatchObject({ event: 'message', data: '"the next message"' });
  });

  it('keeps the connection alive', async () => {
    const { response } = await get(await openSession(app.url));
    app.get(EventStreams).tick(performance.now() + 20_000, Date.now());
    app.get(EventStreams).tick(performance.now() + 26_000, Date.now());
    app.get(EventStreams).endAll();
    expect(await response.text()).toMatch(/\n\n: keep-alive\n\nretry: \d+\n\n$/);
  });

  it('ends with the credential of its caller', async () => {
    const soon = Date.now() + 20_000;
    const { response } = await get(await openSession(app.url), `alice.${soon}`);
    const session = await openSession(app.url);
    const { response: lasting } = await get(session);
    app.get(EventStreams).tick(performance.now(), soon - 1);
    expect(app.get(EventStreams).size).toBe(2);
    app.get(EventStreams).tick(performance.now(), soon);
    expect(await response.text()).toMatch(/^id: \S+\nretry: \d+\ndata: \n\n$/);
    sendOn(session, '"still there"');
    expect((await events(lasting).next()).value?.data).toBe('"still there"');
  });

  it('ends when the access of its caller has ended before its time', async () => {
    const { response } = await get(await openSession(app.url));
    const session = await openSession(app.url, 'bob');
    const { response: lasting } = await get(session, 'bob');
    app.get(Revocations).revoke(({ subject }) => subject === 'alice');
    expect(await response.text()).toMatch(/^id: \S+\nretry: \d+\ndata: \n\n$/);
    sendOn(session, '"still there"');
    expect((await events(lasting).next()).value?.data).toBe('"still there"');
  });

  it('refuses a second stream of a session with 409', async () => {
    const session = await openSession(app.url);
    await get(session);
    const { response } = await get(session);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ error: { code: -32000 }, id: null });
  });

  it('lets a client that has lost its connection come back at once', async () => {
    const session = await openSession(app.url);
    for (let round = 0; round < 5; round += 1) {
      const { response, abort } = await get(session);
      expect(response.status).toBe(200);
      abort();
    }
  });

  it.each([
    ['an Accept without streams', { accept: 'application/json' }, 406],
    ['a modern revision', { 'mcp-protocol-version': '2026-07-28' }, 405],
    ['an unsupported revision', { 'mcp-protocol-version': '1999-01-01' }, 400],
  ])('refuses %s', async (_title, headers, status) => {
    const { response } = await get(await openSession(app.url), 'alice', headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: -32000 }, id: null });
  });

  it('needs a session', async () => {
    expect((await withoutBody(app.url, 'GET')).status).toBe(400);
  });

  it('does not open a stream for HEAD', async () => {
    const session = await openSession(app.url);
    expect((await withoutBody(app.url, 'HEAD', { session })).status).toBe(405);
    expect((await get(session)).response.status).toBe(200);
  });
});
