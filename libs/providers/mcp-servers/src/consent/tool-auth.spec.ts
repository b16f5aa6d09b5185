import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connections } from '@manifold/oauth';
import type { ProviderError } from '@manifold/tool-provider';
import { Clock } from '../../../../oauth/testing/src/index.js';
import { AuthorizationServer, KNOWN_CLIENT, ResourceOwner } from '../../../../../test/simulators/oauth/index.js';
import { FIXTURES, principalOf, TestGateway, textOf } from '../../testing/src/gateway.js';

const ORIGIN = 'http://127.0.0.1:3001';
const CALLBACK = '/auth/google/callback';
const CLIENT = { web: { client_id: KNOWN_CLIENT.id, client_secret: KNOWN_CLIENT.secret } };
const LOGIN = '/auth/google/login?user_id=';

let authority: AuthorizationServer;
let gateway: TestGateway;

beforeEach(async () => {
  authority = await AuthorizationServer.start({ redirectUris: [`${ORIGIN}${CALLBACK}`] });
  gateway = await TestGateway.start({
    environment: { MCP_SERVER_URL: ORIGIN, GOOGLE_OAUTH_CREDENTIALS: JSON.stringify(CLIENT) },
  });
  await register();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await gateway.destroy();
  await authority.stop();
});

const register = (name = 'mail', more: Record<string, string> = {}) =>
  gateway.rest('POST', '/mcp/servers', {
    name,
    command: 'node',
    args: [join(FIXTURES, 'mail-server.mjs')],
    env: { MCP_AUTH_TYPE: 'OAUTH2_GOOGLE', ISSUER: authority.issuer, ...more },
  });

const login = (query: string, user = 'platform', roles: ('user' | 'service')[] = ['service', 'user']) =>
  gateway.fetch(`/auth/google/login?${query}`, { redirect: 'manual' }, user, roles);

const linkFor = async (user: string): Promise<URL> => {
  const answer = await login(`user_id=${user}`);
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get('location')!);
};

const press = (link: URL): Promise<Response> =>
  gateway.fetch(link.pathname, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: ORIGIN },
    body: JSON.stringify({ link: link.searchParams.get('link') }),
  });

/** Opens the link and consents: where the browser is sent back to, and its cookie. */
async function consent(user: string, link?: URL): Promise<{ back: URL; cookie: string }> {
  const departure = await press(link ?? (await linkFor(user)));
  const { authorizationUrl } = (await departure.json()) as { authorizationUrl: string };
  return {
    back: await new ResourceOwner(user).allow(authorizationUrl),
    cookie: departure.headers.get('set-cookie')!.split(';')[0]!,
  };
}

const arrive = ({ pathname, search }: URL, cookie: string): Promise<Response> =>
  gateway.fetch(`${pathname}${search}`, { headers: { cookie } });

async function connect(user: string): Promise<void> {
  const { back, cookie } = await consent(user);
  const arrival = await arrive(back, cookie);
  expect(await arrival.text()).toContain('mail is connected');
}

const refusalOf = (user: string, tool = 'mail_whoami'): Promise<ProviderError> =>
  gateway.call(tool, {}, { user }).then(
    (result) => Promise.reject(new Error(JSON.stringify(result))),
    (error: ProviderError) => error,
  );

