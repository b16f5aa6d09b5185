import { request } from 'node:http';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const secret = { serverName: 'echo', secretName: 'TOKEN', secretValue: 'v' };
const toolCall = { serverName: 'echo', methodName: 'echo', args: {} };

describe('Bad input to the REST routes', () => {
  let gateway: GatewayProcess;
  let rest: RestClient;

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ sampleServer: true });
    rest = new RestClient(gateway.url);
    await rest.register({ name: 'echo', ...echoServer() });
    await rest.setSecret(secret);
  });

  afterAll(() => gateway.dispose());

  const post = (path: string, body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${gateway.url}${path}`, { method: 'POST', headers, body });

  it.each<[string, string, unknown, string]>([
    ['POST', '/mcp/servers', {}, '/name'],
    ['POST', '/mcp/servers', { name: 'x' }, '/command'],
    ['POST', '/mcp/servers', { name: 'x', transportType: 'streamable_http' }, '/url'],
    ['POST', '/mcp/servers', { name: { $ne: null }, command: 'x' }, '/name'],
    ['POST', '/mcp/servers', { name: 'x', command: 'x', access: { group: ['sales'] } }, '/access/group'],
    ['POST', '/mcp/servers', { name: 'x', command: ['x'] }, '/command'],
    ['POST', '/mcp/servers', { name: 'x', command: 'x', args: 'y' }, '/args'],
    ['POST', '/mcp/servers', { name: 'x', command: 'x', env: { A: 1 } }, '/env'],
    ['POST', '/mcp/servers', { name: 'x', command: 'x', enabled: 'true' }, '/enabled'],
    ['POST', '/mcp/servers', { name: 'x', transportType: 'ws', url: 'https://a.example' }, '/transportType'],
    ['POST', '/mcp/servers', { name: 'x', transportType: 'streamable_http', url: 'file:///etc/passwd' }, '/url'],
    ['PUT', '/mcp/servers/echo', { access: null }, '/access'],
    ['POST', '/mcp/servers', { name: null, command: 'x' }, '/name'],
    ['POST', '/mcp/tool/call', { ...toolCall, serverName: { $gt: '' } }, '/serverName'],
    ['POST', '/mcp/tool/call', { ...toolCall, methodName: 1 }, '/methodName'],
    ['POST', '/mcp/tool/call', { ...toolCall, args: 'x' }, '/args'],
    ['POST', '/mcp/tool/call', { ...toolCall, args: [1] }, '/args'],
    ['POST', '/mcp/tool/call', { ...toolCall, methodName: null }, '/methodName'],
    ['POST', '/mcp/tool/call', { ...toolCall, username: { $ne: null } }, '/username'],
    ['POST', '/secrets/set', { ...secret, secretValue: { $ne: null } }, '/secretValue'],
    ['POST', '/secrets/set', { ...secret, username: ['a'] }, '/username'],
    ['POST', '/secrets/set', { ...secret, secretName: '__proto__' }, '/secretName'],
    ['POST', '/secrets/delete', { serverName: 'echo', secretName: { $ne: null } }, '/secretName'],
    ['POST', '/secrets/delete', { serverName: { $gt: '' }, secretName: 'TOKEN' }, '/serverName'],
    ['POST', '/mcp/user/servers/echo/secrets', { secrets: [[[]]] }, '/secrets'],
    ['POST', '/auth/keys', { name: 'x', roles: ['root'] }, '/roles'],
    ['POST', '/auth/keys', { name: 'x', roles: [], issuer: null }, '/issuer'],
    ['POST', '/auth/keys', { name: 'x', roles: [], createdBy: 'x' }, '/createdBy'],
    ['POST', '/secrets/confirm', { serverName: 'echo', destination: 'x', more: 1 }, '/more'],
  ])(cites('rest.fields-400', '%s %s names the field at fault in %j'), async (method, path, body, pointer) => {
    const answer = await rest.request<{ errors: { pointer: string }[] }>(method, path, body);

    expect(answer).toMatchObject({ status: 400, body: { success: false, code: 'invalid_request' } });
    expect(answer.body.errors.map((error) => error.pointer)).toContain(pointer);
    expect(answer.body.error).toContain(pointer.slice(pointer.lastIndexOf('/') + 1));
  });

  it(cites('rest.fields-400', 'changes nothing when it refuses'), async () => {
    expect((await rest.servers()).body.servers.map(({ name }) => name)).toEqual(['echo', 'everything']);
    const { body } = await rest.callTool({ serverName: 'echo', methodName: 'received', args: {} });
    expect(JSON.stringify(body.data.content)).toContain('TOKEN');
  });

  it.each<[string, string, object]>([
    ['POST', '/mcp/servers', { name: 'ignoring', ...echoServer(), enabled: false, tenant: 'other' }],
    ['PUT', '/mcp/servers/ignoring', { tenant: 'other', enabled: null, args: null }],
    ['POST', '/mcp/tool/call', { ...toolCall, args: undefined, methodName: 'received', tenant: 'other' }],
    ['POST', '/secrets/set', { ...secret, tenant: 'other' }],
    ['POST', '/secrets/delete', { serverName: 'echo', secretName: 'TOKEN', tenant: 'other' }],
    ['GET', '/packages?tenant=other', {}],
  ])(cites('rest.unknown-fields', '%s %s ignores the unknown field of %j'), async (method, path, body) => {
    const answer = await rest.request(method, path, method === 'GET' ? undefined : body);

    const warnings = ['"tenant" is not a known field and was ignored'];
    expect(answer).toMatchObject({ status: 200, body: { success: true, warnings } });
  });

  it.each(['', '.', '-x', '_x', '@x', 'a b', 'a/b', '../a', 'a\nb', 'ä', 'a;id', '$(id)', 'x'.repeat(65)])(
    cites('rest.server-name-400', 'a server cannot be named %j'),
    async (name) => {
      const answer = await rest.request<{ errors: object[] }>('POST', '/mcp/servers', { name, ...echoServer() });

      expect(answer).toMatchObject({ status: 400, body: { errors: [expect.objectContaining({ pointer: '/name' })] } });
    },
  );

  it(cites('rest.server-name-400', 'a server can have any name inside the grammar'), async () => {
    for (const name of ['0', 'A.b_c-d@e', 'x'.repeat(64)]) {
      expect((await rest.register({ name, ...echoServer(), enabled: false })).status).toBe(200);
      expect((await rest.remove(name)).status).toBe(200);
    }
  });

  it.each<[string, string, Record<string, string> | undefined, number, string]>([
    ['JSON that ends too early', '{"name": "x"', undefined, 400, 'invalid_json'],
    ['JSON with __proto__', '{"name": "x", "__proto__": {"a": 1}}', undefined, 400, 'invalid_json'],
    ['65 levels of JSON', `${'['.repeat(65)}${']'.repeat(65)}`, undefined, 400, 'invalid_request'],
    ['a body of 7 MB', JSON.stringify({ name: 'x'.repeat(7e6) }), undefined, 413, 'payload_too_large'],
    ['a form', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'unsupported_media_type'],
    ['JSON as text', '{"name": "x"}', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
  ])(
    cites('rest.body-errors', 'rest.problem-body', 'refuses %s with a problem'),
    async (_what, body, headers, status, code) => {
      for (const path of ['/mcp/servers', '/mcp/tool/call', '/secrets/set']) {
        const response = await post(path, body, headers);

        expect(response.status).toBe(status);
        expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(await response.json()).toMatchObject({ status, code, success: false, error: expect.any(String) });
      }
    },
  );

  it.each(['%ff', '%', '%zz'])(cites('rest.problem-body', 'refuses the path %s with a problem'), async (segment) => {
    const response = await fetch(`${gateway.url}/mcp/servers/${segment}`);

    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ status: 400, code: 'bad_request', requestId: expect.any(String) });
  });

  it(cites('rest.problem-body', 'answers errors with a code and the id that the request came with'), async () => {
    const headers = { 'x-request-id': 'of-this-very-test', 'content-type': 'application/json' };
    const response = await post('/secrets/delete', JSON.stringify({ serverName: 'nobody', secretName: 'T' }), headers);

    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('x-request-id')).toBe('of-this-very-test');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Not found',
      status: 404,
      detail: 'Server nobody not found',
      code: 'server_not_found',
      requestId: 'of-this-very-test',
      success: false,
      error: 'Server nobody not found',
    });
    const unknown = await rest.request<{ requestId: string }>('GET', '/no/such/route');
    expect(unknown).toMatchObject({ status: 404, body: { success: false, code: 'not_found' } });
    expect(unknown.body.requestId).toBe(unknown.headers.get('x-request-id'));
  });

  it.each([
    [{ host: 'evil.example' }],
    [{ host: 'evil.example', origin: 'http://evil.example' }],
    [{ host: '127.0.0.1.evil.example' }],
    [{ origin: 'http://evil.example' }],
    [{ origin: 'http://localhost.evil.example' }],
    [{ origin: 'null' }],
  ])(cites('http.host-403', 'http.origin-403', 'refuses a rebound page on every REST route: %j'), async (headers) => {
    const body = { name: 'rebound', command: 'touch', args: ['/tmp/rebound'] };
    const answers = [
      await send('POST', '/mcp/servers', headers, body),
      await send('GET', '/mcp/servers', headers),
      await send('GET', '/mcp/tools', headers),
      await send('POST', '/mcp/tool/call', headers, { ...toolCall, args: { message: 'x' } }),
      await send('POST', '/secrets/set', headers, secret),
      await send('POST', '/auth/keys', headers, { name: 'rebound', roles: ['admin'] }),
    ];

    expect(answers).toEqual(answers.map(() => 403));
    expect((await rest.server('rebound')).status).toBe(404);
    expect(await send('GET', '/mcp/servers', { host: 'localhost', origin: 'http://localhost:5173' })).toBe(200);
  });

  /** `fetch` sets Host and Origin by itself. */
  function send(method: string, path: string, headers: Record<string, string>, body?: object): Promise<number> {
    return new Promise((resolve, reject) => {
      const type = body && { 'content-type': 'application/json' };
      const sent = request(`${gateway.url}${path}`, { method, headers: { ...headers, ...type } }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode!));
      });
      sent.on('error', reject).end(body && JSON.stringify(body));
    });
  }
});
