import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectFlow } from '@manifold/oauth';
import { AuthorizationServer, KNOWN_CLIENT, ProtectedUpstream } from '../../../../../test/simulators/oauth/index.js';
import { principalOf, TestGateway } from '../../testing/src/gateway.js';

const PATH = '/mcp/servers/files/oauth/client';
const CLIENT = { issuer: 'https://idp.example', clientId: 'the gateway', clientSecret: 'canary-client-secret' };

let gateway: TestGateway;

beforeEach(async () => {
  gateway = await TestGateway.start({ environment: { MCP_SERVER_URL: 'https://gateway.test' } });
  await register('http://127.0.0.1:9/mcp');
});
afterEach(() => gateway.destroy());

const register = (url: string) =>
  gateway.rest('POST', '/mcp/servers', { name: 'files', transportType: 'streamable_http', url, enabled: false });

it('is set, shown without its secret, replaced and forgotten by operators', async () => {
  const { issuer, clientId } = CLIENT;
  const shown = { issuer, clientId };
  expect((await gateway.rest('GET', PATH)).body).toMatchObject({ success: false, code: 'client_not_found' });
  const answer = {
    status: 200,
    body: { success: true, client: { ...shown, hasSecret: true }, redirectUri: 'https://gateway.test/oauth/callback' },
  };
  expect(await gateway.rest('PUT', PATH, CLIENT)).toEqual(answer);
  expect(await gateway.rest('GET', PATH)).toEqual(answer);
  await gateway.rest('PUT', PATH, { ...shown, clientId: 'another' });
  const { body } = await gateway.rest('GET', PATH);
  expect(body.client).toEqual({ issuer: 'https://idp.example', clientId: 'another', hasSecret: false });
  expect((await gateway.rest('DELETE', PATH)).status).toBe(200);
  expect((await gateway.rest('DELETE', PATH)).status).toBe(404);
});

it('goes with the server, and lies sealed in the database', async () => {
  await gateway.rest('PUT', PATH, CLIENT);
  const files = readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  for (const file of files) {
    expect(readFileSync(join(file.parentPath, file.name)).includes('canary-client-secret')).toBe(false);
  }
  await gateway.rest('DELETE', '/mcp/servers/files');
  await register('http://127.0.0.1:9/mcp');
  expect((await gateway.rest('GET', PATH)).status).toBe(404);
});

it('is nobody else’s business, and of no server that does not exist', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const body = method === 'PUT' ? CLIENT : undefined;
    expect([method, (await gateway.rest(method, PATH, body, 'alice')).status]).toEqual([method, 403]);
    const elsewhere = PATH.replace('files', 'unknown');
    expect([method, (await gateway.rest(method, elsewhere, body)).status]).toEqual([method, 404]);
  }
});

it.each([
  ['/issuer', { issuer: 'idp.example' }],
  ['/issuer', { issuer: 'file:///etc/passwd' }],
  ['/issuer', { issuer: 'https://me:secret@idp.example' }],
  ['/issuer', { issuer: undefined }],
  ['/clientId', { clientId: undefined }],
  ['/clientId', { clientId: '' }],
  ['/clientId', { clientId: 'a\r\nb' }],
  ['/clientId', { clientId: { $ne: null } }],
  ['/clientSecret', { clientSecret: 7 }],
  ['/tenant', { tenant: 'other' }],
])('refuses a bad %s: %j', async (pointer, change) => {
  const { status, body } = await gateway.rest('PUT', PATH, { ...CLIENT, ...change });
  expect([status, body.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, [pointer]]);
});

