import { createHmac } from 'node:crypto';
import { forge, TestIssuer } from '@manifold/auth/testing';
import { admin } from '../support/admin-command.js';
import { cites } from '../support/cite.js';
import { eventually } from '../support/eventually.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { connectSdk1, connectSdk2, textOf } from '../support/mcp-clients.js';
import { RestClient } from '../support/rest-client.js';
import { echoServer } from '../support/upstreams.js';

const now = (): number => Math.floor(Date.now() / 1000);

describe('Tokens of issuers', () => {
  const published = new TestIssuer('https://published.test');
  const fixed = new TestIssuer('https://fixed.test');
  const attacker = new TestIssuer('https://published.test');
  let gateway: GatewayProcess;

  beforeAll(async () => {
    await Promise.all([published.listen(), attacker.listen()]);
    const issuers = [
      {
        issuer: published.issuer,
        jwksUri: `${published.url}/jwks`,
        rolesClaim: 'groups',
        roles: { ops: ['operator'] },
      },
      { issuer: fixed.issuer, publicKey: fixed.pem },
    ];
    gateway = await GatewayProcess.start({
      env: {
        NODE_ENV: 'production',
        MCP_SERVER_URL: 'https://gateway.test',
        EGRESS_ALLOW: '127.0.0.1',
        AUTH_ISSUERS: JSON.stringify(issuers),
        LOG_LEVEL: 'trace',
      },
    });
    const token = await admin(gateway, 'create-key', '--name', 'ops', '--roles', 'operator');
    await as(token).register({ name: 'echo', ...echoServer() });
  });

  afterAll(async () => {
    await gateway?.dispose();
    await Promise.all([published.close(), attacker.close()]);
  });

  const as = (token: string): RestClient => new RestClient(gateway.url, { token });
  const received = { serverName: 'echo', methodName: 'received', args: {} };

  /** Over REST and MCP, both by the same door. */
  async function expectRefused(token: string): Promise<void> {
    for (const path of ['/mcp/servers', '/mcp', '/sse']) {
      const { status, headers, body } = await as(token).request('GET', path);

      expect({ path, status, code: body.code }).toEqual({ path, status: 401, code: 'unauthenticated' });
      expect(body.error).toBe('The credential is not valid');
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"');
    }
  }

  it.each([
    ['a JWKS', published],
    ['a PEM key', fixed],
  ])(cites('auth.jwt', 'are accepted by %s, over REST and MCP in both eras'), async (_how, issuer) => {
    const token = issuer.token();
    const legacy = await connectSdk1({ url: gateway.url, token });
    const modern = await connectSdk2({ url: gateway.url, token }, 'modern');
    for (const { client } of [legacy, modern]) {
      const result = await client.callTool({ name: 'echo_echo', arguments: { message: 'hello' } });
      expect(textOf(result)).toBe('hello');
      await client.close();
    }
    expect((await as(token).servers()).status).toBe(200);
  });

  it(cites('auth.jwt', 'of two issuers with one subject belong to two users'), async () => {
    await as(published.token()).setSecret({ serverName: 'echo', secretName: 'OF_PUBLISHED', secretValue: 'x' });
    const [own, other] = await Promise.all([
      as(published.token({ jti: 'another token of alice' })).callTool(received),
      as(fixed.token()).callTool(received),
    ]);

    expect(textOf(own.body.data)).toContain('OF_PUBLISHED');
    expect(textOf(other.body.data)).not.toContain('OF_PUBLISHED');
  });

  it(cites('auth.jwt', 'give the roles that the issuer is configured for, and no others'), async () => {
    const settings = { displayName: 'Echo' };
    const update = (token: string) => as(token).request('PUT', '/mcp/servers/echo', settings);

    expect((await update(published.token({ groups: ['ops'] }))).status).toBe(200);
    expect((await update(published.token({ groups: ['operator', 'admin'], roles: ['operator'] }))).status).toBe(403);
    expect((await update(fixed.token({ roles: ['ops', 'operator'], groups: ['ops'] }))).status).toBe(403);
  });

  it(cites('auth.metadata', 'come from the issuers that the resource metadata names'), async () => {
    for (const [suffix, endpoint] of [
      ['', '/mcp'],
      ['/mcp', '/mcp'],
      ['/mcp/', '/mcp'],
      ['/sse', '/sse'],
    ]) {
      const response = await fetch(`${gateway.url}/.well-known/oauth-protected-resource${suffix}`);

      expect(await response.json()).toMatchObject({
        resource: `https://gateway.test${endpoint}`,
        authorization_servers: [published.issuer, fixed.issuer],
      });
    }
  });

  it(cites('auth.www-authenticate', 'are asked for with the metadata of the endpoint'), async () => {
    for (const [path, endpoint] of [
      ['/mcp', '/mcp'],
      ['/mcp/', '/mcp'],
      ['/sse', '/sse'],
      ['/mcp/servers', '/mcp'],
      ['/no/such/route', '/mcp'],
    ]) {
      const metadata = `https://gateway.test/.well-known/oauth-protected-resource${endpoint}`;
      const none = await fetch(`${gateway.url}${path}`);
      const wrong = await fetch(`${gateway.url}${path}`, { headers: { authorization: 'Bearer mfk_wrong' } });

      expect([none.status, none.headers.get('www-authenticate')]).toEqual([
        401,
        `Bearer resource_metadata="${metadata}"`,
      ]);
      expect(wrong.headers.get('www-authenticate')).toBe(
        `Bearer resource_metadata="${metadata}", error="invalid_token"`,
      );
    }
  });

  describe('that are forged', () => {
    const claims = { iss: fixed.issuer, aud: 'https://gateway.test/mcp', sub: 'alice', exp: now() + 3600 };
    const hmac = (secret: string) => (input: string) => createHmac('sha256', secret).update(input).digest();
    const ownKey = { kid: 'key-1', jwk: attacker.jwk };

    it.each<[string, () => string]>([
      ['the algorithm none', () => forge({ alg: 'none', typ: 'JWT' }, claims, () => Buffer.alloc(0))],
      ['the algorithm nOnE', () => forge({ alg: 'nOnE', typ: 'JWT' }, claims, () => Buffer.alloc(0))],
      ['no algorithm', () => forge({ typ: 'JWT' }, claims, () => Buffer.alloc(0))],
      ['HS256 over the public key', () => forge({ alg: 'HS256', typ: 'JWT' }, claims, hmac(fixed.pem))],
      ['HS256 over the trimmed key', () => forge({ alg: 'HS256', typ: 'JWT' }, claims, hmac(fixed.pem.trim()))],
      [
        'HS256 over a published key',
        () => forge({ alg: 'HS256', kid: 'key-1' }, { ...claims, iss: published.issuer }, hmac(published.pem)),
      ],
      ['a key in its header', () => attacker.token({}, ownKey)],
      ['the address of a key', () => attacker.token({}, { kid: 'key-1', jku: `${attacker.url}/jwks` })],
      ['the address of a certificate', () => attacker.token({}, { kid: 'key-1', x5u: `${attacker.url}/x5u` })],
      ['a path as kid', () => attacker.token({}, { kid: '../../../dev/null' })],
      ['the signature of a stranger', () => attacker.token()],
      ['the signature of another issuer', () => published.token({ iss: fixed.issuer })],
      ['another issuer and its kid', () => fixed.token({ iss: published.issuer }, { kid: 'key-1' })],
      ['another algorithm of the key', () => fixed.token({}, { alg: 'PS256' })],
      ['a changed payload', () => changed(fixed.token(), { ...claims, sub: 'root' })],
      ['no signature', () => fixed.token().replace(/[^.]*$/, '')],
    ])(cites('auth.jwt.forged', 'are refused: %s'), async (_how, token) => {
      await expectRefused(token());
      expect(attacker.requests).toEqual([]);
    });

    function changed(token: string, payload: object): string {
      const [header, , signature] = token.split('.');
      return `${header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${signature}`;
    }
  });

  it.each<[string, object]>([
    ['no exp', { exp: undefined }],
    ['an exp that has passed', { exp: now() - 120 }],
    ['an exp that is a text', { exp: '9999999999' }],
    ['an nbf to come', { nbf: now() + 600 }],
    ['no aud', { aud: undefined }],
    ['the aud of another', { aud: 'https://other.test/mcp' }],
    ['an aud that begins like ours', { aud: 'https://gateway.test/mcp/x' }],
    ['the origin as aud', { aud: 'https://gateway.test' }],
    ['no iss', { iss: undefined }],
    ['an unknown iss', { iss: 'https://unknown.test' }],
    ['an iss with a slash more', { iss: 'https://fixed.test/' }],
    ['no sub', { sub: undefined }],
    ['an empty sub', { sub: '' }],
    ['a sub that is a number', { sub: 7 }],
    ['a sub with a line break', { sub: 'alice\nroot' }],
  ])(cites('auth.jwt.claims', 'are refused with %s'), async (_what, claims) => {
    await expectRefused(fixed.token({ ...claims }));
  });

  it('are written to no log', async () => {
    await eventually('refusals are logged', () => gateway.logs().includes('credential refused'));
    expect(gateway.logs()).not.toMatch(/eyJ[\w-]{10}/);
  });
});
