import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const PUBLIC_URL = 'https://gateway.test';

/**
 * Health, metadata, and what a browser opens with a link or a state of the gateway's own: what they answer to those who bring neither. The
 * gateway of this spec has API keys alone, so there is no metadata of authorization servers.
 */
const PUBLIC_ROUTES: Readonly<Record<string, number>> = {
  'get /.well-known/oauth-protected-resource': 404,
  'get /.well-known/oauth-protected-resource/mcp': 404,
  'get /.well-known/oauth-protected-resource/mcp/servers/{name}/mcp': 404,
  'get /.well-known/oauth-protected-resource/sse': 404,
  'get /auth/{provider}/callback': 400,
  'get /healthz': 200,
  'get /livez': 200,
  'get /oauth/callback': 400,
  'get /oauth/client.json': 200,
  'get /oauth/connect/{server}': 400,
  'get /readyz': 200,
  'post /oauth/connect/{server}': 400,
};

describe('Callers of a gateway in production', () => {
  let gateway: GatewayProcess;
  let root: RestClient;
  let operator: RestClient;

  const as = (token?: string): RestClient => new RestClient(gateway.url, { token });

  async function newKey(name: string, roles: string[]): Promise<string> {
    const { status, body } = await root.request<{ key: string }>('POST', '/auth/keys', { name, roles });
    expect(status).toBe(200);
    return body.key;
  }

  const namesIn = async (caller: RestClient, username?: string): Promise<string> => {
    const { body } = await caller.callTool({ username, serverName: 'echo', methodName: 'received', args: {} });
    return textOf(body.data);
  };

  beforeAll(async () => {
    gateway = await GatewayProcess.start({ env: { NODE_ENV: 'production', MCP_SERVER_URL: PUBLIC_URL } });
    root = as(await admin(gateway, 'create-key', '--name', 'root', '--roles', 'admin'));
    operator = as(await newKey('operator', ['operator']));
    await operator.register({ name: 'echo', ...echoServer() });
  });

  afterAll(() => gateway.dispose());

  it(cites('auth.deny-by-default', 'are refused on every route of the API document but the public ones'), async () => {
    const { body: document } = await root.request<{
      paths: Record<string, Record<string, { security?: unknown }>>;
    }>('GET', '/docs-json');
    const { paths } = document;
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security }]) => ({ method, path, isPublic: security === undefined })),
    );
    expect(routes.filter(({ isPublic }) => !isPublic).length).toBeGreaterThan(18);

    const publicRoutes = routes.filter(({ isPublic }) => isPublic).map(({ method, path }) => `${method} ${path}`);
    expect(publicRoutes.sort()).toEqual(Object.keys(PUBLIC_ROUTES));
    for (const { method, path } of routes) {
      const response = await fetch(`${gateway.url}${path.replaceAll(/\{\w+\}/g, 'echo')}`, {
        method: method.toUpperCase(),
      });
      await response.body?.cancel();
      const route = `${method} ${path}`;
      expect({ route, status: response.status }).toEqual({ route, status: PUBLIC_ROUTES[route] ?? 401 });
    }
  });

  it.each([
    ['HEAD', '/mcp/servers'],
    ['HEAD', '/mcp'],
    ['OPTIONS', '/mcp/servers'],
    ['GET', '/mcp/servers/'],
    ['GET', '/MCP/servers'],
    ['GET', '/mcp//servers'],
    ['GET', '/livez/'],
    ['GET', '/no/such/route'],
    ['POST', '/livez'],
  ])(cites('auth.deny-by-default', 'cannot slip past as %s %s'), async (method, path) => {
    const response = await fetch(`${gateway.url}${path}`, { method });

    expect(response.status).toBe(401);
  });

  it('learn from the 401 of no authorization server where there are API keys alone', async () => {
    for (const path of ['/mcp', '/mcp/', '/sse', '/mcp/servers', '/no/such/route']) {
      const none = await fetch(`${gateway.url}${path}`);
      const wrong = await as('mfk_wrong').request('GET', path);

      expect(none.headers.get('www-authenticate')).toBe('Bearer realm="Manifold"');
      expect(await none.json()).toMatchObject({ code: 'unauthenticated', success: false });
      expect(wrong.headers.get('www-authenticate')).toBe('Bearer realm="Manifold", error="invalid_token"');
    }
  });

  it(cites('auth.production-no-user', 'are not believed who they say they are in ?user='), async () => {
    expect((await new RestClient(gateway.url, { user: 'operator' }).servers()).status).toBe(401);

    const key = await newKey('ann', []);
    await as(key).setSecret({ serverName: 'echo', secretName: 'OF_ANN', secretValue: 'x' });
    const other = await newKey('ben', []);
    expect(await namesIn(new RestClient(gateway.url, { token: other, user: 'ann' }))).not.toContain('OF_ANN');
    expect(await namesIn(new RestClient(gateway.url, { token: key, user: 'ben' }))).toContain('OF_ANN');
  });

  it(cites('auth.roles-403', 'are refused what needs a role that they do not have'), async () => {
    const user = as(await newKey('plain', []));
    const service = as(await newKey('acting', ['service']));
    const forOperators: [string, string, object?][] = [
      ['POST', '/mcp/servers', { name: 'mine', ...echoServer() }],
      ['PUT', '/mcp/servers/echo', { enabled: false }],
      ['PUT', '/mcp/servers/echo/enable'],
      ['PUT', '/mcp/servers/echo/disable'],
      ['POST', '/mcp/servers/echo/refresh'],
      ['DELETE', '/mcp/servers/echo'],
      ['GET', '/metrics'],
    ];
    const forAdmins: [string, string, object?][] = [
      ['POST', '/auth/keys', { name: 'mine', roles: ['admin'] }],
      ['GET', '/auth/keys'],
      ['DELETE', '/auth/keys/x'],
    ];
    const refusals = await Promise.all([
      ...[...forOperators, ...forAdmins].flatMap((route) => [user.request(...route), service.request(...route)]),
      ...forAdmins.map((route) => operator.request(...route)),
      ...forOperators.slice(0, -1).map((route) => root.request(...route)),
    ]);

    for (const { status, body } of refusals) {
      expect({ status, body }).toMatchObject({ status: 403, body: { success: false, code: 'insufficient_role' } });
    }
    const { body } = await user.server('echo');
    expect(body.server).toMatchObject({ status: 'connected', enabled: true });
    expect(body.server).not.toHaveProperty('logs');
    expect(body.server).not.toHaveProperty('command');
    expect((await operator.server('echo')).body.server).toHaveProperty('logs');
  });

  it(cites('auth.username', 'act for others with the role service only'), async () => {
    const secret = { serverName: 'echo', secretName: 'OF_CARL' };
    const carl = as(await newKey('carl', []));
    const service = as(await newKey('agent', ['service']));
    const others = [as(await newKey('dora', [])), operator, root];
    expect((await service.setSecret({ ...secret, username: 'carl', secretValue: 'x' })).status).toBe(200);

    expect(await namesIn(service, 'carl')).toContain('OF_CARL');
    expect(await namesIn(carl)).toContain('OF_CARL');
    expect(await namesIn(carl, 'carl')).toContain('OF_CARL');
    expect(await namesIn(service)).not.toContain('OF_CARL');
    for (const other of others) {
      const refusals = [
        await other.callTool({ username: 'carl', serverName: 'echo', methodName: 'received', args: {} }),
        await other.setSecret({ ...secret, username: 'carl', secretValue: 'y' }),
        await other.deleteSecret({ ...secret, username: 'carl' }),
      ];
      for (const { status, body } of refusals) {
        expect({ status, body }).toMatchObject({ status: 403, body: { code: 'username_not_allowed' } });
      }
      expect(await namesIn(other)).not.toContain('OF_CARL');
    }
    expect(await namesIn(carl)).toContain('OF_CARL');
  });
});
