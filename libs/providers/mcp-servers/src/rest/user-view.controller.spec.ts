import { join } from 'node:path';
import { ConnectFlow, ConnectLinks } from '@manifold/oauth';
import { callbackOf, cookieOf } from '../../../../oauth/testing/src/index.js';
import { AuthorizationServer, ProtectedUpstream, ResourceOwner } from '../../../../../test/simulators/oauth/index.js';
import { FIXTURES, registration, TestGateway, until } from '../../testing/src/gateway.js';

const PATH = '/mcp/user/servers';
const SERVICE = ['platform', ['service', 'user']] as const;

let authority: AuthorizationServer;
let upstream: ProtectedUpstream;
let gateway: TestGateway;

beforeAll(async () => {
  authority = await AuthorizationServer.start();
  upstream = await ProtectedUpstream.start(authority);
  gateway = await TestGateway.start({ environment: { GOOGLE_OAUTH_CREDENTIALS: '{"web":{}}' } });
  const env = { MCP_AUTH_TYPE: 'OAUTH2_GOOGLE' };
  await gateway.rest('POST', '/mcp/servers', registration('echo'));
  await gateway.rest('POST', '/mcp/servers', { name: 'files', transportType: 'streamable_http', url: upstream.url });
  await gateway.rest('POST', '/mcp/servers', {
    name: 'mail',
    command: 'node',
    args: [join(FIXTURES, 'mail-server.mjs')],
    env,
  });
});

afterAll(async () => {
  await gateway.destroy();
  await upstream.stop();
  await authority.stop();
});

const get = (path: string, user = 'alice') => gateway.rest('GET', `${PATH}${path}`, undefined, user);
const asService = (method: string, path: string, body?: unknown) =>
  gateway.rest(method, `${PATH}${path}`, body, SERVICE[0], [...SERVICE[1]]);

async function follow(link: string, user: string): Promise<void> {
  const invitation = await gateway.app.get(ConnectLinks).look('files', new URL(link).searchParams.get('link'));
  const flow = gateway.app.get(ConnectFlow);
  const { authorizationUrl, setCookie } = await flow.start(invitation!.owner, invitation!.server);
  await flow.finish(callbackOf(await new ResourceOwner(user).allow(authorizationUrl)), cookieOf(setCookie));
}

describe('the servers of a user', () => {
  it('are listed with what the user needs, and without what only operators see', async () => {
    const { body } = await get('');
    const states = body.servers.map((server: Record<string, unknown>) => [
      server.name,
      server.authState,
      server.installed,
    ]);
    expect(states).toEqual([
      ['echo', 'not_required', true],
      ['files', 'not_connected', false],
      ['mail', 'not_connected', false],
    ]);
    expect(JSON.stringify(body)).not.toMatch(/"(env|command|args|headers|logs|url)":/);
    const { tools } = (await get('/mail/tools')).body;
    expect(tools.map(({ name }: { name: string }) => name)).toEqual(['whoami', 'repeat']);
  });

  it('get an account by the link of the install, and lose it with all secrets by the uninstall', async () => {
    expect((await get('/files/install')).body.code).toBe('server_not_installed');
    const installed = await gateway.rest('POST', `${PATH}/files/install`, { enabled: true }, 'alice');
    expect(installed).toMatchObject({ status: 200, body: { server: { authRequired: true } } });
    await follow(installed.body.authorizationUrl, 'alice');
    expect((await get('/files/install')).body.install).toEqual({
      serverName: 'files',
      username: 'alice',
      enabled: true,
      authState: 'connected',
    });
    expect((await gateway.rest('PUT', `${PATH}/files/install`, {}, 'alice')).body.authorizationUrl).toBeUndefined();
    await until(async () => (await get('/files')).body.server.toolsList.length === 2);
    expect((await gateway.rest('POST', `${PATH}/files/refresh`, {}, 'alice')).status).toBe(200);

    const secrets = [
      { name: 'ONE', value: 'canary-1' },
      { name: 'TWO', value: 'canary-2' },
    ];
    expect((await gateway.rest('POST', `${PATH}/files/secrets`, { secrets }, 'alice')).status).toBe(200);
    const { server } = (await get('/files')).body;
    expect([server.configuredSecretNames, server.canUninstall]).toEqual([['ONE', 'TWO'], true]);
    expect(JSON.stringify(server)).not.toContain('canary');
    expect((await get('/files', 'bob')).body.server).toMatchObject({ configuredSecretNames: [], installed: false });

    expect((await gateway.rest('DELETE', `${PATH}/files/install`, undefined, 'alice')).status).toBe(200);
    expect((await get('/files')).body.server).toMatchObject({ configuredSecretNames: [], authState: 'not_connected' });
    expect((await gateway.rest('DELETE', `${PATH}/files/install`, undefined, 'alice')).status).toBe(404);
  });

  it('give a link also where the server has tools for that', async () => {
    const { body } = await gateway.rest('POST', `${PATH}/mail/install`, {}, 'alice');
    expect(body.authorizationUrl).toContain('/oauth/connect/mail?link=');
  });

  it('are those of the user that a service names, in the query and in the body', async () => {
    const secrets = [{ name: 'TOKEN', value: 'of dave' }];
    expect((await asService('POST', '/echo/secrets', { username: 'dave', secrets })).status).toBe(200);
    const { server } = (await asService('GET', '/echo?username=dave')).body;
    expect(server.configuredSecretNames).toEqual(['TOKEN']);
    expect((await asService('DELETE', '/echo/install', { username: 'erin' })).status).toBe(404);
    expect((await asService('DELETE', '/echo/install', { username: 'dave' })).status).toBe(200);
    expect((await get('/echo', 'dave')).body.server.configuredSecretNames).toEqual([]);
  });
});