describe('the settings of a vendor', () => {
  const settings = '/mcp/servers/files/oauth/settings';

  it('are set, shown, replaced and forgotten by operators, beside the client', async () => {
    expect((await gateway.rest('GET', settings)).body).toMatchObject({ code: 'settings_not_found' });
    const first = {
      preset: 'google',
      issuer: 'https://idp.example/a',
      issuerAlias: 'https://idp.example/b',
      pkce: 'assumed',
      resource: 'api://files',
      scopes: ['read', 'https://idp.example/write'],
      authorizationParameters: { access_type: 'offline', 'x.y-z_1': '1 2' },
      authorizationEndpoint: 'https://idp.example/auth',
      tokenEndpoint: 'https://idp.example/token',
      registrationEndpoint: 'https://idp.example/register',
      tokenEndpointAuthMethod: 'client_secret_post',
    };
    expect(await gateway.rest('PUT', settings, first)).toEqual({
      status: 200,
      body: { success: true, settings: first },
    });
    expect((await gateway.rest('PUT', PATH, { ...CLIENT, resource: null })).status).toBe(200);
    const { body } = await gateway.rest('GET', settings);
    expect(body.settings).toEqual({ ...first, resource: 'none' });
    await gateway.rest('PUT', settings, { ...first, resource: undefined, pkce: 'required' });
    expect((await gateway.rest('GET', settings)).body.settings).toEqual({
      ...first,
      resource: undefined,
      pkce: 'required',
    });
    expect((await gateway.rest('DELETE', settings)).status).toBe(200);
    expect((await gateway.rest('DELETE', settings)).status).toBe(404);
    expect((await gateway.rest('GET', PATH)).status).toBe(200);
  });

  describe('beside a client with a secret', () => {
    const elsewhere: [object][] = [
      [{ issuer: 'https://evil.test' }],
      [{ issuerAlias: 'https://evil.test' }],
      [{ authorizationEndpoint: 'https://evil.test/auth' }],
      [{ tokenEndpoint: 'https://evil.test/token' }],
      [{ preset: 'github' }],
      [{ preset: 'google' }],
    ];

    it.each(elsewhere)('do not send the secret elsewhere, unless it is given anew: %j', async (change) => {
      await gateway.rest('PUT', PATH, CLIENT);
      const { status, body } = await gateway.rest('PUT', settings, change);
      expect([status, body.code, body.detail]).toEqual([
        409,
        'client_secret_kept',
        expect.stringContaining('give the client anew with PUT /mcp/servers/files/oauth/client'),
      ]);
      expect((await gateway.rest('GET', settings)).status).toBe(404);
      const { issuer, ...rest } = { issuer: CLIENT.issuer, ...change };
      expect((await gateway.rest('PUT', PATH, { ...CLIENT, issuer, ...rest })).status).toBe(200);
    });

    it.each(elsewhere)('may change all of it where the client has no secret: %j', async (change) => {
      await gateway.rest('PUT', PATH, { ...CLIENT, clientSecret: undefined });
      expect((await gateway.rest('PUT', settings, change)).status).toBe(200);
    });

    it('may change all else, name what counts already, and be removed', async () => {
      const endpoints = { authorizationEndpoint: 'https://idp.example/a', tokenEndpoint: 'https://idp.example/t' };
      await gateway.rest('PUT', PATH, { ...CLIENT, ...endpoints });
      const same = { ...endpoints, issuer: `${CLIENT.issuer}/`, scopes: ['read'], pkce: 'assumed' };
      expect((await gateway.rest('PUT', settings, same)).status).toBe(200);
      expect((await gateway.rest('PUT', settings, { scopes: ['read'] })).status).toBe(409);
      expect((await gateway.rest('DELETE', settings)).status).toBe(200);
      expect((await gateway.rest('PUT', settings, endpoints)).status).toBe(409);
      expect((await gateway.rest('PUT', settings, { scopes: ['read'] })).status).toBe(200);
    });

    it('may be the preset of the same issuer', async () => {
      await gateway.rest('PUT', PATH, { ...CLIENT, issuer: 'https://accounts.google.com' });
      expect((await gateway.rest('PUT', settings, { preset: 'google' })).status).toBe(200);
    });
  });

  it('are nobody else’s business, and of no server that does not exist', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { preset: 'slack' } : undefined;
      expect((await gateway.rest(method, settings, body, 'alice')).status).toBe(403);
      expect((await gateway.rest(method, settings.replace('files', 'unknown'), body)).status).toBe(404);
    }
  });

  it.each([
    ['/preset', { preset: 'acme' }],
    ['/pkce', { pkce: 'off' }],
    ['/tokenEndpointAuthMethod', { tokenEndpointAuthMethod: 'private_key_jwt' }],
    ['/issuer', { issuer: 'idp.example' }],
    ['/tokenEndpoint', { tokenEndpoint: 'http://idp.example/token' }],
    ['/tokenEndpoint', { tokenEndpoint: 'file:///etc/passwd' }],
    ['/authorizationEndpoint', { authorizationEndpoint: 'javascript:alert(1)' }],
    ['/resource', { resource: 'files' }],
    ['/resource', { resource: 'https://a.test/#b' }],
    ['/resource', { resource: 7 }],
    ['/scopes', { scopes: 'read' }],
    ['/scopes', { scopes: ['read write'] }],
    ['/authorizationParameters', { authorizationParameters: ['a'] }],
    ['/authorizationParameters', { authorizationParameters: { a: 1 } }],
    ['/authorizationParameters', { authorizationParameters: { a: 'b\r\nc' } }],
    ...['state', 'State', 'redirect_uri', 'code_challenge', 'code_challenge_method', 'client_id', 'client_secret'].map(
      reserved,
    ),
    ...['response_type', 'response_mode', 'scope', 'resource', 'request', 'request_uri', 'nonce\u0000'].map(reserved),
  ])('refuse a bad %s: %j', async (pointer, body) => {
    const { status, body: problem } = await gateway.rest('PUT', settings, body);
    expect([status, problem.errors.map((fault: { pointer: string }) => fault.pointer)]).toEqual([400, [pointer]]);
    expect((await gateway.rest('PUT', PATH, { ...CLIENT, ...body })).status).toBe(400);
  });

  function reserved(name: string): [string, object] {
    return ['/authorizationParameters', { authorizationParameters: { [name]: 'x' } }];
  }
});

