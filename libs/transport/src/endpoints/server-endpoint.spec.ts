import { RelayProvider, text } from '../../testing/src/relay-provider.js';
import {
  callTool,
  initialize,
  modern,
  openSession,
  openSessionWith,
  request,
  send,
  withoutBody,
} from '../../testing/src/mcp-wire.js';
import { startTransport, type TransportApp } from '../../testing/src/transport-app.js';

const NOTES = '/mcp/servers/notes/mcp';
const FILES = '/mcp/servers/files/mcp';

describe('the endpoint of one server', () => {
  let app: TransportApp;
  const provider = new RelayProvider({
    notes: {
      tools: { add: async () => text('notes'), both: async () => text('notes') },
      features: {
        capabilities: { tools: {}, experimental: { x: {} }, tasks: { list: {} } },
        instructions: 'Keep notes short.',
        serverInfo: { name: 'notes', version: '3', icons: [] },
      },
    },
    files: { tools: { both: async () => text('files'), notes_add: async () => text('files') } },
  });

  beforeAll(async () => {
    app = await startTransport({ providers: [provider] });
  });
  afterAll(() => app.discard());

  const ask = async (path: string, session: string, body: object) =>
    (await (await send(app.url, body, { session, path })).json()) as {
      result: Record<string, unknown>;
      error?: object;
    };

  it('lists and calls the tools of its server under their own names, in both eras', async () => {
    const session = await openSessionWith(app.url, {}, { path: NOTES });
    expect((await ask(NOTES, session, request(1, 'tools/list'))).result.tools).toMatchObject([
      { name: 'add' },
      { name: 'both' },
    ]);
    expect((await ask(NOTES, session, callTool(2, 'both'))).result).toEqual(text('notes'));
    const listed = await modern(app.url, { id: 1, method: 'tools/list' }, { path: FILES });
    expect(await listed.json()).toMatchObject({ result: { tools: [{ name: 'both' }, { name: 'notes_add' }] } });
    const message = { id: 2, method: 'tools/call', params: { name: 'both' } };
    expect(await (await modern(app.url, message, { path: FILES })).json()).toMatchObject({ result: text('files') });
  });

  it('knows no tool of another server, whatever its name looks like', async () => {
    const session = await openSessionWith(app.url, {}, { path: NOTES });
    for (const name of ['notes_add', 'notes_both', 'files_both', 'echo', '']) {
      expect(await ask(NOTES, session, callTool(1, name))).toMatchObject({ error: { code: -32602 } });
    }
  });

  it('introduces itself in the words of its server, and promises nothing that is not relayed', async () => {
    const answer = await (await send(app.url, initialize(), { path: NOTES })).json();
    expect(answer).toEqual({
      jsonrpc: '2.0',
      id: 0,
      result: {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {} },
        instructions: 'Keep notes short.',
        serverInfo: { name: 'notes', version: '3', icons: [] },
      },
    });
    const discovered = await modern(app.url, { id: 1, method: 'server/discover' }, { path: NOTES });
    expect(await discovered.json()).toMatchObject({
      result: {
        capabilities: { tools: {} },
        instructions: 'Keep notes short.',
        cacheScope: 'private',
        _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'notes' } },
      },
    });
  });

  it('introduces itself as the gateway while nothing is known of its server', async () => {
    expect(await (await send(app.url, initialize(), { path: FILES })).json()).toMatchObject({
      result: { capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'manifold' } },
    });
  });

  it('has sessions of its own: those of other endpoints are unknown here, and its own are unknown there', async () => {
    const ids = { '/mcp': await openSession(app.url), [NOTES]: await openSessionWith(app.url, {}, { path: NOTES }) };
    for (const path of ['/mcp', NOTES, FILES]) {
      for (const [home, session] of Object.entries(ids)) {
        const expected = home === path ? 200 : 404;
        expect((await send(app.url, request(1, 'ping'), { session, path })).status).toBe(expected);
        if (expected === 200) continue;
        expect((await withoutBody(app.url, 'GET', { session, path, headers: STREAM })).status).toBe(404);
        expect((await withoutBody(app.url, 'DELETE', { session, path })).status).toBe(404);
      }
    }
    expect((await withoutBody(app.url, 'DELETE', { session: ids[NOTES]!, path: NOTES })).status).toBe(200);
  });

  it.each(['unknown', 'Notes', '-', '%20', '%00', 'a%2fb'])(
    'is not there for a server that is not: %s',
    async (name) => {
      const path = `/mcp/servers/${name}/mcp`;
      const answers = [
        await send(app.url, initialize(), { path }),
        await modern(app.url, { id: 1, method: 'tools/list' }, { path }),
        await withoutBody(app.url, 'GET', { path, session: 'A'.repeat(43), headers: STREAM }),
        await withoutBody(app.url, 'DELETE', { path, session: 'A'.repeat(43) }),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(404);
        expect(await answer.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
      }
    },
  );

  it.each(['?apps=files', '?mode=dynamic'])('leaves nothing to choose: %s', async (query) => {
    expect((await send(app.url, initialize(), { path: NOTES, query })).status).toBe(400);
  });

  it('answers methods that it does not have with those that it has', async () => {
    const response = await withoutBody(app.url, 'PUT', { path: NOTES });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE']);
  });
});

describe('a session at the endpoint of one server', () => {
  it('is still there after a restart', async () => {
    const provider = new RelayProvider({ notes: { tools: { add: async () => text('notes') } } });
    let app = await startTransport({ providers: [provider] });
    const session = await openSessionWith(app.url, {}, { path: NOTES });
    await app.stop();
    app = await startTransport({ providers: [provider], dataDir: app.dataDir });
    try {
      expect((await send(app.url, request(1, 'ping'), { session })).status).toBe(404);
      const answer = await send(app.url, callTool(1, 'add'), { session, path: NOTES });
      expect(await answer.json()).toMatchObject({ result: text('notes') });
    } finally {
      await app.discard();
    }
  });
});

const STREAM = { accept: 'text/event-stream' };