describe('bad input', () => {
  it('leads nobody to what another user has', async () => {
    for (const [method, path, body] of [
      ['GET', '?username=bob'],
      ['GET', '/files?username=bob'],
      ['GET', '/files/install?username=bob'],
      ['POST', '/files/install', { username: 'bob' }],
      ['PUT', '/files/install', { username: 'bob' }],
      ['DELETE', '/files/install?username=bob'],
      ['DELETE', '/files/install', { username: 'bob' }],
      ['POST', '/files/secrets', { username: 'bob', secrets: [{ name: 'A', value: 'b' }] }],
      ['POST', '/files/refresh', { username: 'bob' }],
    ] as const) {
      const { status } = await gateway.rest(method, `${PATH}${path}`, body, 'alice');
      expect([method, path, status]).toEqual([method, path, 403]);
    }
  });

  it.each([
    ['/files/install', { enabled: false }, '/enabled'],
    ['/files/install', { username: { $ne: null } }, '/username'],
    ['/files/install', { oauthClientSecret: 'mine' }, '/oauthClientSecret'],
    ['/files/secrets', {}, '/secrets'],
    ['/files/secrets', { secrets: [] }, '/secrets'],
    ['/files/secrets', { secrets: [{ name: 'oauth2:google', value: '{}' }] }, '/secrets/0/name'],
    ['/files/secrets', { secrets: [{ name: '__proto__', value: 'x' }] }, '/secrets/0/name'],
    ['/files/secrets', { secrets: [{ name: 'A', value: 7 }] }, '/secrets/0/value'],
    ['/files/refresh', { tenant: 'other' }, '/tenant'],
  ])('is refused by %s: %j', async (path, body, pointer) => {
    const answer = await gateway.rest('POST', `${PATH}${path}`, body, 'alice');
    const pointers = answer.body.errors.map((fault: { pointer: string }) => fault.pointer);
    expect([answer.status, pointers]).toEqual([400, [pointer]]);
  });

  it.each([
    ['/files/install', 200],
    ['/files/refresh', 200],
    ['/files/secrets', 400],
  ])('is no body at all: %s is answered %s', async (path, status) => {
    expect((await gateway.rest('POST', `${PATH}${path}`, undefined, 'alice')).status).toBe(status);
  });

  it.each(['', '/install', '/tools'])('names no server that exists: %s', async (path) => {
    expect(await get(`/unknown${path}`)).toMatchObject({ status: 404, body: { code: 'server_not_found' } });
  });
});
