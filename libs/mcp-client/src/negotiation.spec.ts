import type { ServerResponse } from 'node:http';
import { HttpConnections } from '../testing/src/http-connections.js';
import { event, json, RawHttpServer, stream, type RpcMessage } from '../testing/src/raw-http-server.js';
import { rawServer, unaborted } from '../testing/src/raw-stdio.js';
import { connectStdio } from './connect-stdio.js';
import { LogRing } from './protocol/log-ring.js';
import { type Era, type EraMemory } from './protocol/era.js';
import { type UpstreamConnection } from './protocol/upstream-connection.js';

/** Remembers what was found out. */
const memory = (known?: Era): EraMemory & { readonly eras: Era[] } => {
  const eras: Era[] = [];
  return { known, eras, found: (era) => void eras.push(era) };
};

/** Longer than a busy machine takes to start a program. */
const PATIENT_MS = 300_000;
const DISCOVERED = { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, resultType: 'complete' };

describe('the era of a stdio server', () => {
  const open: UpstreamConnection[] = [];
  afterEach(() => Promise.all(open.splice(0).map((connection) => connection.close())));

  /** A server in a few words: `answer` says what it does with a message, given as `m`. */
  const connect = async (answer: string, era: EraMemory, probePatienceMs?: number) => {
    const script = `const say = (m) => console.log(JSON.stringify({ jsonrpc: '2.0', ...m }));
      const initialized = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'x', version: '1' } };
      const discovered = ${JSON.stringify(DISCOVERED)};
      require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const m = JSON.parse(line);
        ${answer}
      });`;
    const spec = rawServer('', { args: ['-e', script] });
    const connection = await connectStdio(spec, { log: new LogRing(), signal: unaborted(), era, probePatienceMs });
    open.push(connection);
    return connection;
  };
  const INITIALIZES = `if (m.method === 'initialize') say({ id: m.id, result: initialized });`;
  const DISCOVERS = `if (m.method === 'server/discover') say({ id: m.id, result: discovered });`;
  const REFUSES = `else if (m.id) say({ id: m.id, error: { code: -32601, message: 'no' } });`;

  it.each<[string, string, Era]>([
    ['is modern when it knows server/discover', `${DISCOVERS} ${REFUSES}`, 'modern'],
    ['is modern when it knows both', `${DISCOVERS} else ${INITIALIZES}`, 'modern'],
    ['is legacy when it refuses the probe', `${INITIALIZES} ${REFUSES}`, 'legacy'],
    ['is legacy when the probe ends it', `${INITIALIZES} else if (m.id) process.exit(1);`, 'legacy'],
    [
      'is legacy when it has no revision in common',
      `discovered.supportedVersions = ['2099-01-01']; ${DISCOVERS} ${INITIALIZES}`,
      'legacy',
    ],
  ])('%s', async (_, answer, era) => {
    const found = memory();
    const connection = await connect(answer, found, PATIENT_MS);
    expect(found.eras).toEqual([era]);
    expect(connection.correlates.requests).toBe(era === 'modern');
  });

  it.each<[string, string, Era]>([
    ['is legacy when it does not answer the probe', INITIALIZES, 'legacy'],
    ['is legacy when the probe ends it', `${INITIALIZES} else if (m.id) process.exit(1);`, 'legacy'],
    ['is modern when it knows nothing else', `${DISCOVERS} ${REFUSES}`, 'modern'],
  ])('that starts slowly %s', async (_, answer, era) => {
    const found = memory();
    await connect(answer, found, 1);
    expect(found.eras).toEqual([era]);
  });

  it('is not asked for again where it is known to be the legacy one', async () => {
    const found = memory('legacy');
    await connect(`${INITIALIZES} else if (m.id) process.exit(1);`, found);
    expect(found.eras).toEqual([]);
  });

  it('may have become the legacy one', async () => {
    const found = memory('modern');
    await connect(`${INITIALIZES} ${REFUSES}`, found, PATIENT_MS);
    expect(found.eras).toEqual(['legacy']);
  });
});

