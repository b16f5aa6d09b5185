import { connect } from 'node:net';
import { All, Body, Controller, Get, Options, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { forge, openGateway, TestIssuer, type GatewayOptions, type TestGateway } from '@manifold/auth/testing';
import { Tenants } from '@manifold/tenants';
import { mintApiKey } from './api-keys/api-key.js';
import { CurrentPrincipal } from './current-principal.decorator.js';
import type { Principal } from './principal.js';
import { Roles } from './roles.guard.js';
import { Public, RouteOptions } from './route-options.decorator.js';

let served: string[] = [];

@Controller()
class ProbeController {
  @Get('me')
  me(@CurrentPrincipal() { key, roles, method }: Principal): object {
    served.push(key);
    return { key, roles, method };
  }

  @Post('me')
  write(@Body() body: object, @CurrentPrincipal() { key }: Principal): object {
    served.push(key);
    return { body };
  }

  @Get('open')
  @Public()
  open(): string {
    return 'open';
  }

  @Get('open/limited')
  @RouteOptions({ bodyLimit: 10 })
  @Public()
  limited(@Req() request: FastifyRequest): object {
    return request.routeOptions.config;
  }

  @Get('open/known')
  @RouteOptions({ public: true, knowsCallers: true })
  known(@Req() { principal }: FastifyRequest): object {
    return { key: principal?.key };
  }

  @Get('verified')
  @RouteOptions({ verifiedOnly: true })
  verified(): string {
    return 'verified';
  }

  @Get('open/mistaken')
  @Public()
  mistaken(@CurrentPrincipal() { key }: Principal): string {
    return key;
  }

  @Get('operators')
  @Roles('operator', 'admin')
  operators(): string {
    return 'operators';
  }

  @All('any')
  any(): string {
    served.push('any');
    return 'any';
  }

  @Options('options')
  options(): string {
    served.push('options');
    return 'options';
  }
}

@Controller('restricted')
@Roles('admin')
class RestrictedController {
  @Get()
  admins(): string {
    return 'admins';
  }

  @Get('relaxed')
  @Roles('user')
  users(): string {
    return 'users';
  }
}

const METADATA = 'Bearer resource_metadata="https://gateway.test/.well-known/oauth-protected-resource/mcp"';
const bearer = (token: string): HeadersInit => ({ authorization: `Bearer ${token}` });

/** Sends the bytes as they are: no client tidies the path or the headers. Resolves with the status line's number and the body. */
function exchange(url: string, head: string[], body = ''): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve({ status: Number(text.split(' ')[1]), text }));
    socket.write(`${[...head, 'Host: gateway.test', 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
  });
}

describe('Authentication on a real server', () => {
  const issuer = new TestIssuer('https://idp.test');
  let gateway: TestGateway;

  async function open(options: GatewayOptions = {}): Promise<string> {
    const issuers = [{ issuer: issuer.issuer, publicKey: issuer.pem, roles: { ops: ['operator'], bots: ['service'] } }];
    gateway = await openGateway({ issuers, controllers: [ProbeController, RestrictedController], ...options });
    return gateway.url;
  }

  beforeEach(() => {
    served = [];
  });

  afterEach(() => jest.restoreAllMocks());
  afterEach(() => gateway.close());

  describe('in production', () => {
    it('answers 401 as a problem that says where to get a token', async () => {
      const response = await fetch(`${await open()}/me`);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe(METADATA);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(await response.json()).toMatchObject({
        status: 401,
        code: 'unauthenticated',
        detail: 'Authentication is required',
        success: false,
        error: 'Authentication is required',
      });
    });

    it('says the same flat words for every bad credential, and keeps the reason and the credential to itself', async () => {
      const url = await open();
      const credentials = [
        mintApiKey(),
        'nonsense',
        issuer.token({ exp: 1 }),
        issuer.token({ aud: 'https://elsewhere.test' }),
        issuer.token({ iss: 'https://unknown.test' }),
        issuer.token({}, { alg: 'RS512' }),
      ];
      for (const credential of credentials) {
        const response = await fetch(`${url}/me`, { headers: bearer(credential) });
        expect(response.status).toBe(401);
        expect(response.headers.get('www-authenticate')).toBe(`${METADATA}, error="invalid_token"`);
        expect(await response.json()).toMatchObject({ code: 'unauthenticated', detail: 'The credential is not valid' });
      }
      expect(gateway.log.text).toContain('jwt expired');
      expect(gateway.log.text).toContain('The issuer is unknown');
    });

    it('writes no credential into the log, good or bad', async () => {
      const url = await open();
      const key = await gateway.key('ci', ['admin']);
      const good = issuer.token();
      const bad = [issuer.token({ exp: 1 }), mintApiKey(), 'a.canary.token', `${good}x`];
      for (const credential of [key, good, ...bad]) {
        await fetch(`${url}/me`, { headers: bearer(credential) });
        await fetch(`${url}/me`, { headers: { 'x-api-key': credential } });
        await fetch(`${url}/me`, { headers: { authorization: `Basic ${credential}` } });
        await fetch(`${url}/unknown`, { headers: bearer(credential) });
      }
      const created = await fetch(`${url}/auth/keys`, {
        method: 'POST',
        headers: { ...bearer(key), 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'new', roles: [] }),
      });
      const { key: fresh } = (await created.json()) as { key: string };
      expect(gateway.log.text).toContain('credential refused');
      for (const credential of [key, good, fresh, ...bad]) {
        for (const part of credential.split('.').filter((piece) => piece.length > 5)) {
          expect(gateway.log.text).not.toContain(part);
        }
      }
    });

    it('accepts an API key in either header, and a token of a configured issuer', async () => {
      const url = await open();
      const key = await gateway.key('ci', ['operator']);
      const me = async (headers: HeadersInit): Promise<unknown> => (await fetch(`${url}/me`, { headers })).json();
      const expected = { key: '["default","manifold","ci"]', roles: ['user', 'operator'], method: 'api-key' };
      expect(await me(bearer(key))).toEqual(expected);
      expect(await me({ 'x-api-key': key })).toEqual(expected);
      expect(await me(bearer(issuer.token({ roles: ['ops'] })))).toEqual({
        key: '["default","https://idp.test","alice"]',
        roles: ['user', 'operator'],
        method: 'jwt',
      });
    });

    it('refuses the callers of a tenant that is disabled, as long as it is', async () => {
      const url = await open();
      const tenants = gateway.app.get(Tenants, { strict: false });
      const headers = bearer(await gateway.key('ci', ['operator'], { tenant: 'acme' }));
      const others = bearer(await gateway.key('other', []));
      const put = (enabled: boolean) => tenants.put('acme', { enabled, createdAt: '', updatedAt: '' });
      put(false);
      const refused = await fetch(`${url}/me`, { headers });
      expect([refused.status, (await refused.json()) as object]).toMatchObject([403, { code: 'tenant_disabled' }]);
      expect((await fetch(`${url}/no-such-path`, { headers })).status).toBe(403);
      expect((await fetch(`${url}/me`, { headers: others })).status).toBe(200);
      put(true);
      expect((await fetch(`${url}/me`, { headers })).status).toBe(200);
    });

    it('ignores ?user=', async () => {
      const url = await open();
      expect((await fetch(`${url}/me?user=alice`)).status).toBe(401);
      const key = await gateway.key('ci', []);
      expect(await (await fetch(`${url}/me?user=alice`, { headers: bearer(key) })).json()).toMatchObject({
        key: '["default","manifold","ci"]',
      });
    });

    it('refuses a good key as soon as it has expired', async () => {
      const url = await open();
      const expiresAt = Date.now() + 60_000;
      const key = await gateway.key('short', [], { expiresAt });
      expect((await fetch(`${url}/me`, { headers: bearer(key) })).status).toBe(200);
      jest.spyOn(Date, 'now').mockReturnValue(expiresAt);
      expect((await fetch(`${url}/me`, { headers: bearer(key) })).status).toBe(401);
    });

    it('refuses a token that it had accepted as soon as the tolerance has passed', async () => {
      const url = await open();
      const token = issuer.token();
      const now = Date.now();
      const statusAt = async (time: number): Promise<number> => {
        jest.spyOn(Date, 'now').mockReturnValue(time);
        const { status } = await fetch(`${url}/me`, { headers: bearer(token) });
        jest.restoreAllMocks();
        return status;
      };
      expect(await statusAt(now)).toBe(200);
      expect(await statusAt(now + 3600_000 + 58_000)).toBe(200);
      expect(await statusAt(now + 3600_000 + 61_000)).toBe(401);
    });

    it('refuses two credentials and duplicated headers, which clients and proxies read differently', async () => {
      const url = await open();
      const key = await gateway.key('ci', []);
      const good = `Authorization: Bearer ${key}`;
      expect((await exchange(url, ['GET /me HTTP/1.1', good])).status).toBe(200);
      expect((await exchange(url, ['GET /me HTTP/1.1', good, good])).status).toBe(401);
      expect((await exchange(url, ['GET /me HTTP/1.1', good, 'AUTHORIZATION: Bearer x'])).status).toBe(401);
      expect((await exchange(url, ['GET /me HTTP/1.1', good, `X-Api-Key: ${key}`])).status).toBe(401);
      expect((await exchange(url, ['GET /me HTTP/1.1', 'Authorization:', `X-Api-Key: ${key}`])).status).toBe(401);
    });

    it('refuses before it reads the body', async () => {
      const url = await open();
      const head = ['POST /me HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 1000000'];
      const { status } = await exchange(url, head, '{"not": "even JSON');
      expect(status).toBe(401);
    });

    it('keeps many callers apart who call at the same time', async () => {
      const url = await open();
      const callers = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const name = `user-${index}`;
          const local = index % 2 === 0;
          const token = local ? await gateway.key(name, []) : issuer.token({ sub: name });
          return { token, key: JSON.stringify(['default', local ? 'manifold' : issuer.issuer, name]) };
        }),
      );
      const calls = [...callers, ...callers, ...callers].map(async ({ token, key }) => {
        const { key: seen } = (await (await fetch(`${url}/me`, { headers: bearer(token) })).json()) as { key: string };
        expect(seen).toBe(key);
      });
      await Promise.all(calls);
      expect(served).toHaveLength(180);
    });
  });

  describe('in development', () => {
    it('takes a caller without credentials for the single user with all roles', async () => {
      const url = await open({ environment: 'development' });
      expect(await (await fetch(`${url}/me`)).json()).toEqual({
        key: '["default","manifold","default"]',
        roles: ['user', 'operator', 'admin', 'service'],
        method: 'development',
      });
    });

    it('takes ?user= for a user without further roles', async () => {
      const url = await open({ environment: 'development' });
      expect(await (await fetch(`${url}/me?user=Zo%C3%AB%20K.`)).json()).toEqual({
        key: '["default","manifold","Zoë K."]',
        roles: ['user'],
        method: 'development',
      });
      expect((await fetch(`${url}/operators?user=default`)).status).toBe(403);
    });

    it.each(['user=', 'user=a&user=b', 'user=a%00b', 'user=a%0d%0ab', `user=${'x'.repeat(257)}`])(
      'answers 400 to ?%s',
      async (query) => {
        const response = await fetch(`${await open({ environment: 'development' })}/me?${query}`);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/user' }] });
      },
    );

    it('refuses a wrong credential, with ?user= too', async () => {
      const url = await open({ environment: 'development' });
      for (const headers of [
        bearer('nonsense'),
        bearer(mintApiKey()),
        { 'x-api-key': 'x' },
        { authorization: 'Basic YTpi' },
      ]) {
        expect((await fetch(`${url}/me`, { headers })).status).toBe(401);
        expect((await fetch(`${url}/me?user=alice`, { headers })).status).toBe(401);
      }
      expect(served).toEqual([]);
    });

    it('prefers a good credential to ?user=', async () => {
      const url = await open({ environment: 'development' });
      const response = await fetch(`${url}/me?user=alice`, { headers: bearer(await gateway.key('ci', [])) });
      expect(await response.json()).toMatchObject({ key: '["default","manifold","ci"]', method: 'api-key' });
    });
  });

  describe('denies by default', () => {
    it('and leaves public routes open, also with a credential that is not good', async () => {
      const url = await open();
      expect(await (await fetch(`${url}/open`)).text()).toBe('open');
      expect((await fetch(`${url}/open`, { headers: bearer('nonsense') })).status).toBe(200);
      expect((await fetch(`${url}/open`, { method: 'HEAD' })).status).toBe(200);
    });

    it('and keeps what several decorators say about one route', async () => {
      const url = await open();
      expect(await (await fetch(`${url}/open/limited`)).json()).toMatchObject({ public: true, bodyLimit: 10 });
    });

    it('and gives a public route no principal', async () => {
      const url = await open();
      const response = await fetch(`${url}/open/mistaken`, { headers: bearer(await gateway.key('ci', [])) });
      expect(response.status).toBe(500);
    });

    it('unknown paths: 401 without credentials, 404 with', async () => {
      const url = await open();
      const key = await gateway.key('ci', []);
      for (const path of ['/unknown', '/open/unknown', '/me/unknown']) {
        expect((await fetch(`${url}${path}`)).status).toBe(401);
        const known = await fetch(`${url}${path}`, { headers: bearer(key) });
        expect(known.status).toBe(404);
        expect(known.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      }
    });

    it.each([
      'HEAD /me',
      'GET /me/',
      'GET //me',
      'GET /ME',
      'GET /me;x=1',
      'GET /me%2f',
      'GET /me%20',
      'GET /%6d%65',
      'GET /./me',
      'GET /open/../me',
      'GET /open/..%2fme',
      'GET /me?x=/open',
      'GET /me#/open',
      'GET /open#/../me',
      'GET http://gateway.test/me',
      'GET me',
      'GET *',
      'OPTIONS *',
      'PUT /me',
      'DELETE /open',
      'POST /open',
      'OPTIONS /options',
      'GET /any',
      'QUERY /any',
      'PROPFIND /any',
      'TRACE /me',
    ])('%s reaches no handler without credentials', async (line) => {
      const { status, text } = await exchange(await open(), [`${line} HTTP/1.1`]);
      expect(served).toEqual([]);
      expect(text).not.toMatch(/"key"/);
      expect(line === 'GET /open#/../me' ? [200, 400, 401] : [400, 401, 404]).toContain(status);
    });

    it('also where a method override is asked for', async () => {
      const head = ['POST /open HTTP/1.1', 'X-HTTP-Method-Override: GET', 'Content-Length: 0'];
      expect((await exchange(await open(), head)).status).toBe(401);
    });

    it('while CORS preflights are answered, and refusals can be read by pages', async () => {
      const url = await open();
      const preflight = await fetch(`${url}/me`, {
        method: 'OPTIONS',
        headers: { origin: 'https://app.test', 'access-control-request-method': 'POST' },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.test');
      const refused = await fetch(`${url}/me`, { headers: { origin: 'https://app.test' } });
      expect(refused.status).toBe(401);
      expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.test');
      expect(served).toEqual([]);
    });
  });

  it('counts a token that only an upstream can verify as none where everybody could make one', async () => {
    const url = await open({ settings: { INTEGRATION_APP_FORWARD_ONLY: 'true' } });
    const claims = { id: 'alice', iss: 'workspace-1', exp: Math.floor(Date.now() / 1000) + 3600 };
    const selfMade = bearer(forge({ alg: 'HS256' }, claims, () => Buffer.from('forged')));
    const key = bearer(await gateway.key('ci', []));
    const get = async (path: string, headers: HeadersInit) => fetch(`${url}${path}`, { headers });

    expect((await get('/me', selfMade)).status).toBe(200);
    expect(await (await get('/open/known', selfMade)).json()).toEqual({});
    expect(await (await get('/open/known', key)).json()).toEqual({ key: '["default","manifold","ci"]' });
    const refused = await get('/verified', selfMade);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      `${METADATA}, error="invalid_token"`,
    ]);
    expect((await get('/verified', key)).status).toBe(200);
  });

  it('answers a public route that knows its callers also after too many wrong credentials and requests', async () => {
    const settings = { AUTH_FAILURES_PER_ADDRESS: '2', RATE_LIMIT_PER_PRINCIPAL: '1' };
    const url = await open({ settings });
    const key = bearer(await gateway.key('ci', []));
    const statusesOf = async (path: string, headers: HeadersInit): Promise<number[]> => {
      const statuses: number[] = [];
      for (let count = 0; count < 20; count += 1) statuses.push((await fetch(`${url}${path}`, { headers })).status);
      return [...new Set(statuses)];
    };
    for (const headers of [bearer('mfk_wrong'), key]) {
      expect(await statusesOf('/open/known', headers)).toEqual([200]);
      expect(await statusesOf('/me', headers)).toContain(429);
      expect(await statusesOf('/open/known', headers)).toEqual([200]);
    }
  });

  describe('checks roles', () => {
    it('with any of those that a route names', async () => {
      const url = await open();
      const statusOf = async (path: string, key: string): Promise<number> =>
        (await fetch(`${url}${path}`, { headers: bearer(key) })).status;
      const user = await gateway.key('user', []);
      const operator = await gateway.key('operator', ['operator']);
      const admin = await gateway.key('admin', ['admin']);
      expect(await statusOf('/operators', user)).toBe(403);
      expect(await statusOf('/operators', operator)).toBe(200);
      expect(await statusOf('/operators', admin)).toBe(200);
      expect(await statusOf('/restricted', operator)).toBe(403);
      expect(await statusOf('/restricted', admin)).toBe(200);
      expect(await statusOf('/restricted/relaxed', user)).toBe(200);
    });

    it('and says which one is missing', async () => {
      const url = await open();
      const response = await fetch(`${url}/operators`, { headers: bearer(await gateway.key('user', ['service'])) });
      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');
      expect(await response.json()).toMatchObject({
        code: 'insufficient_role',
        detail: 'This request needs the role operator or admin',
        success: false,
      });
    });
  });

  describe('publishes the metadata of the resource', () => {
    const names = (resource: string) => ({
      resource: `https://gateway.test${resource}`,
      authorization_servers: ['https://idp.test'],
      bearer_methods_supported: ['header'],
      resource_name: 'Manifold',
    });
    const status = async (url: string, method = 'GET') => (await fetch(url, { method })).status;

    it.each([
      ['', '/mcp'],
      ['/mcp', '/mcp'],
      ['/mcp/servers/one/mcp', '/mcp'],
      ['/sse', '/sse'],
    ])('at /.well-known/oauth-protected-resource%s, of the endpoint %s', async (suffix, resource) => {
      const response = await fetch(`${await open()}/.well-known/oauth-protected-resource${suffix}`);
      expect(await response.json()).toEqual(names(resource));
    });

    it('of HTTP+SSE in the challenge of that endpoint, and takes tokens for both', async () => {
      const url = await open();
      const challenged = await fetch(`${url}/sse/messages`);
      expect(challenged.headers.get('www-authenticate')).toBe(METADATA.replace(/mcp"$/, 'sse"'));
      for (const aud of ['https://gateway.test/mcp', 'https://gateway.test/sse']) {
        expect((await fetch(`${url}/restricted/relaxed`, { headers: bearer(issuer.token({ aud })) })).status).toBe(200);
      }
      expect(
        (await fetch(`${url}/restricted/relaxed`, { headers: bearer(issuer.token({ aud: 'https://gateway.test' })) }))
          .status,
      ).toBe(401);
    });

    it('not at all where no authorization server is configured', async () => {
      const url = await open({ issuers: [] });
      for (const suffix of ['', '/mcp', '/sse', '/mcp/servers/one/mcp']) {
        expect(await status(`${url}/.well-known/oauth-protected-resource${suffix}`)).toBe(404);
      }
      const [none, wrong] = [await fetch(`${url}/mcp`), await fetch(`${url}/mcp`, { headers: bearer('mfk_wrong') })];
      expect(none.headers.get('www-authenticate')).toBe('Bearer realm="Manifold"');
      expect(wrong.headers.get('www-authenticate')).toBe('Bearer realm="Manifold", error="invalid_token"');
    });

    it('and answers 404 to those who look for other documents, with or without a credential', async () => {
      const url = await open();
      for (const path of [
        'openid-configuration',
        'oauth-authorization-server/mcp',
        'oauth-protected-resource/other',
        'x?y=/',
      ]) {
        for (const method of ['GET', 'HEAD', 'POST'])
          expect(await status(`${url}/.well-known/${path}`, method)).toBe(404);
        const response = await fetch(`${url}/.well-known/${path}`, { headers: bearer('mfk_wrong') });
        expect([response.status, response.headers.get('www-authenticate')]).toEqual([404, null]);
      }
      expect(await status(`${url}/well-known/x`)).toBe(401);
    });

    it.each(['POST', 'PUT', 'DELETE'])(
      'and never challenges clients that try %s at the URL of HTTP+SSE',
      async (method) => {
        const url = await open();
        for (const query of ['', '?token=wrong', '?token=a&token=b']) {
          const response = await fetch(`${url}/sse${query}`, { method, body: '{', headers: { 'content-type': 'x/y' } });
          expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
          expect(response.headers.get('www-authenticate')).toBeNull();
        }
        expect(await status(`${url}/sse/other`, method)).toBe(401);
      },
    );

    it('without HTTP+SSE where that transport is switched off', async () => {
      const url = await open({ settings: { ENABLE_LEGACY_SSE: 'false' } });
      expect(await status(`${url}/.well-known/oauth-protected-resource/sse`)).toBe(404);
      expect(await status(`${url}/sse`, 'POST')).toBe(404);
      const token = issuer.token({ aud: 'https://gateway.test/sse' });
      expect((await fetch(`${url}/restricted/relaxed`, { headers: bearer(token) })).status).toBe(401);
    });
  });
});
