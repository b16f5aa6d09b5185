import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registration, TestGateway } from '../../testing/src/gateway.js';

const TOKENS = {
  tokenType: 'Bearer',
  accessToken: 'canary-access',
  refreshToken: 'canary-refresh',
  expiresIn: 3600,
  scopes: ['read', 'write', 'read'],
  clientId: 'the-client',
  clientSecret: 'canary-secret',
  redirectUri: 'https://elsewhere.example/callback',
  codeVerifier: 'canary-verifier-canary-verifier-canary-verifier',
};
const PATH = '/mcp/servers/remote/oauth';

describe('the tokens that another system brings', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await TestGateway.start();
    await register();
    await gateway.rest('POST', '/mcp/servers', registration('local'));
  });
  afterAll(() => gateway.destroy());

  const register = (name = 'remote', url = 'http://127.0.0.1:9/mcp') =>
    gateway.rest('POST', '/mcp/servers', { name, transportType: 'streamable_http', url, enabled: false });
  const stateOf = async (user: string) => (await gateway.rest('GET', PATH, undefined, user)).body.connection.state;

  it('are stored, shown without anything secret, and forgotten', async () => {
    expect(await stateOf('alice')).toBe('none');
    expect(await gateway.rest('POST', PATH, TOKENS, 'alice')).toEqual({ status: 200, body: { success: true } });

    const { status, body } = await gateway.rest('GET', PATH, undefined, 'alice');
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      connection: {
        state: 'connected',
        scopes: ['read', 'write'],
        issuedAt: expect.any(String),
        expiresAt: expect.any(String),
        canRefresh: true,
      },
    });
    const { issuedAt, expiresAt } = body.connection;
    expect(Date.parse(expiresAt) - Date.parse(issuedAt)).toBe(3600_000);
    expect(await stateOf('bob')).toBe('none');

    expect(await gateway.rest('DELETE', PATH, undefined, 'alice')).toEqual({ status: 200, body: { success: true } });
    expect(await stateOf('alice')).toBe('none');
    const again = await gateway.rest('DELETE', PATH, undefined, 'alice');
    expect(again).toMatchObject({ status: 404, body: { code: 'connection_not_found', success: false } });
  });

  it('lie sealed in the database', async () => {
    await gateway.rest('POST', PATH, TOKENS, 'carol');
    const files = readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const bytes = Buffer.concat(files.map((file) => readFileSync(join(file.parentPath, file.name))));
    expect(bytes.includes('carol')).toBe(true);
    expect(bytes.includes('canary')).toBe(false);
  });

  it('are for oneself, and for others only with the role service', async () => {
    const others = { ...TOKENS, username: 'dave' };
    expect(await gateway.rest('POST', PATH, others, 'alice')).toMatchObject({
      status: 403,
      body: { code: 'username_not_allowed' },
    });
    for (const method of ['GET', 'DELETE']) {
      const refused = await gateway.rest(method, `${PATH}?username=dave`, undefined, 'alice');
      expect([method, refused.status]).toEqual([method, 403]);
    }
    for (const query of ['username=', 'username=a%00', 'username=a&username=b%0A', `username=${'x'.repeat(300)}`]) {
      const refused = await gateway.rest('GET', `${PATH}?${query}`, undefined, 'platform', ['service', 'user']);
      expect([query, refused.status]).toEqual([query, 400]);
    }
    expect((await gateway.rest('POST', PATH, others, 'platform', ['service', 'user'])).status).toBe(200);
    expect(await stateOf('dave')).toBe('connected');
    const seen = await gateway.rest('GET', `${PATH}?username=dave`, undefined, 'platform', ['service', 'user']);
    expect(seen.body.connection.state).toBe('connected');
  });

  it('need the client that can refresh them', async () => {
    for (const field of ['refreshToken', 'clientSecret']) {
      const { status, body } = await gateway.rest('POST', PATH, { accessToken: 'a', [field]: 'b' }, 'erin');
      expect([field, status, body.errors[0].pointer]).toEqual([field, 400, '/clientId']);
    }
    expect(await stateOf('erin')).toBe('none');
  });

  it('are refused for a server that could not get them, or does not exist', async () => {
    await register('plain', 'http://192.0.2.1/mcp');
    for (const name of ['local', 'plain']) {
      const { status, body } = await gateway.rest('POST', `/mcp/servers/${name}/oauth`, TOKENS, 'erin');
      expect([name, status, body.code]).toEqual([name, 409, 'server_takes_no_tokens']);
    }
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? TOKENS : undefined;
      const { status } = await gateway.rest(method, '/mcp/servers/missing/oauth', body, 'erin');
      expect([method, status]).toEqual([method, 404]);
    }
  });

  it('go with the server, so that a later one of its name does not get them', async () => {
    await gateway.rest('POST', PATH, TOKENS, 'frank');
    expect(await stateOf('frank')).toBe('connected');
    expect((await gateway.rest('DELETE', '/mcp/servers/remote')).status).toBe(200);
    await register();
    expect(await stateOf('frank')).toBe('none');
  });
});