describe('the era of an HTTP server', () => {
  let connections: HttpConnections;
  let server: RawHttpServer;
  beforeEach(() => {
    connections = new HttpConnections();
  });
  afterEach(async () => {
    await connections.close();
    await server.stop();
  });

  const serve = async (onRequest: (message: RpcMessage, response: ServerResponse) => void): Promise<void> => {
    server = await RawHttpServer.start(onRequest);
    server.hasSessions = false;
  };
  const refuse = (status: number, error?: object) => (message: RpcMessage, response: ServerResponse) => {
    response.statusCode = status;
    if (error) json(response, { id: message.id, error });
    else response.end('no');
  };
  const modern = (answers: Record<string, (message: RpcMessage, response: ServerResponse) => void> = {}) =>
    serve((message, response) => {
      if (message.method === 'server/discover') return json(response, { id: message.id, result: DISCOVERED });
      const answer = answers[message.method!];
      if (answer) return answer(message, response);
      return refuse(404, { code: -32601, message: 'Method not found' })(message, response);
    });
  const result = (value: object) => (message: RpcMessage, response: ServerResponse) =>
    json(response, { id: message.id, result: { resultType: 'complete', ...value } });

  it.each([
    ['404', refuse(404)],
    ['405', refuse(405)],
    ['400 and an error', refuse(400, { code: -32000, message: 'Bad Request: no session' })],
    ['500', refuse(500)],
    ['an error', refuse(200, { code: -32601, message: 'Method not found' })],
    ['a result that is none', (m: RpcMessage, response: ServerResponse) => json(response, { id: m.id, result: {} })],
  ])('is legacy when it answers the probe with %s', async (_, answer) => {
    await serve(answer);
    const found = memory();
    await connections.connect(server.url, {}, unaborted(), found);
    expect(found.eras).toEqual(['legacy']);
    expect(server.sent('initialize')).toHaveLength(1);
  });

  it.each([401, 403, 429])('stays unknown when it answers with %d', async (status) => {
    await serve(refuse(status));
    const found = memory();
    await expect(connections.connect(server.url, {}, unaborted(), found)).rejects.toMatchObject({ cause: { status } });
    expect([found.eras, server.sent('initialize')]).toEqual([[], []]);
  });

  it('is said in the headers and the _meta of each request', async () => {
    const inputSchema = { properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
    await modern({
      'tools/list': result({ tools: [{ name: 'x', inputSchema }] }),
      'tools/call': result({ content: [] }),
    });
    const connection = await connections.connect(server.url, {}, unaborted(), memory());
    const params = { name: 'x', arguments: { region: 'eu' } };
    const client = { capabilities: { roots: {} }, request: () => Promise.resolve({}) };
    const meta = { traceparent: 'a', progressToken: 'mine' };
    const answer = await connection.request('tools/call', params, { signal: unaborted(), client, meta });
    expect(answer).toEqual({ content: [] });
    const [{ headers, message }] = server.sent('tools/call');
    expect(headers).toMatchObject({
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'x',
      'mcp-param-region': 'eu',
    });
    expect(headers['mcp-session-id']).toBeUndefined();
    expect(message.params!._meta).toEqual({
      traceparent: 'a',
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: expect.any(String), version: expect.any(String) },
      'io.modelcontextprotocol/clientCapabilities': { roots: {} },
    });
  });

  it('has errors with statuses, which pass as errors, and statuses without, which do not', async () => {
    const error = { code: -32021, message: 'Missing capability', data: { requiredCapabilities: { sampling: {} } } };
    await modern({ 'prompts/get': refuse(400, error), 'resources/read': refuse(503) });
    const connection = await connections.connect(server.url, {}, unaborted(), memory());
    const options = { signal: unaborted() };
    await expect(connection.request('prompts/get', { name: 'x' }, options)).rejects.toMatchObject({ rpcError: error });
    await expect(connection.request('resources/read', { uri: 'a:b' }, options)).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
  });

  it('cancels a request by closing its connection, and says nothing else', async () => {
    await modern({ 'tools/list': result({ tools: [] }), 'tools/call': (_, response) => void stream(response) });
    const connection = await connections.connect(server.url, {}, unaborted(), memory());
    const abort = new AbortController();
    const call = connection.request('tools/call', { name: 'x' }, { signal: abort.signal });
    while (server.sent('tools/call').length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(server.sent('notifications/cancelled')).toEqual([]);
  });

  it('fails a request whose reply breaks off: it may have been executed', async () => {
    await modern({
      'tools/list': result({ tools: [] }),
      'tools/call': (_, response) => void stream(response).end(event({ method: 'notifications/message' }, 'event-1')),
    });
    const connection = await connections.connect(server.url, {}, unaborted(), memory());
    const call = connection.request('tools/call', { name: 'x' }, { signal: unaborted() });
    await expect(call).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(server.sent('tools/call')).toHaveLength(1);
  });
});