describe('a server that authorizes its users by tools', () => {
  it('shows agents neither these tools nor the credentials that it wants with each call', async () => {
    const tools = await gateway.list();
    expect(tools.map(({ publicName }) => publicName)).toEqual(['mail_whoami', 'mail_repeat']);
    expect(tools.map(({ definition }) => definition.inputSchema)).toEqual([
      { type: 'object', properties: {}, required: [] },
      { type: 'object', properties: { words: { type: 'string' } }, required: ['words'] },
    ]);
  });

  it('is called with the account of each user, once the user has followed the link of the login', async () => {
    await connect('alice');
    await connect('bob');
    const users = ['alice', 'bob', 'alice', 'bob'];
    const answers = await Promise.all(users.map((user) => gateway.call('mail_whoami', {}, { user })));
    expect(answers.map(textOf)).toEqual(users.map((user) => `mail of ${user}`));
  });

  it('sends a user without an account to a link, from the call', async () => {
    const refusal = await refusalOf('carol');
    expect(refusal).toMatchObject({
      code: 'reauth_required',
      setupUrl: expect.stringContaining('/oauth/connect/mail'),
    });
    expect(refusal.modelText).toContain(refusal.setupUrl);
    const link = new URL(refusal.setupUrl!);
    const page = await (await gateway.fetch(`${link.pathname}${link.search}`)).text();
    expect(page).toContain('<bdi>carol</bdi>');
    expect(page).toContain('(google)');
    const { back, cookie } = await consent('carol', link);
    expect((await arrive(back, cookie)).status).toBe(200);
    expect(textOf(await gateway.call('mail_whoami', {}, { user: 'carol' }))).toBe('mail of carol');
  });

  it('never lets tokens, codes and the client’s secret be seen', async () => {
    await connect('alice');
    const result = await gateway.call('mail_repeat', { words: 'all you know' }, { user: 'alice' });
    const [{ text }] = result.content as [{ text: string }];
    const { userCredentials, gauthFileContent } = JSON.parse(text) as Record<string, Record<string, unknown>>;
    expect(userCredentials!.access_token).toBe('[secret]');
    expect(userCredentials!.token_type).toBe('Bearer');
    expect(gauthFileContent).toEqual({ web: { client_id: KNOWN_CLIENT.id, client_secret: '[secret]' } });
    const { server } = (await gateway.rest('GET', '/mcp/servers/mail')).body;
    const code = authority.requestsTo('token')[0]!.body as { code: string };
    const logs = JSON.stringify(server.logs);
    expect(logs).toContain('exchange [secret]');
    for (const secret of [KNOWN_CLIENT.secret, code.code]) expect(logs).not.toContain(secret);
    for (const file of readdirSync(gateway.dataDir, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      expect(readFileSync(join(file.parentPath, file.name)).includes('access_token')).toBe(false);
    }
  });

  it('loses its users with the registration', async () => {
    await connect('alice');
    await gateway.rest('DELETE', '/mcp/servers/mail');
    await register();
    expect(await refusalOf('alice')).toMatchObject({ code: 'reauth_required' });
  });
});

describe('the login', () => {
  it('is for oneself, and for a service that acts for its users', async () => {
    expect((await gateway.fetch(`${LOGIN}alice`, { redirect: 'manual' }, 'alice')).status).toBe(302);
    expect((await gateway.fetch(`${LOGIN}bob`, { redirect: 'manual' }, 'alice')).status).toBe(403);
  });

  it.each([
    'user_id=',
    'user_id=a%00',
    'user_id=a&user_id=b',
    `user_id=${'x'.repeat(300)}`,
    'user_id=a&server=b&server=c',
  ])('refuses %s', async (query) => {
    expect((await login(query)).status).toBe(400);
  });

  it('knows only providers of registered servers, and asks which of several servers is meant', async () => {
    expect((await gateway.fetch('/auth/slack/login', { redirect: 'manual' }, 'alice')).status).toBe(404);
    await register('calendar');
    expect((await login('user_id=alice')).status).toBe(400);
    expect((await login('user_id=alice&server=unknown')).status).toBe(404);
    const { headers } = await login('user_id=alice&server=calendar');
    expect(headers.get('location')).toContain('/oauth/connect/calendar?link=');
  });
});

describe('the callback refuses', () => {
  const isConnected = async (user: string) => (await refusalOf(user).catch(() => undefined)) === undefined;

  it('a state that is used, unknown, missing, of another browser or of another provider', async () => {
    const { back, cookie } = await consent('alice');
    const foreign = new URL(back);
    foreign.searchParams.set('state', JSON.stringify({ userId: 'alice' }));
    expect((await arrive(foreign, cookie)).status).toBe(400);
    foreign.searchParams.delete('state');
    expect((await arrive(foreign, cookie)).status).toBe(400);
    expect((await arrive(back, '')).status).toBe(400);
    expect((await arrive(back, cookie)).status).toBe(400); // it was spent on the other browser
    const second = await consent('alice');
    second.back.pathname = '/auth/slack/callback';
    expect((await arrive(second.back, second.cookie)).status).toBe(400);
    const third = await consent('alice');
    third.back.pathname = '/oauth/callback';
    expect((await arrive(third.back, third.cookie)).status).toBe(400);
    expect(await isConnected('alice')).toBe(false);
    expect(authority.requestsTo('token')).toEqual([]);
  });

  it('a state after ten minutes', async () => {
    const clock = Clock.take();
    const { back, cookie } = await consent('alice');
    clock.advance(601_000);
    expect((await arrive(back, cookie)).status).toBe(400);
    expect(await isConnected('alice')).toBe(false);
  });

  it('users who said no', async () => {
    const { back, cookie } = await consent('alice');
    back.searchParams.delete('code');
    back.searchParams.set('error', 'access_denied');
    const answer = await arrive(back, cookie);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('Access was not granted')]);
  });

  it.each([
    ['refuse', 400],
    ['talk', 400],
    ['repeat', 502],
  ])('a server that answers the code with "%s": %s', async (misbehaviour, status) => {
    await gateway.rest('PUT', '/mcp/servers/mail', {
      env: { MCP_AUTH_TYPE: 'OAUTH2_GOOGLE', ISSUER: authority.issuer, MISBEHAVE: misbehaviour },
    });
    const { back, cookie } = await consent('alice');
    const answer = await arrive(back, cookie);
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain(KNOWN_CLIENT.secret);
    expect(await isConnected('alice')).toBe(false);
  });
});

it.each<[string, Record<string, string>, number]>([
  ['names no address', { MISBEHAVE: 'no-address' }, 502],
  ['names an address over plain http', { MISBEHAVE: 'plain' }, 502],
  ['is of a provider that the gateway is no client of', { MCP_AUTH_TYPE: 'OAUTH2_SLACK' }, 503],
])('says so where a server %s', async (_, env, status) => {
  await gateway.rest('DELETE', '/mcp/servers/mail');
  await register('mail', env);
  const provider = 'MCP_AUTH_TYPE' in env ? 'slack' : 'google';
  const answer = await gateway.fetch(`/auth/${provider}/login`, { redirect: 'manual' }, 'alice');
  expect((await press(new URL(answer.headers.get('location')!))).status).toBe(status);
  const owner = { principal: principalOf('alice'), server: 'mail' };
  expect(await gateway.app.get(Connections).status(owner)).toMatchObject({ state: 'none' });
});