it('is registered anew after an operator has had the registration forgotten', async () => {
  const authority = await AuthorizationServer.start();
  const upstream = await ProtectedUpstream.start(authority);
  authority.changeMetadata({ client_id_metadata_document_supported: undefined });
  const path = '/mcp/servers/files/oauth/registration';
  try {
    const start = (subject: string) =>
      gateway.app
        .get(ConnectFlow)
        .start({ principal: principalOf(subject), server: 'files' }, { name: 'files', url: upstream.url });
    expect((await gateway.rest('DELETE', path)).body).toMatchObject({ code: 'registration_not_found' });
    await start('alice');
    expect((await gateway.rest('DELETE', path, undefined, 'alice')).status).toBe(403);
    expect(await gateway.rest('DELETE', path)).toEqual({ status: 200, body: { success: true } });
    await start('bob');
    expect(authority.requestsTo('registration')).toHaveLength(2);
  } finally {
    await upstream.stop();
    await authority.stop();
  }
});

it('is whom users connect as', async () => {
  const authority = await AuthorizationServer.start({ redirectUris: ['https://gateway.test/oauth/callback'] });
  const upstream = await ProtectedUpstream.start(authority);
  try {
    const { id: clientId, secret: clientSecret } = KNOWN_CLIENT;
    await gateway.rest('PUT', PATH, { issuer: authority.issuer, clientId, clientSecret });
    const owner = { principal: principalOf('alice'), server: 'files' };
    const server = { name: 'files', url: upstream.url };
    const { authorizationUrl } = await gateway.app.get(ConnectFlow).start(owner, server);
    expect(new URL(authorizationUrl).searchParams.get('client_id')).toBe(clientId);
    expect(authority.requestsTo('registration')).toEqual([]);
  } finally {
    await upstream.stop();
    await authority.stop();
  }
});
