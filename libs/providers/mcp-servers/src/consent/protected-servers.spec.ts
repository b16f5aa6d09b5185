import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ConnectFlow, ConnectLinks, type ConnectInvitation } from '@manifold/oauth';
import { openCall, type ProviderError } from '@manifold/tool-provider';
import { AuthorizationServer, ProtectedUpstream, ResourceOwner } from '../../../../../test/simulators/oauth/index.js';
import { principalOf, TestGateway, textOf, until } from '../../testing/src/gateway.js';

const PUBLIC_URL = 'http://127.0.0.1:3001';

describe('a server that wants the tokens of an authorization server', () => {
  let authority: AuthorizationServer;
  let upstream: ProtectedUpstream;
  let gateway: TestGateway;

  beforeEach(async () => {
    authority = await AuthorizationServer.start();
    upstream = await ProtectedUpstream.start(authority);
    gateway = await TestGateway.start({ environment: { MCP_SERVER_URL: PUBLIC_URL } });
    await register();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await gateway.destroy();
    await upstream.stop();
    await authority.stop();
  });

  const register = (more: object = {}) =>
    gateway.rest('POST', '/mcp/servers', {
      name: 'files',
      transportType: 'streamable_http',
      url: upstream.url,
      ...more,
    });
  const names = async (user: string) => (await gateway.list(user)).map(({ publicName }) => publicName);
  const call = async (user: string, tool = 'whoami') => textOf(await gateway.call(`files_${tool}`, {}, { user }));

  /** How a call is refused. */
  const refusalOf = (user: string, tool = 'whoami'): Promise<ProviderError> =>
    gateway.call(`files_${tool}`, {}, { user }).then(
      (result) => Promise.reject(new Error(JSON.stringify(result))),
      (error: ProviderError) => error,
    );

  const invitationOf = async (setupUrl: string): Promise<ConnectInvitation> =>
    (await gateway.app.get(ConnectLinks).look('files', new URL(setupUrl).searchParams.get('link')))!;

  /** Follows a link to its end, as the pages of the gateway do. */
  async function follow(setupUrl: string): Promise<void> {
    const { owner, server, challenge } = await invitationOf(setupUrl);
    const flow = gateway.app.get(ConnectFlow);
    const { authorizationUrl, setCookie } = await flow.start(owner, server, { challenge });
    const back = await new ResourceOwner(owner.principal.subject).allow(authorizationUrl);
    await flow.finish(Object.fromEntries(back.searchParams), setCookie.split(';')[0]);
  }

  /** The first call of a user, the link, and the consent. */
  async function connectUser(user: string, tool = 'connect'): Promise<void> {
    await follow((await refusalOf(user, tool)).setupUrl!);
    await until(async () => (await names('operator')).includes('files_whoami'));
  }

  it('offers nothing but a way to connect until the first user has agreed, and its tools to all from then on', async () => {
    expect(await names('alice')).toEqual(['files_connect']);
    const refusal = await refusalOf('alice', 'connect');
    expect(refusal).toMatchObject({ code: 'reauth_required', message: 'Server files wants your consent' });
    expect(refusal.modelText).toContain(refusal.setupUrl);
    expect(refusal.setupUrl!.startsWith(`${PUBLIC_URL}/oauth/connect/files?link=`)).toBe(true);
    expect(await invitationOf(refusal.setupUrl!)).toMatchObject({
      owner: { principal: { subject: 'alice' }, server: 'files' },
      challenge: { scopes: ['files:read'], resourceMetadata: expect.stringContaining(upstream.origin) },
    });

    await follow(refusal.setupUrl!);
    await until(async () => (await names('alice')).includes('files_whoami'));
    expect(await names('bob')).toEqual(['files_whoami', 'files_write_file']);
    expect(await call('alice')).toBe('whoami of alice');
    const { server } = (await gateway.rest('GET', '/mcp/servers/files')).body;
    expect([server.status, server.lastError]).toEqual(['connected', undefined]);
  });

  it('is asked again after a minute, and calls of a user who has agreed wait for its tools', async () => {
    expect(await names('alice')).toEqual(['files_connect']);
    const demand = async (): Promise<void> => {
      const state = await gateway.provider.describeApp('files', principalOf('alice'));
      const call = openCall({ principal: principalOf('alice'), requestId: 'consent-spec', timeoutMs: 500_000 });
      await state?.untilListed?.(call.context).finally(() => call.close());
    };
    const now = performance.now.bind(performance);
    jest.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
    upstream.requests.length = 0;
    const refusal = (await demand().catch((error: unknown) => error)) as ProviderError;
    expect(refusal).toMatchObject({ code: 'reauth_required', setupUrl: expect.any(String) });
    expect(upstream.requests.map(({ status }) => status)).toEqual([401]);

    await follow(refusal.setupUrl!);
    await demand();
    expect(await names('alice')).toEqual(['files_whoami', 'files_write_file']);
  });

  it('gets the consent also where only its listing of tools is refused', async () => {
    upstream.open = ['initialize', 'notifications/initialized'];
    await gateway.rest('POST', '/mcp/servers', { name: 'half', transportType: 'streamable_http', url: upstream.url });
    expect((await gateway.list('alice')).map(({ publicName }) => publicName)).toEqual([
      'files_connect',
      'half_connect',
    ]);
  });

  it('gives a user another link whose new token is refused already when the tools are listed', async () => {
    const { setupUrl } = await refusalOf('alice', 'connect');
    upstream.open = ['initialize', 'notifications/initialized'];
    upstream.clockAheadSeconds = 7200;
    await follow(setupUrl!);
    const second = await refusalOf('alice', 'connect');
    expect(second).toMatchObject({ code: 'reauth_required', setupUrl: expect.any(String) });
    upstream.clockAheadSeconds = 0;
    await follow(second.setupUrl!);
    expect(textOf(await gateway.call('files_connect', {}, { user: 'alice' }))).toContain('is connected');
    expect(await call('alice')).toBe('whoami of alice');
  });

  it('gives each user a link of their own, and each an account of their own', async () => {
    await connectUser('alice');
    const refusal = await refusalOf('bob');
    expect(refusal.code).toBe('reauth_required');
    expect((await invitationOf(refusal.setupUrl!)).owner.principal.subject).toBe('bob');
    await follow(refusal.setupUrl!);
    const users = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? 'alice' : 'bob'));
    expect(await Promise.all(users.map((user) => call(user)))).toEqual(users.map((user) => `whoami of ${user}`));
    expect((await refusalOf('carol')).setupUrl).toBeDefined();
  });

  it('calls with tokens that another system brings, and sends the user to a link when they are no good', async () => {
    const answer = await gateway.rest(
      'POST',
      '/mcp/servers/files/oauth',
      { accessToken: 'no-token-of-this-issuer', expiresIn: 3600 },
      'alice',
    );
    expect(answer.status).toBe(200);
    // Nobody can refresh it, and the server refuses it.
    expect(await refusalOf('alice', 'connect')).toMatchObject({
      code: 'reauth_required',
      setupUrl: expect.any(String),
    });
    expect(upstream.requests.filter(({ token }) => token === 'no-token-of-this-issuer').length).toBeGreaterThan(0);
  });

  it('refuses a token in mid-life: it is refreshed, and the call is sent once more', async () => {
    await connectUser('alice');
    expect(await call('alice')).toBe('whoami of alice');
    authority.expireAccessTokens();
    upstream.requests.length = 0;
    expect(await call('alice')).toBe('whoami of alice');
    expect(upstream.requests.map(({ status }) => status)).toEqual([401, 200]);
    expect(authority.requestsTo('token:refresh_token')).toHaveLength(1);
    const [before, after] = upstream.requests;
    expect(after!.token).not.toBe(before!.token);
  });

  it('asks the user again when everything was taken back, and works after that', async () => {
    await connectUser('alice');
    authority.revoke('alice');
    const refusal = await refusalOf('alice');
    expect(refusal).toMatchObject({ code: 'reauth_required', setupUrl: expect.any(String) });
    await follow(refusal.setupUrl!);
    expect(await call('alice')).toBe('whoami of alice');
  });

  it('gets a further scope by a link that asks for it, and keeps what was granted before', async () => {
    await connectUser('alice');
    upstream.requests.length = 0;
    const refusal = await refusalOf('alice', 'write_file');
    expect(refusal).toMatchObject({ code: 'reauth_required', message: 'Server files wants further access from you' });
    expect(upstream.requests.map(({ status }) => status)).toEqual([403]);
    expect((await invitationOf(refusal.setupUrl!)).challenge).toMatchObject({ scopes: ['files:write'] });
    await follow(refusal.setupUrl!);
    expect(await call('alice', 'write_file')).toBe('write_file of alice');
    expect(await call('alice')).toBe('whoami of alice');
  });

  it('is called without the Authorization header of the registration where the user has a token', async () => {
    await gateway.rest('PUT', '/mcp/servers/files', { headers: { authorization: 'Bearer of-the-operator' } });
    await connectUser('alice');
    expect(upstream.requests.some(({ token }) => token === 'of-the-operator')).toBe(true);
    upstream.requests.length = 0;
    expect(await call('alice')).toBe('whoami of alice');
    expect(upstream.requests.some(({ token }) => token === 'of-the-operator')).toBe(false);
  });

  it('is called as nobody once the user is disconnected', async () => {
    await connectUser('alice');
    expect((await gateway.rest('DELETE', '/mcp/servers/files/oauth', undefined, 'alice')).status).toBe(200);
    upstream.requests.length = 0;
    expect(await refusalOf('alice')).toMatchObject({ code: 'reauth_required', setupUrl: expect.any(String) });
    expect(upstream.requests.filter(({ status }) => status === 200)).toEqual([]);
  });

  it('says later, not never, while the authorization server is away', async () => {
    await connectUser('alice');
    authority.expireAccessTokens();
    authority.always('token', { status: 503 });
    expect(await refusalOf('alice')).toMatchObject({ code: 'upstream_unavailable', setupUrl: undefined });
  });
});

describe('a server that refuses a key of the operator, without a word about OAuth', () => {
  let server: Server;
  let gateway: TestGateway;

  beforeEach(async () => {
    server = createServer((_, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    gateway = await TestGateway.start();
  });

  afterEach(async () => {
    await gateway.destroy();
    server.close();
  });

  it('sends users nowhere', async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
    const settings = { name: 'keyed', transportType: 'streamable_http', url, headers: { Authorization: 'Key 1' } };
    await gateway.rest('POST', '/mcp/servers', settings);
    expect(await gateway.list('alice')).toEqual([]);
    expect(await gateway.provider.describeApp('keyed', principalOf('alice'))).toMatchObject({
      unavailable: 'it failed',
    });
    const { server: view } = (await gateway.rest('GET', '/mcp/servers/keyed')).body;
    expect([view.status, view.lastError]).toEqual(['error', 'The server asks for credentials (HTTP 401)']);
  });
});
