import { createHmac } from 'node:crypto';
import { Controller, Get, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { forge, openGateway, TestIssuer, type TestGateway } from '@manifold/auth/testing';
import { CurrentPrincipal } from './current-principal.decorator.js';
import type { Principal } from './principal.js';
import { StreamGrants } from './stream-grants.js';

/** Stands for the routes of the transport. */
@Controller()
class McpController {
  constructor(private readonly grants: StreamGrants) {}

  @Get(['mcp', 'mcp/sessions', 'sse'])
  get(@CurrentPrincipal() { key }: Principal): string {
    return key;
  }

  @Post(['mcp', 'messages', 'sse/messages'])
  post(@CurrentPrincipal() { key }: Principal): string {
    return key;
  }

  @Get(['mcp/tools', 'mcp/servers/:name/mcp', 'sessions'])
  other(@CurrentPrincipal() { key }: Principal): string {
    return key;
  }

  @Post('streams/:id')
  open(@CurrentPrincipal() principal: Principal, @Req() request: FastifyRequest<{ Params: { id: string } }>): void {
    this.grants.grant(request.params.id, principal);
  }
}

const SECRET = 'the-secret-of-the-workspace-of-this-spec';
const settings = { INTEGRATION_APP_WORKSPACE_KEY: 'workspace-1', INTEGRATION_APP_WORKSPACE_SECRET: SECRET };
const ALICE = '["default","workspace-1","alice"]';

const token = (claims: object = {}): string =>
  forge(
    { alg: 'HS512' },
    { id: 'alice', iss: 'workspace-1', exp: Math.floor(Date.now() / 1000) + 3600, ...claims },
    (input) => createHmac('sha512', SECRET).update(input).digest(),
  );

describe('A token in the query', () => {
  const issuer = new TestIssuer('https://idp.test');
  let gateway: TestGateway;

  async function open(environment: 'development' | 'production' = 'production', withWorkspace = true): Promise<string> {
    gateway = await openGateway({
      environment,
      issuers: [{ issuer: issuer.issuer, publicKey: issuer.pem }],
      controllers: [McpController],
      settings: withWorkspace ? settings : {},
    });
    return gateway.url;
  }

  afterEach(() => gateway.close());

  it.each([
    ['GET', '/mcp'],
    ['POST', '/mcp'],
    ['GET', '/mcp/sessions'],
    ['GET', '/sse'],
    ['POST', '/messages'],
    ['POST', '/sse/messages'],
  ])('says who is calling on %s %s, in production, too', async (method, path) => {
    const url = await open();
    const response = await fetch(`${url}${path}?mode=dynamic&token=${token()}`, { method });
    expect([response.status, await response.text()]).toEqual([method === 'GET' ? 200 : 201, ALICE]);
  });

  it.each(['/mcp/tools', '/mcp/servers/one/mcp', '/sessions', '/me', '/mcp/', '//mcp', '/MCP'])(
    'says nothing on %s',
    async (path) => {
      const response = await fetch(`${await open()}${path}?token=${token()}`);
      expect(response.status).toBe(401);
    },
  );

  it('is refused beside any other credential', async () => {
    const url = await open();
    const others: Record<string, string>[] = [
      { authorization: `Bearer ${token()}` },
      { 'x-api-key': await gateway.key('user', []) },
    ];
    for (const headers of others) {
      expect((await fetch(`${url}/mcp`, { headers })).status).toBe(200);
      expect((await fetch(`${url}/mcp?token=${token()}`, { headers })).status).toBe(401);
    }
  });

  it.each<[string, () => string]>([
    ['expired', () => token({ exp: 1 })],
    ['of another workspace', () => token({ iss: 'workspace-2' })],
    ['of an OAuth issuer, for which the query is forbidden', () => issuer.token()],
    ['empty', () => ''],
    ['given twice', () => `${token()}&token=${token()}`],
  ])('is refused as a bearer token would be: %s', async (_case, value) => {
    const response = await fetch(`${await open()}/mcp?token=${value()}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(await response.json()).toMatchObject({ detail: 'The credential is not valid' });
  });

  it('is a credential in development, too: a bad one is not "nobody"', async () => {
    const url = await open('development');
    expect((await fetch(`${url}/mcp?token=${token({ exp: 1 })}`)).status).toBe(401);
    expect(await (await fetch(`${url}/mcp?token=${token()}&user=bob`)).text()).toBe(ALICE);
  });

  it('is refused where no workspace is configured', async () => {
    expect((await fetch(`${await open('production', false)}/mcp?token=${token()}`)).status).toBe(401);
  });

  it('is neither logged nor echoed, and hinted at once per principal', async () => {
    const url = await open();
    const [mine, expired] = [token(), token({ exp: 1 })];
    const answers = await Promise.all(
      ['/mcp', '/mcp', '/sse', '/mcp/tools', '/nowhere'].flatMap((path) =>
        [mine, expired].map(async (value) => {
          const response = await fetch(`${url}${path}?token=${value}`);
          return `${await response.text()} ${JSON.stringify([...response.headers])}`;
        }),
      ),
    );
    await fetch(`${url}/mcp?token=${token({ id: 'bob' })}`);
    for (const text of [gateway.log.text, ...answers]) {
      for (const value of [mine, expired]) {
        for (const part of value.split('.').slice(1)) expect(text).not.toContain(part);
      }
    }
    const hints = gateway.log.text.split('\n').filter((line) => line.includes('deprecated'));
    expect(hints).toEqual([expect.stringContaining('alice'), expect.stringContaining('bob')]);
  });

  describe('on a stream makes the id of the session the credential of its messages', () => {
    const grant = (url: string, id: string, claims: object = {}) =>
      fetch(`${url}/streams/${id}`, { method: 'POST', headers: { authorization: `Bearer ${token(claims)}` } });
    const post = (url: string, path: string) => fetch(`${url}${path}`, { method: 'POST' });

    it.each(['/messages', '/sse/messages'])('at %s, until the stream ends', async (path) => {
      const url = await open();
      await grant(url, 'session-1');
      expect(await (await post(url, `${path}?sessionId=session-1`)).text()).toBe(ALICE);
      gateway.app.get(StreamGrants).revoke('session-1');
      expect((await post(url, `${path}?sessionId=session-1`)).status).toBe(401);
    });

    it('until the token ends', async () => {
      const url = await open();
      await grant(url, 'session-1', { exp: Math.floor(Date.now() / 1000) + 10 });
      expect((await post(url, '/messages?sessionId=session-1')).status).toBe(201);
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 71_000);
      const late = await post(url, '/messages?sessionId=session-1');
      jest.restoreAllMocks();
      expect(late.status).toBe(401);
    });

    it.each([
      '/messages?sessionId=session-2',
      '/messages?sessionId=session-1&sessionId=session-1',
      '/messages',
      '/mcp?sessionId=session-1',
    ])('and nothing else: %s', async (path) => {
      const url = await open();
      await grant(url, 'session-1');
      expect((await post(url, path)).status).toBe(401);
    });

    it('and in development is not overruled by the development user', async () => {
      const url = await open('development');
      await grant(url, 'session-1');
      expect(await (await post(url, '/messages?sessionId=session-1')).text()).toBe(ALICE);
    });
  });
});
