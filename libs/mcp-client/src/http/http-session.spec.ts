import { eventually } from '../../../../test/support/eventually.js';
import { freePort } from '../../../../test/support/free-port.js';
import { HttpConnections } from '../../testing/src/http-connections.js';
import { event, INITIALIZE_RESULT, json, RawHttpServer, stream } from '../../testing/src/raw-http-server.js';
import { call } from '../../testing/src/raw-stdio.js';

const SESSION = {
  id: 'session-old',
  protocolVersion: '2025-06-18',
  initializeResult: { serverInfo: { name: 'stored' } },
};

/** A body of this type may last forever. */
const ENDLESS = { 'content-type': 'text/event-stream' };

describe('the session of a Streamable HTTP connection', () => {
  let server: RawHttpServer;
  let connections: HttpConnections;
  let calls: number;

  const answering = (port?: number) =>
    RawHttpServer.start(({ id, params }, response) => {
      calls += 1;
      json(response, { id, result: { content: [{ type: 'text', text: String(params?.name) }] } });
    }, port);

  beforeEach(async () => {
    calls = 0;
    connections = new HttpConnections();
    server = await answering(await freePort()); // some tests start it again at its port
  });
  afterEach(async () => {
    await connections.close();
    await server.stop();
  });

  const until = (condition: () => boolean) => eventually(condition.toString(), condition);

  it('opens exactly one new session when 20 parallel calls find the old one gone, and repeats each call once', async () => {
    const connection = await connections.connect(server.url);
    server.sessions.clear();
    const names = Array.from({ length: 20 }, (_, index) => `tool-${index}`);
    expect(await Promise.all(names.map((name) => call(connection, name)))).toEqual(names);
    expect(server.sent('initialize')).toHaveLength(2);
    expect(calls).toBe(20);
    expect(connections.sessions.map((session) => session?.id)).toEqual(['session-1', undefined, 'session-2']);
  });

  const FORGOTTEN = { id: null, error: { code: -32000, message: 'Bad Request: Server not initialized' } };

  it.each<[string, number, (id: unknown) => string]>([
    ['404 and nothing', 404, () => ''],
    ['404 and an error without id', 404, () => JSON.stringify({ id: null, error: { code: -32603, message: 'gone' } })],
    ['400 and an error without id', 400, () => JSON.stringify(FORGOTTEN)],
    [
      '400 and an error that speaks of it',
      400,
      (id) => JSON.stringify({ id, error: { code: -32600, message: 'Invalid session' } }),
    ],
    ['400 and plain words', 400, () => 'Bad Request: no valid session id'],
    [
      '200 and an error that speaks of it',
      200,
      (id) => JSON.stringify({ id, error: { code: -32001, message: 'Session not found' } }),
    ],
    [
      '500 and an error that speaks of it',
      500,
      (id) => JSON.stringify({ id, error: { code: -32001, message: 'Unknown session' } }),
    ],
  ])('is opened anew when the server answers a call with %s', async (_what, status, bodyFor) => {
    const connection = await connections.connect(server.url);
    const execute = server.onRequest;
    server.onRequest = (message, response, request) => {
      if (server.sent('initialize').length > 1) return execute(message, response, request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(bodyFor(message.id));
    };
    expect(await call(connection, 'any')).toBe('any');
    expect([server.sent('initialize').length, server.sent('tools/call').length]).toEqual([2, 2]);
  });

  it.each([
    [404, -32002],
    [200, -32000],
    [500, -32000],
  ])('stays when a tool answers the call itself with status %i and error %i', async (status, code) => {
    const connection = await connections.connect(server.url);
    const error = { code, message: 'No such session of the database' };
    server.onRequest = ({ id }, response) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ id, error }));
    await expect(call(connection, 'any')).rejects.toMatchObject({ rpcError: error });
    expect([server.sent('initialize').length, server.sent('tools/call').length]).toEqual([1, 1]);
  });

  it('repeats a call only once', async () => {
    const connection = await connections.connect(server.url);
    server.onRequest = (_message, response) => void response.writeHead(404).end();
    await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(server.sent('tools/call')).toHaveLength(2);
    expect(server.sent('initialize')).toHaveLength(2);
  });

  it('does not repeat a call of a server that has no sessions', async () => {
    server.hasSessions = false;
    server.onRequest = (_message, response) => void response.writeHead(404).end();
    const connection = await connections.connect(server.url);
    await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(server.sent('tools/call')).toHaveLength(1);
  });

  it('does not repeat a call that was cancelled meanwhile', async () => {
    const connection = await connections.connect(server.url);
    const aborting = new AbortController();
    server.sessions.clear();
    server.onInitialize = ({ id }, response) => {
      aborting.abort(new Error('enough'));
      json(response, { id, result: INITIALIZE_RESULT });
    };
    await expect(call(connection, 'any', { signal: aborting.signal })).rejects.toMatchObject({ code: 'cancelled' });
    expect(await call(connection, 'other')).toBe('other');
    expect(server.sent('tools/call').filter(({ message }) => message.params?.name === 'any')).toHaveLength(1);
  });

  it('ends when no new session can be opened', async () => {
    const connection = await connections.connect(server.url);
    const reason = new Promise<string>((resolve) => connection.onClosed(resolve));
    server.sessions.clear();
    server.onInitialize = (_message, response) => void response.writeHead(403).end();
    const failed = await Promise.allSettled([call(connection, 'one'), call(connection, 'two')]);
    expect(failed).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(await reason).toBe(
      'The session ended and a new one could not be opened: The server refuses access (HTTP 403)',
    );
    expect(server.sent('initialize')).toHaveLength(2);
  });

  it('goes on with a stored session without initialising it again', async () => {
    server.sessions.add(SESSION.id);
    const connection = await connections.connect(server.url, { session: SESSION });
    expect(connection.initializeResult).toEqual(SESSION.initializeResult);
    expect(await call(connection, 'any')).toBe('any');
    expect(server.sent('initialize')).toEqual([]);
    expect(server.sent('tools/call')[0].headers).toMatchObject({
      'mcp-session-id': 'session-old',
      'mcp-protocol-version': '2025-06-18',
    });
    expect(connections.sessions).toEqual([]);
    await until(() => server.received.some(({ httpMethod }) => httpMethod === 'GET'));
  });

  it('opens a new session when the stored one is gone', async () => {
    const connection = await connections.connect(server.url, { session: SESSION });
    expect(connection.initializeResult).toEqual(INITIALIZE_RESULT);
    expect(await call(connection, 'any')).toBe('any');
    expect(server.sent('initialize')).toHaveLength(1);
    expect(connections.sessions.map((session) => session?.id)).toEqual([undefined, 'session-1']);
  });

  it('keeps the stored session when the attempt to resume it is called off', async () => {
    const aborting = new AbortController();
    server.sessions.add(SESSION.id);
    server.onPing = () => aborting.abort(new Error('enough'));
    const connecting = connections.connect(server.url, { session: SESSION }, aborting.signal);
    await expect(connecting).rejects.toMatchObject({ code: 'cancelled' });
    expect(connections.sessions).toEqual([]);
  });

  it('opens a new session where an unknown one is answered with status 400', async () => {
    server.hasSessions = false;
    const connection = await connections.connect(server.url, { session: SESSION });
    expect(server.sent('initialize')).toEqual([]); // a server without sessions answers the ping
    await connection.close();
    const strict = await RawHttpServer.start((_message, response) => void response.end());
    strict.sessions.add(SESSION.id);
    strict.onPing = (_message, response) => void response.writeHead(400).end();
    await connections.connect(strict.url, { session: SESSION });
    expect(strict.sent('initialize')).toHaveLength(1);
    await strict.stop();
  });

  it('says that it has ended when the server is gone, and the session can be resumed afterwards', async () => {
    server.onGet = (_message, response) => void stream(response);
    const connection = await connections.connect(server.url);
    const reason = new Promise<string>((resolve) => connection.onClosed(resolve));
    await until(() => server.received.some(({ httpMethod }) => httpMethod === 'GET'));
    const { port } = server;
    await server.stop();
    expect(await reason).toBe(`Cannot connect to 127.0.0.1:${port} (ECONNREFUSED)`);
    await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_unavailable' });

    server = await answering(port);
    server.sessions.add('session-1');
    const again = await connections.connect(server.url, { session: connections.sessions[0] });
    expect(await call(again, 'any')).toBe('any');
    expect(server.sent('initialize')).toEqual([]);
  });

  it('says that it has ended when a call finds nobody there', async () => {
    const connection = await connections.connect(server.url);
    const reason = new Promise<string>((resolve) => connection.onClosed(resolve));
    const { port } = server;
    await server.stop();
    await expect(call(connection, 'any')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await reason).toContain(`127.0.0.1:${port}`);
    server = await answering(port);
  });

  it('reopens the stream for what the server says after the last event, and outlives its end', async () => {
    const seen: (string | undefined)[] = [];
    server.onGet = (_message, response, { headers }) => {
      seen.push(headers['last-event-id'] as string | undefined);
      stream(response).end(event({ method: 'notifications/message', params: {} }, `e${seen.length}`));
    };
    const connection = await connections.connect(server.url);
    await until(() => seen.length >= 4);
    expect(seen.slice(0, 4)).toEqual([undefined, 'e1', 'e2', 'e3']);
    expect(await call(connection, 'any')).toBe('any');
  });

  it.each([404, 405, 500])('reads no body of a stream that is refused with status %i', async (status) => {
    const closed = new Promise<void>((resolve) => {
      server.onGet = (_message, response) => {
        response.on('close', resolve).writeHead(status, ENDLESS).write(': a body without an end\n\n');
      };
    });
    const connection = await connections.connect(server.url);
    await closed;
    expect(await call(connection, 'any')).toBe('any');
  });

  it('opens a new session when the stream finds the old one gone', async () => {
    let breakOff: () => void = () => undefined;
    server.onGet = (_message, response) => {
      stream(response);
      breakOff = () => response.end();
    };
    const connection = await connections.connect(server.url);
    await until(() => server.received.some(({ httpMethod }) => httpMethod === 'GET'));
    server.sessions.clear();
    breakOff();
    await until(() => server.sent('initialize').length === 2);
    expect(await call(connection, 'any')).toBe('any');
    expect(server.sent('initialize')).toHaveLength(2);
  });
});
